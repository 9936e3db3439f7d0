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
