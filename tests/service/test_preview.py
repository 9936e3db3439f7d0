"""A previewed mail is the mail that would be sent: its parts, its pictures, its links, its size, its source."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.content.context import MailError
from engine.service.check import CheckReport, check
from engine.service.mail_choice import MailChoice, choose_mail, edition, editions
from engine.service.preview import Preview, Reader, preview
from engine.service.sample_lead import sample_lead
from tests.rehearsal.homes import write

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
BUMP = """
[[stage.aware.step]]
email  = "bump"
thread = "cost"
wait   = "2d"

[stage.ready]"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = write(tmp_path)
    mail = (root / "templates/dq/aware/cost.html").read_text("utf-8")
    (root / "templates/dq/aware/cost.de.html").write_text(mail.replace("Own subject", "Eigener Betreff"), "utf-8")
    (root / "templates/dq/aware/bump.html").write_text(mail.replace("Own subject", "Unused"), "utf-8")
    (root / "templates/dq/aware/assets").mkdir()
    (root / "templates/dq/aware/assets/dot.png").write_bytes(PIXEL)
    decay = root / "templates/dq/aware/decay.html"
    decay.write_text(decay.read_text("utf-8").replace("<p>Hello", '<img src="assets/dot.png" alt="A dot"><p>Hello'))
    campaign = root / "campaigns/clean.toml"
    campaign.write_text(campaign.read_text("utf-8").replace("\n[stage.ready]", BUMP), "utf-8")
    return root


@pytest.fixture
def report(home: Path) -> CheckReport:
    found = check(home)
    assert found.usable, found.problems
    return found


def reader(report: CheckReport, **values: object) -> Reader:
    return Reader(replace(sample_lead(report.config), **values))


def seen(report: CheckReport, name: str) -> tuple[MailChoice, Preview]:
    choice = choose_mail(report, name)
    return choice, preview(report, choice, reader(report), NOON)


def test_mail_has_its_line_behind_the_subject_and_both_parts(report: CheckReport) -> None:
    _, mail = seen(report, "clean/decay")
    assert (mail.subject, mail.preheader) == ("Why data decays", "What this is about, in a few words")
    assert "Hello Jane." in mail.html
    assert "Hello Jane." in mail.text
    assert (mail.sender, mail.to) == ("Ann Lee <ann@acme.example>", "Jane Park <jane.park@northwind.example>")


def test_pictures_are_inside_of_the_page(report: CheckReport, home: Path) -> None:
    _, mail = seen(report, "clean/decay")
    assert 'src="data:image/png;base64,iVBORw0KGgo' in mail.html
    (home / "templates/dq/aware/assets/dot.png").unlink()
    _, mail = seen(report, "clean/decay")
    assert 'src=""' in mail.html


def test_source_is_what_the_relay_would_get(report: CheckReport) -> None:
    _, mail = seen(report, "clean/decay")
    message = message_from_bytes(mail.source, policy=policy.default)
    assert message["Subject"] == "Why data decays"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "/c/" in html and "/o/" in html, "its links are counted, and so is its opening"
    assert "/c/" not in mail.html
    assert mail.html_bytes == len(html.rstrip().encode()) + len("\r\n")


def test_operational_mail_has_no_unsubscribe_by_one_click(report: CheckReport) -> None:
    _, mail = seen(report, "other/receipt")
    assert b"List-Unsubscribe" not in mail.source
    assert mail.subject == "Your order 2026-01-15"


def test_links_are_told_with_where_they_lead(report: CheckReport) -> None:
    _, mail = seen(report, "clean/decay")
    told = [(link.name or link.kind.value, target) for link, target in mail.links]
    assert told == [("pricing", "https://acme.example/pricing"), ("unsubscribe", "")]


def test_answer_stands_in_the_thread_of_its_mail(report: CheckReport) -> None:
    _, mail = seen(report, "clean/bump")
    assert mail.subject == "Re: What it costs"
    assert b"In-Reply-To: <earlier@ripeline.invalid>" in mail.source


def test_each_subject_can_be_seen(report: CheckReport) -> None:
    choice = choose_mail(report, "clean/cost")
    assert editions(report, choice).subjects == ("What it costs", "A sum")
    subjects = [preview(report, edition(report, choice, subject=n), reader(report), NOON).subject for n in (0, 1, 2)]
    assert subjects == ["What it costs", "A sum", "What it costs"]


def test_languages_are_found_as_for_a_lead(report: CheckReport) -> None:
    choice = choose_mail(report, "clean/cost")
    assert editions(report, choice).languages == ("", "de")
    found = {language: edition(report, choice, language=language).mail.key.language for language in ("de-at", "fr", "")}
    assert found == {"de-at": "de", "fr": "", "": ""}


def test_whole_mails_can_be_variants(home: Path) -> None:
    campaign = home / "campaigns/clean.toml"
    text = campaign.read_text("utf-8").replace('subject = ["What it costs", "A sum"]', 'email = ["cost", "bump"]')
    campaign.write_text(text, "utf-8")
    report = check(home)
    choice = choose_mail(report, "clean/cost")
    assert editions(report, choice).mails == ("cost", "bump")
    assert [edition(report, choice, mail=n).mail.key.name for n in (0, 1, 7)] == ["cost", "bump", "cost"]


def test_lead_without_a_value_is_told_with_the_place(report: CheckReport) -> None:
    choice = choose_mail(report, "clean/cost")
    with pytest.raises(MailError, match=r"cost.html:\d+:\d+: 'lead.company' has no value"):
        preview(report, choice, reader(report, fields={}), NOON)
