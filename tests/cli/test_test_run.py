"""`ripeline test-run`: every mail on every way, over a real SMTP server, marked, threaded, outside of statistics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from engine.domain.traffic import HitKind
from engine.service.status import status_of
from engine.smtp.mailer import Mailer
from engine.store.database import reading
from engine.store.deliveries import state_counts
from engine.store.events import event_counts
from engine.store.journey import next_due_instant
from tests.cli.conftest import FIREFOX
from tests.cli.life import CAMPAIGN, START, Life, ripeline
from tests.smtpscript import Rule, Say

BRANCHED = CAMPAIGN.replace(
    """\
[[stage.aware.step]]
email = "cost"
wait = "3d"
""",
    """\
[[stage.aware.step]]
email = "cost"
wait = "3d"
variants = { subject = ["What does it cost, {{ lead.first_name }}?", "A sum"] }

[[stage.aware.step]]
id = "ask"
wait = "2d"
branch = [{ when = "clicked('cost', link='prices')", go = "ready" }, { when = "sent('talk')", go = "exit" }]

[[stage.aware.step]]
id = "bump"
email = "talk"
thread = "cost"
""",
)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with Life(tmp_path / "home", BRANCHED) as life:
        talk = life.path / "templates/dq/ready/talk.md"
        german = talk.read_text("utf-8").replace("Shall we talk?", "Wollen wir reden?")
        (life.path / "templates/dq/ready/talk.de.md").write_text(german, "utf-8")
        (life.path / "templates/dq/aware/talk.md").write_text(talk.read_text("utf-8"), "utf-8")
        life.apply()
        life.take_in_leads()
        yield life


def mails(life: Life, to: str = "tester@acme.example") -> list[EmailMessage]:
    taken = [mail for mail in life.server.accepted if mail.recipients == (to,)]
    found: list[Any] = [message_from_bytes(mail.message, policy=policy.SMTP) for mail in taken]
    return found


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def test_every_different_mail_goes_once_to_each_in_the_order_of_the_file(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ripeline("test-run", "clean", "--to", "a@acme.example", "--to", "b@acme.example", home=life.path) == 0
    for to in ("a@acme.example", "b@acme.example"):
        assert [mail["Subject"] for mail in mails(life, to)] == [
            "[Test 1/6] Why data decays",
            "[Test 2/6] What does it cost, Jane?",
            "[Test 3/6] A sum",
            "Re: [Test 2/6] What does it cost, Jane?",
            "[Test 5/6] Shall we talk?",
            "[Test 6/6] Wollen wir reden?",
        ]
        assert [mail["X-Ripeline-Test"] for mail in mails(life, to)] == [
            "clean/aware/decay",
            "clean/aware/cost (subject A)",
            "clean/aware/cost (subject B)",
            "clean/aware/bump",
            "clean/ready/talk",
            "clean/ready/talk (de)",
        ]
    shown = capsys.readouterr().out
    assert " 1/12  sent      [1] aware/decay             a@acme.example" in shown
    assert "12 mails accepted." in shown


def test_banner_says_which_mail_it_is_when_it_would_come_and_how(life: Life) -> None:
    assert ripeline("test-run", "clean", "--start", "2026-11-02T10:00", home=life.path) == 0
    cost, talk = mails(life)[1], mails(life)[4]
    assert text_of(cost).startswith(
        "Test 2 of 6: Clean data closes deals, aware/cost (subject A) "
        "A lead who stays silent gets it on day 3, Thu 5 Nov 10:10. "
    )
    assert text_of(talk).startswith("Test 5 of 6: Clean data closes deals, ready/talk A lead who clicks")
    assert "<br>A lead who clicks &#x27;checklist&#x27; in decay (day 0) gets it on day 1, Tue" in text_of(talk, "html")


def test_reply_stands_in_the_thread_of_what_this_recipient_got(life: Life) -> None:
    assert ripeline("test-run", "clean", "--to", "a@acme.example", "--to", "b@acme.example", home=life.path) == 0
    for to in ("a@acme.example", "b@acme.example"):
        _, cost, _, bump, *_ = mails(life, to)
        assert bump["In-Reply-To"] == cost["Message-ID"]
    assert mails(life, "a@acme.example")[1]["Message-ID"] != mails(life, "b@acme.example")[1]["Message-ID"]


def test_nothing_of_it_counts(life: Life) -> None:
    with reading(life.home.store) as connection:
        before = state_counts(connection), next_due_instant(connection)
    leads = status_of(life.home, life.clock.now()).leads
    assert ripeline("test-run", "clean", home=life.path) == 0
    with reading(life.home.store) as connection:
        assert (state_counts(connection), next_due_instant(connection)) == before
    assert status_of(life.home, life.clock.now()).leads == leads
    assert life.send() == 0, "a test is never sent again"


def test_clicks_on_its_links_count_nowhere(life: Life) -> None:
    assert ripeline("test-run", "clean", "--only", "decay", home=life.path) == 0
    number = int(mails(life)[0]["Message-ID"].strip("<").partition(".")[0])
    life.hit(HitKind.CLICK, number, FIREFOX, link=0)
    life.play_until(START + timedelta(hours=1))
    with reading(life.home.store) as connection:
        assert event_counts(connection) == []


SHOWN = """\
Clean data closes deals: 6 mails to tester@acme.example
As Jane Park, who has source = 'web' and enters Mon 2 Nov 10:00 (Europe/Berlin).

A lead who stays silent gets
    1  day 0, Mon 2 Nov 10:10  aware/decay             "Why data decays"
    2  day 3, Thu 5 Nov 10:10  aware/cost (subject A)  "What does it cost, Jane?"
    3  day 3, Thu 5 Nov 10:10  aware/cost (subject B)  "A sum"
    4  day 5, Sat 7 Nov 10:10  aware/bump              "Re: What does it cost, Jane?"

A lead who clicks 'checklist' in decay (day 0) gets
    5  day 1, Tue 3 Nov 10:21  ready/talk              "Shall we talk?"
    6  day 1, Tue 3 Nov 10:21  ready/talk (de)         "Wollen wir reden?"

Not reached
  aware/ask → exit  nothing was found that a lead can do after which this holds: sent('talk')

Reached: 4 of 4 mails, 2 of 3 ways of branches, 1 of 1 advance, 2 of 2 ends of stages.
"""


def test_dry_run_shows_all_of_it_and_sends_nothing(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test-run", "clean", "--dry-run", "--start", "2026-11-02T10:00", home=life.path) == 0
    assert capsys.readouterr().out == SHOWN
    assert not life.server.accepted


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        (("--only", "cost"), ["[Test 1/2] What does it cost, Jane?", "[Test 2/2] A sum"]),
        (("--only", "aware/bump"), ["[Test 1/1] Shall we talk?"]),
        (("--only", "ready/talk", "--language", "de-at"), ["[Test 1/1] Wollen wir reden?"]),
        (("--only", "decay", "--language", "de"), ["[Test 1/1] Why data decays"]),
    ],
)
def test_one_step_or_one_language(life: Life, options: tuple[str, ...], subjects: list[str]) -> None:
    assert ripeline("test-run", "clean", *options, home=life.path) == 0
    assert [mail["Subject"] for mail in mails(life)] == subjects


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clena",), "there is no campaign 'clena'; did you mean 'clean'?"),
        (("clean", "--only", "costs"), "campaign 'clean' has no mail 'costs'; did you mean 'cost'?"),
        (("clean", "--language", "fr"), "no mail of campaign 'clean' is in 'fr'; there are: de, en"),
        (("clean", "--start", "tomorrow"), "--start tomorrow is no date; write 2026-11-02"),
        (("clean", "--to", "bob@globex.example"), "bob@globex.example is a lead's own address"),
        (("clean", "--lead", "nobody"), "nobody here is called 'nobody'"),
    ],
)
def test_wrong_words_are_told(
    life: Life, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ripeline("test-run", *words, home=life.path) == 1
    assert said in capsys.readouterr().err
    assert not life.server.accepted


def test_real_lead_gives_its_values_and_what_it_lacks_is_told(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    decay = life.path / "templates/dq/aware/decay.md"
    decay.write_text(decay.read_text("utf-8") + "\nIn {{ lead.industry }}.\n", "utf-8")
    assert ripeline("test-run", "clean", "--lead", "bob@globex.example", home=life.path) == 1
    shown = capsys.readouterr().out
    assert mails(life)[0]["Subject"] == "[Test 2/6] What does it cost, Bob?"
    assert "cannot be written: templates/dq/aware/decay.md:9:7: 'lead.industry' has no value for this lead" in shown
    assert "5 mails accepted, 1 not sent." in shown


def test_refused_mail_ends_with_1_and_the_others_go_on(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    life.server.script(Rule("RCPT", Say("550 5.1.1 no such user"), match="bad@"))
    assert ripeline("test-run", "clean", "--to", "bad@acme.example", "--to", "a@acme.example", home=life.path) == 1
    shown = capsys.readouterr().out
    assert len(mails(life, "a@acme.example")) == 6
    assert re.search(r"1  day .*aware/decay +1 of 2 accepted +\"Why data decays\"  relay 'mx1' .*no such user", shown)
    assert "6 mails accepted, 6 not sent." in shown


def test_relay_that_is_away_ends_it_at_once(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    life.server.script(Rule("CONNECT", Say("554 5.3.2 closed", close=True)))
    assert ripeline("test-run", "clean", home=life.path) == 1
    shown = capsys.readouterr().out
    assert shown.count("does not welcome us") == 2, "as it ends, and in the table"
    assert "0 mails accepted, 6 not sent." in shown


def test_suppressed_recipient_gets_nothing_and_is_told(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("suppress", "a@acme.example", home=life.path) == 0
    assert ripeline("test-run", "clean", "--only", "decay", "--to", "a@acme.example", home=life.path) == 1
    assert "suppressed" in capsys.readouterr().out
    assert not life.server.accepted


def test_what_was_under_way_when_it_is_stopped_is_never_sent_later(
    life: Life, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Mailer, "send", stopped)
    assert ripeline("test-run", "clean", home=life.path) == 130
    monkeypatch.undo()
    life.play_until(START + timedelta(hours=1))
    assert not mails(life)
    assert ripeline("show", "1", home=life.path) == 0
    assert "the test was stopped; it may have gone out" in capsys.readouterr().out


def test_many_mails_are_asked_for(
    life: Life, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [word for number in range(9) for word in ("--to", f"t{number}@acme.example")]
    monkeypatch.setattr("typer.confirm", lambda _question: False)
    assert ripeline("test-run", "clean", *many, home=life.path) == 1
    assert "Nothing was sent." in capsys.readouterr().out
    assert not life.server.accepted
    assert ripeline("test-run", "clean", *many, "--yes", home=life.path) == 0
    assert len(life.server.accepted) == 54


def test_safe_mode_diverts_all_of_it(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    config = life.path / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[safety]\ndeliver_to = "me@acme.example"\n', "utf-8")
    assert ripeline("test-run", "clean", home=life.path) == 0
    assert {mail.recipients for mail in life.server.accepted} == {("me@acme.example",)}
    assert "Safe mode: they went to me@acme.example" in capsys.readouterr().out
