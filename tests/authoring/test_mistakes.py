"""The mistakes that people make in campaign files: each is told once, at its place, with what to do about it."""

from __future__ import annotations

import pytest

from tests.authoring.homes import CAMPAIGN, campaign_problems, changed
from tests.authoring.mistake import Mistake
from tests.authoring.mistakes_of_form import OF_FORM
from tests.authoring.mistakes_of_meaning import OF_MEANING

MISTAKES = (*OF_FORM, *OF_MEANING)


def test_sound_campaign_has_no_problems() -> None:
    assert campaign_problems(CAMPAIGN) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_told_once_at_its_place(mistake: Mistake) -> None:
    problems = campaign_problems(changed(mistake.old, mistake.new))

    assert [(problem.code, f"{problem.place.line}:{problem.place.column}") for problem in problems] == [
        (mistake.code, mistake.place)
    ]
    assert problems[0].message.startswith(mistake.message)
    assert problems[0].hint.startswith(mistake.hint)
    assert problems[0].place.path == "campaigns/clean-data.toml"


def test_there_are_more_than_forty_different_mistakes() -> None:
    assert len({(mistake.code, mistake.message) for mistake in MISTAKES}) > 40


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("when = \"clicked('cost')\", go", "if = \"clicked('cost')\", go", ["31:13 E010"]),
        ("[stage.compare]", "[stages.compare]", ["37:2 E010"]),
        ("[stage.slow]", "[slow.stage]", ["49:2 E013"]),
        ('room = "A 12"', 'webinar = "A 12"', ["14:36 E007"]),
        ('go = "slow" }', 'goto = "slow" }', ["18:30 E010"]),
        ('go = "slow"', 'go = "slwo"', ["18:35 E202"]),
        ("[stage.compare]", "[stage.compare]\n[stage.aware]", ["38:1 E007"]),
        ('email = "decay"', 'email = "decay.html"', ["21:9 E016"]),
        ('email = "decay"', 'emial = "decay"', ["17:22 E107", "21:1 E010"]),
    ],
)
def test_one_mistake_is_not_told_as_several(old: str, new: str, expected: list[str]) -> None:
    problems = campaign_problems(changed(old, new))

    assert [f"{problem.place.line}:{problem.place.column} {problem.code}" for problem in problems] == expected


def test_keys_below_a_table_are_told_once() -> None:
    text = "[vars]\nwebinar = 2026-11-30\n" + changed('vars     = { webinar = 2026-11-30, room = "A 12" }\n', "")

    problems = campaign_problems(text)

    assert [(problem.place.line, problem.code, problem.message, problem.hint) for problem in problems] == [
        (
            3,
            "E013",
            "'title' and 12 more of the campaign's keys stand below [vars], and so belong to that table",
            "move [vars] and its keys below all of them",
        )
    ]
