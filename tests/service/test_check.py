"""`check` over files and templates together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.authoring.home import Home
from engine.content.mails import CompiledMail, MailKey
from engine.domain.experiments.lost import LostWinner
from engine.service.check import check
from tests.authoring.homes import CAMPAIGN, CONFIG, changed

LAYOUT = """\
<!doctype html><html lang="en"><head><title>{{ mail.subject }}</title></head><body>
{% block content %}{% endblock %}
<p>{{ company.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>
</body></html>
"""

MAILS = ("aware/decay", "aware/cost", "aware/bump", "compare/vendors", "slow/tip-1")


def mail(body: str = "Hello") -> str:
    return f'+++\nsubject = "Clean data"\npreheader = "Why it rots, and what to do about it"\n+++\n{body}\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    (root / "campaigns").mkdir(parents=True)
    (root / "config.toml").write_text(CONFIG, "utf-8")
    (root / "campaigns" / "clean-data.toml").write_text(CAMPAIGN, "utf-8")
    (root / "templates" / "layouts").mkdir(parents=True)
    (root / "templates" / "layouts" / "default.html").write_text(LAYOUT, "utf-8")
    for name in MAILS:
        path = root / "templates" / "data-quality" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mail(), "utf-8")
    return root


def told(home: Path) -> list[tuple[str, str, str]]:
    return [(str(problem.place), problem.code, problem.message) for problem in check(home).problems]


def write(home: Path, name: str, body: str) -> None:
    (home / "templates" / "data-quality" / f"{name}.md").write_text(mail(body), "utf-8")


def test_sound_home_has_no_problems(home: Path) -> None:
    report = check(home)

    assert report.problems == ()
    assert report.usable
    assert (report.read, report.wanted) == (1, 5)
    assert MailKey("data-quality", "aware", "cost") in report.mails


def test_missing_template_is_told_where_the_step_names_it(home: Path) -> None:
    (home / "templates" / "data-quality" / "aware" / "cost.md").unlink()

    assert told(home) == [
        (
            "campaigns/clean-data.toml:25:12",
            "E302",
            "there is no template 'cost' (.md, .html or .mjml); looked in templates/data-quality/aware/, "
            "templates/data-quality/, templates/shared/",
        )
    ]


def test_missing_layout_is_told_in_the_template(home: Path) -> None:
    text = mail().replace("+++\nsubject", '+++\nlayout = "lettr"\nsubject')
    (home / "templates" / "data-quality" / "aware" / "cost.md").write_text(text, "utf-8")

    assert [(path, code) for path, code, _ in told(home)] == [("templates/data-quality/aware/cost.md:2:11", "E302")]


def test_link_that_the_mail_does_not_have_is_told_in_the_rule(home: Path) -> None:
    write(home, "aware/cost", "[What it costs](https://acme.example/pricing){link=pricing}")
    text = changed("clicked('cost')\", go", "clicked('cost', link='pricng')\", go")
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    problems = check(home).problems

    assert [(str(p.place), p.code, p.hint) for p in problems] == [
        ("campaigns/clean-data.toml:31:42", "E107", "did you mean 'pricing'?")
    ]


def test_link_of_a_mail_that_cannot_be_compiled_is_not_judged(home: Path) -> None:
    write(home, "aware/cost", "{{ nonsense }}")
    text = changed("clicked('cost')\", go", "clicked('cost', link='pricng')\", go")
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    assert {code for _, code, _ in told(home)} == {"E320"}


def test_var_that_another_campaign_has_is_told(home: Path) -> None:
    write(home, "aware/cost", "In room {{ vars.room }}")
    other = CAMPAIGN.replace(", room = ", ", hall = ")
    (home / "campaigns" / "second.toml").write_text(other, "utf-8")

    assert told(home) == [
        (
            "templates/data-quality/aware/cost.md:5:12",
            "E337",
            "campaign 'second' sends this mail and has no var 'room'",
        )
    ]


def test_trigger_in_a_mail_without_one_is_told(home: Path) -> None:
    write(home, "aware/cost", "Your plan: {{ trigger.plan }}")

    assert [(path, code) for path, code, _ in told(home)] == [("templates/data-quality/aware/cost.md:5:15", "E338")]


def test_mail_that_nobody_sends_is_warned_of(home: Path) -> None:
    write(home, "aware/old", "Hello")

    assert told(home) == [("templates/data-quality/aware/old.md", "W409", "no campaign sends this mail")]
    assert check(home).usable


def test_problems_of_campaigns_come_before_those_of_templates(home: Path) -> None:
    write(home, "aware/cost", "{{ nonsense }}")
    text = changed("lifecycle ==", "lifecyle ==")
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    assert [path.split("/")[0] for path, _, _ in told(home)] == ["campaigns", "templates"]


class Statistics:
    """Real leads of whom some lack an industry."""

    def missing(self, name: str, campaign: str) -> tuple[int, int]:
        return (1204, 9870) if name == "industry" else (0, 9870)

    def lost_winners(self) -> list[LostWinner]:
        return []


def test_field_that_leads_lack_is_told_with_their_share(home: Path) -> None:
    write(home, "aware/cost", "Hello {{ lead.first_name }} in {{ lead.industry }}")

    problems = check(home, Statistics()).problems

    assert [(str(p.place), p.code, p.message, p.hint) for p in problems] == [
        (
            "templates/data-quality/aware/cost.md:5:35",
            "E310",
            "'lead.industry' has no value for 1,204 of 9,870 leads who can get this mail",
            'give a default:  {{ lead.industry or "…" }}',
        )
    ]


def test_statistics_can_be_found_for_the_home_as_it_was_read(home: Path) -> None:
    write(home, "aware/cost", "Hello in {{ lead.industry }}")
    asked: list[list[str]] = []

    def find(read: Home) -> Statistics:
        asked.append(list(read.campaigns))
        return Statistics()

    assert [p.code for p in check(home, statistics_of=find).problems] == ["E310"]
    assert asked == [["clean-data"]]


def test_field_with_a_default_may_be_lacking(home: Path) -> None:
    write(home, "aware/cost", 'Hello in {{ lead.industry or "your field" }}')

    assert check(home, Statistics()).problems == ()


def test_mails_compiled_before_are_not_compiled_again(home: Path) -> None:
    cache: dict[str, CompiledMail] = {}
    first = check(home, cache=cache)
    kept = dict(cache)

    second = check(home, cache=cache)

    assert len(kept) == 5
    assert cache == kept
    assert second.mails == first.mails


def test_variants_of_a_whole_mail_are_each_looked_for(home: Path) -> None:
    text = changed(
        'variants = { subject = ["Your list rots", "What does a dead lead cost?"] }',
        'variants = { email = ["cost", "price"] }',
    )
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    assert [(path, code) for path, code, _ in told(home)] == [("campaigns/clean-data.toml:27:31", "E302")]


@pytest.mark.parametrize(
    ("subject", "marked"),
    [
        ("For {{ lead.frist_name }}", "lead.frist_name"),
        ("{{ 'a' * 10**8 }}", "* 10"),
        ("{{ lead.__class__ }}", "__class__"),
        ("{% for x in range(9) %}x{% endfor %}", "range"),
    ],
)
def test_subject_variant_is_checked_where_it_stands_in_the_campaign(home: Path, subject: str, marked: str) -> None:
    text = changed('"What does a dead lead cost?"', f'"{subject}"')
    (home / "campaigns" / "clean-data.toml").write_text(text, "utf-8")

    (problem,) = check(home).problems

    line = text.splitlines()[problem.place.line - 1]
    assert problem.code.startswith("E3")
    assert line[problem.place.column - 1 :].startswith(marked), problem
