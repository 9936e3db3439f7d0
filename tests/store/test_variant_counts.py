"""Variants are counted alike on both databases: who was mailed, what people did, who reached the goal."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from engine.domain.journey.decision import Line
from engine.store.bundles import set_home_value
from engine.store.daily_counts import EVENTS, attempt
from engine.store.database import reading, writing
from engine.store.events import event
from engine.store.journey import tell
from engine.store.variant_counts import begin_experiments, count_goals, count_hits, count_sent, counts_by_day
from engine.store.winners import add_winner, end_winner, winners_ever, winners_now
from tests.store.journals import NOW, add_enrollment, add_lead, add_mail

UTC = ZoneInfo("UTC")
LATER = NOW + timedelta(days=1)


def sent(connection: Connection, name: str, variant: int, **more: object) -> tuple[int, int]:
    """A lead who got the mail in this variant: its number, and the mail's."""
    lead = add_lead(connection, name, internal=bool(more.pop("internal", False)))
    values = {"state": "sent", "finished_at": NOW, "variants": {"subject": variant}, "test": False, **more}
    mail = add_mail(connection, lead, add_enrollment(connection, lead), **values)
    tried = {"delivery_id": mail, "number": 1, "begun_at": NOW, "ended_at": NOW, "outcome": "accepted"}
    connection.execute(attempt.insert(), tried)
    return lead, mail


def did(connection: Connection, lead: int, mail: int, kind: str, actor: str = "human") -> None:
    number = len(connection.execute(event.select()).all()) + 1
    values = {"source_id": f"e{number}", "lead_id": lead, "kind": kind, "at": NOW, "received_at": NOW, "actor": actor}
    where = {"delivery_id": mail, "campaign": "drip", "step": "first"}
    connection.execute(event.insert(), {**values, **where, "properties": {}, "folded": {}, "evidence": {}})
    set_home_value(connection, EVENTS, str(number))


def tallies(engine: Engine) -> dict[tuple[str, int, str], int]:
    for _ in range(2):
        with writing(engine) as connection:
            for count in (count_sent, count_hits, count_goals):
                count(connection, UTC, LATER, 100)
    with reading(engine) as connection:
        return {(row.part, row.variant, row.what): row.n for row in counts_by_day(connection) if row.n}


def test_each_lead_counts_once_and_machines_tests_and_colleagues_do_not(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane, mail = sent(connection, "jane", 1)
        joe, other = sent(connection, "joe", 0)
        sent(connection, "tess", 0, test=True)
        sent(connection, "colleague", 0, internal=True)
        for kind in ("click", "click", "reply"):
            did(connection, jane, mail, kind)
        did(connection, joe, other, "click", "machine")
        did(connection, joe, other, "open")
    assert tallies(engine_for) == {
        ("subject", 0, "sent"): 1,
        ("subject", 1, "sent"): 1,
        ("subject", 1, "clicked"): 1,
        ("subject", 1, "replied"): 1,
        ("subject", 0, "opened"): 1,
    }


def test_a_goal_counts_once_and_only_after_the_mail(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane, _ = sent(connection, "jane", 1)
        joe, _ = sent(connection, "joe", 0)
        tell(connection, joe, Line(NOW - timedelta(days=1), "goal", "drip", 1))
        for run in (1, 2):
            tell(connection, jane, Line(NOW + timedelta(hours=run), "goal", "drip", run))
    found = tallies(engine_for)
    assert found["subject", 1, "goal"] == 1
    assert ("subject", 0, "goal") not in found


def test_what_was_counted_of_other_words_is_kept_apart(engine_for: Engine) -> None:
    place = ("drip", "first", "subject")
    with writing(engine_for) as connection:
        begin_experiments(connection, {place: ("A", "B")}, 1)
        jane, mail = sent(connection, "jane", 1)
    tallies(engine_for)
    with writing(engine_for) as connection:
        begin_experiments(connection, {place: ("A", "B")}, 2)
    assert ("subject", 1, "sent") in tallies(engine_for)
    with writing(engine_for) as connection:
        begin_experiments(connection, {place: ("A", "C")}, 3)
        did(connection, jane, mail, "click")
    assert tallies(engine_for) == {("subject@3", 1, "sent"): 1}


def test_a_winner_holds_until_it_is_ended_and_is_remembered(engine_for: Engine) -> None:
    values = {"campaign": "drip", "step": "first", "part": "subject", "variant": 1, "text": "B", "chosen_at": NOW}
    with writing(engine_for) as connection:
        add_winner(connection, {**values, "chosen_by": "ann", "why": "", "told": ""})
        sent(connection, "jane", 1)
        assert [row.text for row in winners_now(connection)] == ["B"]
    assert tallies(engine_for) == {}
    with writing(engine_for) as connection:
        assert end_winner(connection, "drip", ("old", "first"), "subject", LATER, "bea")
        assert not end_winner(connection, "drip", ("first",), "subject", LATER, "bea")
        assert winners_now(connection) == []
        assert [(row.text, row.ended_by) for row in winners_ever(connection)] == [("B", "bea")]
