"""`[scoring]` of config: read as written, and every mistake told at its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.authoring.policy import policy_from
from tests.authoring.test_config_file import read

SOUND = """\
[scoring]
half_life = "20d"
most = 80

[[scoring.points]]
name = "clicked"
each = "ever.clicks"
points = 5
most = 20

[[scoring.points]]
name = "came to a webinar"
each = "event('webinar', plan='pro')"
when = "country == 'DE'"
points = 15
half_life = "90d"

[[scoring.fit]]
name = "decides"
when = "contains(title, 'head')"
points = 40
"""


def test_scheme_is_that_of_the_config() -> None:
    config, problems = read(SOUND)
    found = policy_from(config).scoring

    assert problems == []
    clicked, webinar = found.points
    assert (clicked.name, clicked.points, clicked.most, clicked.half_life) == ("clicked", 5, 20, timedelta(days=20))
    assert (webinar.half_life, str(webinar.when)) == (timedelta(days=90), "country == 'DE'")
    assert [fit.name for fit in found.fit] == ["decides"]
    assert list(found.grades) == ["A", "B", "C"]
    assert found.most == 80


def _points(**more: object) -> str:
    values = {"name": "'x'", "each": "'ever.clicks'", "points": 5, **more}
    return "[[scoring.points]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            _points(each='"ever.clicks > 3"'),
            "3:9 E113 this is nothing that can be counted | write one of event('…'), ever.clicked('…'), "
            "ever.opened('…'), ever.sent('…'), ever.clicks, replied",
        ),
        (_points(each='"country"'), "3:9 E113 "),
        (_points(each="\"event('a') or replied\""), "3:9 E113 "),
        (
            _points(each="\"event('demo', within='30d')\""),
            "3:9 E113 what is counted is counted for ever, and fades | take within=… out: half_life says how fast "
            "points fade",
        ),
        (_points(each='"clicks"'), "3:9 E105 "),
        (_points(each="\"evnt('x')\""), "3:9 E104 unknown function 'evnt' in this rule | did you mean 'event'?"),
        (
            _points(when="'score > 5'"),
            "5:8 E260 this rule asks for score, and score follows from it | ask what the lead is or did; "
            "`sales_ready` may ask for the score",
        ),
        ("[[scoring.fit]]\nname = 'x'\npoints = 1\nwhen = \"account_score > 5\"", "4:8 E260 "),
        ("[[scoring.fit]]\nname = 'x'\npoints = 1\nwhen = \"fit == 'A'\"", "4:8 E260 "),
        (_points(points=1e9), "4:10 E014 1000000000.0 does not fit: points is less than or equal to 10000"),
        (_points(points="nan"), "4:10 E014 nan does not fit"),
        (
            _points() + _points(name="'X'"),
            "6:8 E262 two rules of points are called 'X' | the lines of a score are told apart by their names: "
            "rename one",
        ),
        ("[scoring]\nhalf_life = '3 business days'", "2:13 E015 "),
        ("[scoring]\nhalf_life = '0d'", "2:13 E015 "),
        (_points(half_life="'soon'"), "5:13 E015 "),
        (
            "[scoring.grades]\nA = 60\nB = 60\nC = 20",
            "2:5 E261 A begins at 60 points and B at 60 | a better grade needs more points: A > B",
        ),
        ("[scoring.grades]\nE = 5", "2:1 E261 there is no grade 'E' | there are A, B and C; whoever has fewer points"),
    ],
)
def test_mistake_in_the_scoring_is_told_at_its_place(text: str, expected: str) -> None:
    _, problems = read(text)

    assert [problem[: len(expected)] for problem in problems] == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[never_mail]\nrule = \"role == 'pay'\"",
            ["2:8 W263 config knows no role 'pay' | did you mean 'pays'?"],
        ),
        (
            "[never_mail]\nrule = \"role in ['Decides', 'boss']\"",
            [
                "2:8 W263 config knows no role 'boss' | there are: decides, pays, recommends, uses; "
                "[accounts] roles names them"
            ],
        ),
        ("[accounts]\nroles = ['boss']\n[never_mail]\nrule = \"role == 'Boss'\"", []),
        ("[fields.role]\ntype = 'choice'\nchoices = ['chef']\n[never_mail]\nrule = \"role == 'chef'\"", []),
    ],
)
def test_role_that_config_does_not_know_is_told(text: str, expected: list[str]) -> None:
    _, problems = read(text)

    assert problems == expected
