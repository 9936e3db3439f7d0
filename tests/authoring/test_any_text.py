"""Whatever stands in a campaign file: reading it ends in problems within the file, never in a crash."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.authoring.homes import CAMPAIGN, campaign_problems
from tests.authoring.test_scenario_file import SOUND, problems_of

PIECES = st.sampled_from(
    [
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "#",
        ",",
        "\\",
        '"""',
        "\t",
        "ü",
        "\x00",
        ":",
        " ",
        "[[stage.x.step]]",
        "1",
    ]
)


@st.composite
def damaged(draw: st.DrawFn, sound: str = CAMPAIGN) -> str:
    """A sound file with some stretches taken out and something put in their place."""
    text = sound
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        text = text[:start] + "".join(draw(st.lists(PIECES, max_size=3))) + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_damaged_campaign_gives_problems_within_the_file(text: str) -> None:
    lines = text.split("\n")
    for problem in campaign_problems(text):
        assert problem.message
        assert 1 <= problem.place.line <= len(lines)
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 2


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab=[]{}\"'\n,.1#: \\é"), max_size=60))
def test_any_text_is_read_or_told_wrong(text: str) -> None:
    campaign_problems(text)


@settings(max_examples=150, deadline=None)
@given(damaged(SOUND))
def test_damaged_scenarios_give_problems_within_the_file(text: str) -> None:
    lines = text.split("\n")
    for problem in problems_of(text):
        assert problem.message
        assert 1 <= problem.place.line <= len(lines)
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 2
