"""Scores of many leads in SQL, and of one lead in memory: always the same, on both databases, whatever leads hold."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from engine.domain.journey.decision import Score
from engine.domain.journey.view import LeadView
from engine.domain.rules import Rule, parse_counted
from engine.domain.scoring import FitPoints, Points, Scoring, fit_of, score_of
from engine.store.facts import load_facts
from engine.store.scores import BulkScoring
from engine.store.tables import EventRow
from tests.domain.rules.facts import HERE, LEAD_SCOPE, NOW, Facts, Happened, Mailed, rule
from tests.domain.rules.strategies import leads, rules
from tests.store.test_rules_sql import EXAMPLES, lead, store

COUNTED = (
    "event('demo_booked')",
    "event('STRASSE')",
    "event('demo_booked', plan='fin')",
    "count('other', seats=1)",
    "ever.clicks",
    "ever.opens",
    "ever.clicked('clean-data/decay', link='pricing')",
    "ever.clicked(link='checklist')",
    "ever.opened('clean-data/cost')",
    "ever.sent('clean-data/decay')",
    "replied",
)
SCORES = ("score", "fit")
whens = rules.filter(lambda source: not any(word in source for word in SCORES))
amounts = st.one_of(st.integers(-40, 40).map(float), st.sampled_from((0.1, 2.25, -0.05, 33.333, 10_000.0)))


def counted(source: str) -> Rule:
    found = parse_counted(source, LEAD_SCOPE, HERE)
    assert isinstance(found, Rule), found
    return found


points = st.builds(
    lambda each, amount, days, when, most: Points(
        each, counted(each), amount, timedelta(days=days), rule(when, LEAD_SCOPE) if when else None, most
    ),
    st.sampled_from(COUNTED),
    amounts,
    st.sampled_from((0.5, 1.0, 7.0, 30.0, 365.0)),
    st.one_of(st.just(""), whens),
    st.sampled_from((0.0, 5.0, 12.5)),
)
fits = st.builds(lambda when, amount: FitPoints(when, rule(when, LEAD_SCOPE), amount), whens, amounts)
schemes = st.builds(
    lambda given, fit, most: Scoring(tuple(given), tuple(fit), {"A": 60, "B": 40, "C": 20.5}, most),
    st.lists(points, max_size=5),
    st.lists(fits, max_size=3),
    st.sampled_from((100.0, 33.33)),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(facts=st.lists(leads, min_size=1, max_size=4), scheme=schemes, later=st.integers(0, 400))
def test_database_and_decision_score_alike(
    module_engine: Engine, facts: list[Facts], scheme: Scoring, later: int
) -> None:
    now = NOW + timedelta(days=later)
    with module_engine.connect() as connection, connection.begin() as transaction:
        numbers = store(connection, facts)
        connection.execute(update(lead).values(score=-1.0))
        found, _ = BulkScoring(scheme, now).chunk(connection, numbers[0] - 1, 10)
        views = {one.lead.id: LeadView(one, None, None, {}) for one in load_facts(connection, numbers)}
        transaction.rollback()
    assert {one.lead: one.after for one in found} == {
        number: Score(score_of(scheme, view, now).score, fit_of(scheme, view, now).fit)
        for number, view in views.items()
    }


ALWAYS: dict[str, object] = {"created": NOW, "subscribed": True}
CLICKED = Mailed("clicked", NOW - timedelta(days=30))  # type: ignore[arg-type]
CLICKS = Scoring((Points("clicked", counted("ever.clicks"), 10, timedelta(days=30)),))


def test_chunks_come_to_an_end_and_name_only_leads_whose_score_is_not_as_stored(engine_for: Engine) -> None:
    scored = Facts({**ALWAYS, "score": 5.0}, mailed=(CLICKED,))
    with engine_for.begin() as connection:
        numbers = store(connection, [scored, Facts({**ALWAYS, "score": 0.0}, mailed=(CLICKED,)), scored])
        bulk = BulkScoring(CLICKS, NOW)
        first, last = bulk.chunk(connection, 0, 2)
        rest = bulk.chunk(connection, last or 0, 2)

        assert [(one.lead, one.before, one.after) for one in first] == [(numbers[1], Score(0, ""), Score(5, ""))]
        assert rest == ([], numbers[2])
        assert bulk.chunk(connection, numbers[2], 2) == ([], None)
        assert BulkScoring(CLICKS, NOW, only_scored=True).chunk(connection, 0, 9) == ([], numbers[2])


def test_named_event_of_a_machine_gives_no_points(engine_for: Engine) -> None:
    scheme = Scoring((Points("booked", counted("event('demo_booked')"), 10, timedelta(days=30)),))
    event = EventRow.__table__
    with engine_for.begin() as connection:
        [number] = store(connection, [Facts({**ALWAYS, "score": 0.0}, happened=(Happened("demo_booked", NOW),))])
        [one], _ = BulkScoring(scheme, NOW).chunk(connection, 0, 9)
        assert one.after == Score(10, "")

        connection.execute(update(event).where(event.c.lead_id == number).values(actor="machine"))

        assert BulkScoring(scheme, NOW).chunk(connection, 0, 9) == ([], number)
        assert connection.scalar(select(lead.c.score)) == 0.0
