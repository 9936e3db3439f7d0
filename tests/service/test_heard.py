"""Findings that campaigns and config say are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.service.check import check
from tests.authoring.homes import CAMPAIGN, CONFIG
from tests.service.test_check import home, told, write

__all__ = ["home"]

OPENS = CAMPAIGN.replace("\"clicked('decay') or clicks >= 2\"", '"opens >= 1"')
LINK = "[Our prices](http://acme.example/pricing)"


def campaign(home: Path, text: str, silence: str = "") -> None:
    (home / "campaigns" / "clean-data.toml").write_text(f"{silence}\n{text}", "utf-8")


def configure(home: Path, silence: str) -> None:
    (home / "config.toml").write_text(f"{CONFIG}\n[check]\nsilence = {silence}\n", "utf-8")


def codes(home: Path) -> list[tuple[str, str]]:
    return [(place.partition(":")[0], code) for place, code, _ in told(home)]


def test_findings_are_told_without_a_silence(home: Path) -> None:
    campaign(home, OPENS)
    write(home, "aware/cost", LINK)
    assert codes(home) == [("campaigns/clean-data.toml", "W221"), ("templates/data-quality/aware/cost.md", "W521")]
    assert check(home).usable


def test_campaign_silences_its_own_findings_only(home: Path) -> None:
    campaign(home, OPENS, 'silence = { W221 = "all our readers open" }')
    campaign_two = OPENS.replace('theme    = "data-quality"', 'theme    = "data-quality" ')
    (home / "campaigns" / "second.toml").write_text(campaign_two, "utf-8")
    assert codes(home) == [("campaigns/second.toml", "W221")]


def test_config_silences_findings_of_all_files(home: Path) -> None:
    campaign(home, OPENS)
    write(home, "aware/cost", LINK)
    write(home, "aware/old", "Nobody sends this")
    configure(home, '{ W221 = "they open", W521 = "an old site", W409 = "drafts" }')
    assert codes(home) == []


def test_silence_that_silences_nothing_is_told_where_it_stands(home: Path) -> None:
    campaign(home, CAMPAIGN, 'silence = { W221 = "all our readers open" }')
    configure(home, '{ W521 = "an old site" }')
    assert [(place, code) for place, code, _ in told(home)] == [
        ("config.toml:32:13", "W002"),
        ("campaigns/clean-data.toml:1:13", "W002"),
    ]


def test_silence_is_not_judged_while_there_are_mistakes(home: Path) -> None:
    campaign(home, CAMPAIGN.replace("lifecycle ==", "lifecyle =="), 'silence = { W221 = "all our readers open" }')
    configure(home, '{ W521 = "an old site" }')
    assert codes(home) == [("campaigns/clean-data.toml", "E104")]


def test_mistakes_cannot_be_silenced(home: Path) -> None:
    campaign(home, CAMPAIGN, 'silence = { E104 = "we know" }')
    (problem,) = check(home).problems
    assert (problem.code, str(problem.place)) == ("E020", "campaigns/clean-data.toml:1:13")
    assert problem.message == "E104 is a mistake, and mistakes are mended, not silenced"


@pytest.mark.parametrize(
    ("silence", "code", "hint"),
    [
        ('{ W9 = "x" }', "E020", ""),
        ('{ W5111 = "x" }', "E020", "did you mean 'W511'?"),
        ("{ W521 = 3 }", "E020", 'write  W521 = "…", with the reason'),
        ('{ W521 = " " }', "E020", 'write  W521 = "…", with the reason'),
        ('"W521"', "E012", ""),
    ],
)
def test_wrong_silence_of_config_is_told_once(home: Path, silence: str, code: str, hint: str) -> None:
    configure(home, silence)
    (problem,) = check(home).problems
    assert (problem.code, problem.place.path) == (code, "config.toml")
    assert problem.hint.startswith(hint)


def test_unknown_mail_program_is_told(home: Path) -> None:
    (home / "config.toml").write_text(f'{CONFIG}\n[check]\nclients = ["gmial"]\n', "utf-8")
    (problem,) = check(home).problems
    assert (problem.code, problem.hint) == ("E014", "did you mean 'gmail'?")


def test_subject_of_a_variant_is_measured_where_it_stands(home: Path) -> None:
    campaign(home, CAMPAIGN.replace("What does a dead lead cost?", "What does a dead lead cost? " * 4))
    assert codes(home) == [("campaigns/clean-data.toml", "W531")]


def test_findings_of_a_mail_come_from_the_cache_too(home: Path) -> None:
    write(home, "aware/cost", LINK)
    first = told(home)
    assert (home / "var" / "cache" / "mails.jsonl").exists()
    assert told(home) == first != []
