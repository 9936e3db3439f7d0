"""A score, line by line: what counts, how it fades, what bounds it, and when fading alone crosses a border."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.actor import Actor
from engine.domain.journey.facts import Event, EventKind, Lead, LeadFacts
from engine.domain.journey.view import LeadView
from engine.domain.rules import Borders
from engine.domain.scoring import Scoring, fit_of, next_crossing, score_at, score_of, tally
from tests.domain.journey.world import points, scoring

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def happened(kind: EventKind, days: float = 0, name: str = "", **more: object) -> Event:
    return Event(1, kind, NOW - days * DAY, name=name, **more)  # type: ignore[arg-type]


def view(*events: Event, **fields: object) -> LeadView:
    lead = Lead(1, NOW - 100 * DAY, fields=fields)  # type: ignore[arg-type]
    return LeadView(LeadFacts(lead, events=tuple(events)), None, None, {})


CLICK, DEMO = EventKind.CLICK, EventKind.CUSTOM


@pytest.mark.parametrize(
    ("days", "worth"),
    [(0, 10), (0.3, 10), (0.4, 9.8), (1, 9.8), (30, 5), (60, 2.5), (365, 0.0), (-5, 10)],
)
def test_points_are_worth_half_after_their_half_life_in_whole_utc_days(days: float, worth: float) -> None:
    found = score_of(scoring(points("ever.clicks", 10)), view(happened(CLICK, days)), NOW)

    assert found.score == worth


def test_every_line_says_how_often_it_counted_and_what_it_was_and_is_worth() -> None:
    scheme = scoring(points("ever.clicks", 10, most=12), points("event('demo')", 15), points("replied", 7))
    found = score_of(scheme, view(happened(CLICK), happened(CLICK, 30), happened(DEMO, 30, "Demo")), NOW)

    assert [(line.name, line.times, line.fresh, line.worth, line.capped) for line in found.lines] == [
        ("ever.clicks", 2, 20, 12, True),
        ("event('demo')", 1, 15, 7.5, False),
    ]
    assert found.score == 19.5


def test_what_machines_do_never_counts() -> None:
    scheme = scoring(points("ever.clicks", 10), points("event('demo')", 10), points("replied", 10))
    events = [happened(kind, name="demo", actor=Actor.MACHINE) for kind in (CLICK, DEMO, EventKind.REPLY)]

    assert score_of(scheme, view(*events), NOW).score == 0
    assert score_of(scheme, view(*(happened(e.kind, name="demo") for e in events)), NOW).score == 30


def test_points_that_take_away_are_bounded_too_and_no_score_is_negative() -> None:
    scheme = scoring(points("ever.clicks", 10), points("event('demo')", -8, most=12), most=15)
    demos = [happened(DEMO, name="demo")] * 3

    assert score_of(scheme, view(happened(CLICK), happened(CLICK), *demos), NOW).score == 8
    assert score_of(scheme, view(*demos), NOW).score == 0
    assert score_of(scheme, view(*[happened(CLICK)] * 4), NOW).score == 15


def test_points_for_some_leads_only_count_for_them() -> None:
    scheme = scoring(points("ever.clicks", 10, when="plan == 'pro'"))

    assert score_of(scheme, view(happened(CLICK), plan="Pro"), NOW).score == 10
    assert score_of(scheme, view(happened(CLICK), plan="free"), NOW).score == 0


@pytest.mark.parametrize(
    ("fields", "grade"),
    [({}, "D"), ({"plan": "pro"}, "C"), ({"ripe": True}, "B"), ({"ripe": True, "plan": "pro"}, "A")],
)
def test_grade_is_that_of_the_points_of_fit_that_hold(fields: dict[str, object], grade: str) -> None:
    scheme = scoring(fit={"plan == 'pro'": 20, "ripe": 40, "points > 5": -20})
    found = fit_of(scheme, view(**fields), NOW)

    assert found.fit == grade
    assert [line.holds for line in found.lines] == ["plan" in fields, "ripe" in fields, False]
    assert fit_of(scheme, view(points=9, **fields), NOW).fit in "BCD"


def test_home_without_rules_of_fit_grades_nobody() -> None:
    assert fit_of(scoring(points("ever.clicks", 1)), view(), NOW).fit == ""


def test_borders_that_are_never_crossed_are_never_looked_at() -> None:
    counted = tally(scoring(points("ever.clicks", 10)), view(happened(CLICK)), NOW).counted

    assert next_crossing(Scoring(), counted, NOW, Borders((60.0,))) is None
    assert next_crossing(Scoring(), counted, NOW, Borders()) is None
    assert next_crossing(Scoring(), (), NOW, Borders((60.0,), (), True)) is None


def test_rule_without_a_number_of_its_own_looks_every_midnight() -> None:
    counted = tally(scoring(points("ever.clicks", 10)), view(happened(CLICK)), NOW).counted

    assert next_crossing(Scoring(), counted, NOW, Borders(everywhere=True)) == datetime(2026, 11, 4, tzinfo=UTC)


ages = st.lists(st.integers(0, 90), max_size=6)


@given(ages, ages, st.lists(st.sampled_from((0.0, 1.0, 4.0, 5.0, 9.5, 20.0)), min_size=1, max_size=3), st.booleans())
def test_next_crossing_never_comes_too_late(clicks: list[int], demos: list[int], numbers: list[float], gives: bool):
    scheme = scoring(points("ever.clicks", 7.5, "20d", most=20), points("event('demo')", 4 if gives else -4, "9d"))
    events = [happened(CLICK, age) for age in clicks] + [happened(DEMO, age, "demo") for age in demos]
    counted = tally(scheme, view(*events), NOW).counted
    borders = Borders(tuple(sorted(set(numbers))), (5.0,))
    found = next_crossing(scheme, counted, NOW, borders)
    first = next(
        (d for d in range(1, 800) if borders.between(score_at(scheme, counted), score_at(scheme, counted, d))), 0
    )

    midnight = datetime(2026, 11, 3, tzinfo=UTC) + first * DAY
    if first:
        assert found is not None and found <= midnight
    if gives:
        assert found == (midnight if first else None)
