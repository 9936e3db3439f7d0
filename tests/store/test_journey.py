"""The journey's queries on both databases: who is due, what was decided, when to look again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Engine

from engine.domain.delivery import MailKind
from engine.domain.journey.decision import Act, Decision, Line, Send, Withdrawn
from engine.domain.journey.facts import Enrollment, EnrollmentStatus, LeadFacts
from engine.store.database import reading, writing
from engine.store.deliveries import deliveries_of
from engine.store.facts import load_facts
from engine.store.journey import Decided, due_leads, next_due_instant, save_decisions, stage_counts, story_of, wake
from tests.store.journals import NOW, add_enrollment, add_lead, add_mail, row_of

HOUR = timedelta(hours=1)


def facts_of(engine: Engine, *ids: int) -> list[LeadFacts]:
    with reading(engine) as connection:
        return sorted(load_facts(connection, ids), key=lambda found: found.lead.id)


def decide(engine: Engine, decision: Decision, who: int = 1) -> None:
    (facts,) = facts_of(engine, who)
    with writing(engine) as connection:
        save_decisions(connection, [Decided(facts, decision)], None, NOW)


ENTERED = Enrollment(None, "drip", 1, NOW, "aware", NOW, NOW, step="first", passed=("zero",), trigger={"n": 1})
SEND = Send("drip", 1, "aware", "first", 1, "first", MailKind.MARKETING, "data", "", {"subject": 1}, NOW + HOUR)


def test_leads_that_wait_longest_are_looked_at_first(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for name, hours in (("a", 1), ("b", -1), ("c", -2), ("d", 0)):
            add_lead(connection, name, next_due_at=NOW + hours * HOUR)
        add_lead(connection, "never")
        assert due_leads(connection, NOW, 10) == [3, 2, 4]
        assert due_leads(connection, NOW, 1) == [3]
        assert next_due_instant(connection) == NOW - 2 * HOUR


def test_two_deciders_never_hold_the_same_lead(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for number in range(20):
            add_lead(connection, f"l{number}", next_due_at=NOW)
    ready = threading.Barrier(2)

    def look(_: int) -> list[int]:
        ready.wait(10)
        mine: list[int] = []
        while True:
            with writing(engine_for) as connection:
                found = due_leads(connection, NOW, 3)
                facts = load_facts(connection, found)
                save_decisions(connection, [Decided(one, Decision()) for one in facts], None, NOW)
            if not found:
                return mine
            mine += found

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(look, range(2))
    assert sorted([*one, *other]) == list(range(1, 21))


def test_wake_only_ever_brings_the_look_forward(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        sooner = add_lead(connection, "a", next_due_at=NOW - HOUR)
        later = add_lead(connection, "b", next_due_at=NOW + HOUR)
        never = add_lead(connection, "c")
        wake(connection, [sooner, later, never], NOW)
        wake(connection, [], NOW)
        assert due_leads(connection, NOW - HOUR, 9) == [sooner]
        assert due_leads(connection, NOW, 9) == [sooner, later, never]


def test_decision_is_written_as_a_whole_and_read_back_alike(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_lead(connection, next_due_at=NOW)
    line = Line(NOW, "entered", "drip", 1, {"stage": "aware"})
    act = Act("drip", 1, "call", 1, "task", {"text": "Call"}, NOW + HOUR)
    decide(
        engine_for,
        Decision((ENTERED,), (SEND,), (act,), {"company": "Bluefjord", "lifecycle": "mql"}, True, (line,), NOW + HOUR),
    )
    (facts,) = facts_of(engine_for, 1)
    (entered,) = facts.enrollments
    assert replace(entered, id=None) == ENTERED
    (mail,) = facts.deliveries
    assert (mail.enrollment, mail.step, mail.state.value, mail.created_at) == (entered.id, "first", "due", NOW)
    assert [(found.step, found.deadline) for found in facts.actions] == [("call", NOW + HOUR)]
    assert (facts.lead.fields["company"], facts.lead.lifecycle, facts.lead.handed_off_at) == ("Bluefjord", "mql", NOW)
    with reading(engine_for) as connection:
        assert story_of(connection, 1) == [line]
        assert next_due_instant(connection) == NOW + HOUR
    assert row_of(engine_for, 1).variants == {"subject": 1}
    assert row_of(engine_for, 1).expires_at == NOW + HOUR


def test_mail_decided_twice_exists_once(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_lead(connection)
    decide(engine_for, Decision((ENTERED,), (SEND,)))
    (facts,) = facts_of(engine_for, 1)
    decide(engine_for, Decision((facts.enrollments[0],), (SEND,)))
    decide(engine_for, Decision((), (replace(SEND, occurrence=2),)))
    with reading(engine_for) as connection:
        assert [row.occurrence for row in deliveries_of(connection, 1)] == [1, 2]


def test_changed_enrollment_is_updated_in_place(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        add_enrollment(connection, add_lead(connection))
    (facts,) = facts_of(engine_for, 1)
    ended = replace(facts.enrollments[0], status=EnrollmentStatus.ENDED, ended_at=NOW, ended_why="exit")
    decide(engine_for, Decision((ended,)))
    (after,) = facts_of(engine_for, 1)
    assert after.enrollments == (ended,)


def test_withdrawn_mail_is_dropped(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        number = add_mail(connection, who, run)
    decide(engine_for, Decision(withdrawn=(Withdrawn(run, "first", 1, "the lead moved on"),)))
    assert (row_of(engine_for, number).state, row_of(engine_for, number).reason) == ("dropped", "the lead moved on")


def test_facts_of_many_leads_are_not_mixed_up(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for name in "abc":
            who = add_lead(connection, name)
            add_mail(connection, who, add_enrollment(connection, who, campaign=name), campaign=name)
            add_mail(connection, who, None, campaign=name, test=True)
    for found in facts_of(engine_for, 1, 2, 3, 99):
        name = found.lead.email[0]
        assert [one.campaign for one in found.enrollments] == [one.campaign for one in found.deliveries] == [name]


def test_enrollments_are_counted_by_where_they_stand_or_by_why_they_ended(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        for number, (status, stage, why) in enumerate(
            [
                ("active", "aware", ""),
                ("active", "aware", ""),
                ("paused", "aware", ""),
                ("ended", "aware", "goal"),
                ("ended", "proof", "goal"),
                ("ended", "proof", "unsubscribed"),
            ]
        ):
            who = add_lead(connection, f"lead{number}")
            add_enrollment(connection, who, status=status, stage=stage, ended_why=why, waiting="a wait")
    with reading(engine_for) as connection:
        assert stage_counts(connection) == [
            ("drip", "", "ended", "goal", 2),
            ("drip", "", "ended", "unsubscribed", 1),
            ("drip", "aware", "active", "", 2),
            ("drip", "aware", "paused", "", 1),
        ]
