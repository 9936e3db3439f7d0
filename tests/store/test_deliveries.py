"""The delivery journal on both databases: claim, gate, outcome, and what happens when they race."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from engine.domain.delivery import DeliveryState as S
from engine.store.database import reading, writing
from engine.store.deliveries import (
    Kept,
    admit,
    anything_due,
    attempts_of,
    claim_due,
    copy_of,
    delivery_row,
    keep_claims,
    record_ended,
    release,
)
from engine.store.journey import lead
from engine.store.permission import suppress_hashes
from engine.store.threads import threads
from engine.store.unknown_mails import rescue
from tests.store.journals import LEASE, NODE, NOW, add_enrollment, add_lead, add_mail, claim, ended, one_mail, row_of


def gate(engine: Engine, *tickets: tuple[int, int]) -> set[int]:
    with writing(engine) as connection:
        return admit(connection, tickets, NOW + LEASE)


def suppress(engine: Engine, scope: str, address: str = "hash-jane") -> None:
    with writing(engine) as connection:
        suppress_hashes(connection, [address], scope, "test", "test", NOW)


def test_claim_puts_the_attempt_on_record(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    assert (claimed.id, claimed.fence, claimed.attempts, claimed.first_attempt_at) == (number, 1, 1, NOW)
    row = row_of(engine_for, number)
    assert (row.state, row.claimed_by, row.claimed_until, row.begun_at) == ("sending", NODE, NOW + LEASE, NOW)
    assert claim(engine_for) == []


def test_mail_is_not_claimed_before_it_is_due(engine_for: Engine) -> None:
    one_mail(engine_for, due_at=NOW + timedelta(minutes=1))
    assert claim(engine_for) == []
    with reading(engine_for) as connection:
        assert not anything_due(connection, NOW)
        assert anything_due(connection, NOW + timedelta(minutes=1))


def test_of_two_claimers_one_gets_each_mail(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        numbers = {add_mail(connection, who, run, occurrence=n) for n in range(40)}
    ready = threading.Barrier(2)

    def go(node: str) -> list[int]:
        ready.wait(10)
        mine = []
        while found := claim(engine_for, limit=3, node=node):
            mine += [one.id for one in found]
        return mine

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(go, ("a", "b"))
    assert set(one) | set(other) == numbers
    assert len(one) + len(other) == 40


def test_claim_keeps_its_limit_and_gives_new_mail_room_beside_retries(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        for n in range(10):
            add_mail(connection, who, run, occurrence=n, state="deferred", due_at=NOW - timedelta(hours=1))
        for n in range(10, 20):
            add_mail(connection, who, run, occurrence=n)
    with writing(engine_for) as connection:
        states = {n: row.state for n in range(1, 21) if (row := delivery_row(connection, n))}
        found = claim_due(connection, NODE, NOW, NOW + LEASE, 8)
    assert len(found) == 8
    assert sum(states[one.id] == "deferred" for one in found) == 4


@pytest.mark.parametrize("kept", [Kept(paused=["drip"]), Kept(stopped=["drip/first"])])
def test_paused_campaigns_and_stopped_steps_are_not_claimed(engine_for: Engine, kept: Kept) -> None:
    one_mail(engine_for)
    with writing(engine_for) as connection:
        assert claim_due(connection, NODE, NOW, NOW + LEASE, 10, kept) == []
        assert len(claim_due(connection, NODE, NOW, NOW + LEASE, 10, Kept(["other"], ["drip/second"]))) == 1


def test_gate_admits_a_claim_once(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    claim(engine_for)
    assert gate(engine_for, (number, 1)) == {number}
    assert row_of(engine_for, number).state == "transmitting"
    assert gate(engine_for, (number, 1)) == set()


@pytest.mark.parametrize("fence", [0, 2])
def test_gate_refuses_a_claim_that_was_lost(engine_for: Engine, fence: int) -> None:
    number = one_mail(engine_for)
    claim(engine_for)
    assert gate(engine_for, (number, fence)) == set()


@pytest.mark.acceptance(row=8)
def test_gate_refuses_a_sender_that_slept_past_its_lease(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (slept,) = claim(engine_for)
    later = NOW + LEASE + timedelta(seconds=1)
    with writing(engine_for) as connection:
        assert rescue(connection, later) == (1, 0)
    (taken,) = claim(engine_for, later, node="other")
    assert gate(engine_for, (number, slept.fence)) == set()
    assert gate(engine_for, (number, taken.fence)) == {number}


SCOPES = [
    ("marketing", "all", False),
    ("marketing", "marketing", False),
    ("marketing", "topic:data", False),
    ("marketing", "topic:other", True),
    ("operational", "all", False),
    ("operational", "marketing", True),
    ("operational", "topic:data", True),
]


@pytest.mark.acceptance(row=35)
@pytest.mark.parametrize(("kind", "scope", "goes"), SCOPES)
def test_suppression_between_claim_and_gate(engine_for: Engine, kind: str, scope: str, goes: bool) -> None:
    number = one_mail(engine_for, kind=kind)
    claim(engine_for)
    suppress(engine_for, scope)
    assert (number in gate(engine_for, (number, 1))) is goes


def test_gate_knows_the_address_that_the_lead_has_when_claimed(engine_for: Engine) -> None:
    number = one_mail(engine_for, address_hash="hash-old")
    with writing(engine_for) as connection:
        connection.execute(update(lead).values(address_hash="hash-new"))
    suppress(engine_for, "all", "hash-new")
    (claimed,) = claim(engine_for)
    assert claimed.address_hash == "hash-new"
    assert gate(engine_for, (number, 1)) == set()


def test_suppression_of_another_address_stops_nobody(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    claim(engine_for)
    suppress(engine_for, "all", "hash-bob")
    assert gate(engine_for, (number, 1)) == {number}


ALLOWED = [
    (S.TRANSMITTING, S.SENT, (S.TRANSMITTING,), True),
    (S.SENDING, S.SENT, (S.TRANSMITTING,), False),
    (S.SENDING, S.DEFERRED, (S.SENDING, S.TRANSMITTING), True),
    (S.SENDING, S.DROPPED, (S.SENDING,), True),
    (S.TRANSMITTING, S.DROPPED, (S.SENDING,), False),
    (S.TRANSMITTING, S.UNKNOWN, (S.TRANSMITTING,), True),
    (S.SENT, S.DEFERRED, (S.SENDING, S.TRANSMITTING), False),
    (S.UNKNOWN, S.SENT, (S.TRANSMITTING,), False),
    (S.DUE, S.SENT, (S.TRANSMITTING,), False),
]


@pytest.mark.parametrize(("before", "after", "frm", "counts"), ALLOWED)
def test_outcome_counts_only_from_the_states_it_may_end(
    engine_for: Engine, before: S, after: S, frm: tuple[S, ...], counts: bool
) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    with writing(engine_for) as connection:
        from engine.store.deliveries import delivery

        connection.execute(update(delivery).values(state=before.value))
        recorded = record_ended(connection, [ended(claimed, after, frm=frm, due_at=NOW)])
    assert row_of(engine_for, number).state == (after if counts else before).value
    assert recorded.counted == ({number} if counts else set())
    assert bool(recorded.woken) is (counts and not after.in_flight)


def test_late_outcome_beside_that_of_the_claim_that_stands_changes_nothing(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (late,) = claim(engine_for)
    with writing(engine_for) as connection:
        assert rescue(connection, NOW, [NODE]) == (1, 0)
    (standing,) = claim(engine_for)
    outcomes = [ended(standing, S.DROPPED, frm=(S.SENDING,)), ended(late, S.DEFERRED, frm=(S.SENDING,), due_at=NOW)]
    with writing(engine_for) as connection:
        record_ended(connection, outcomes)
    assert row_of(engine_for, number).state == "dropped"


def test_late_outcome_after_rescue_changes_nothing(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    gate(engine_for, (number, claimed.fence))
    with writing(engine_for) as connection:
        assert rescue(connection, NOW, [NODE]) == (0, 1)
        recorded = record_ended(connection, [ended(claimed, S.SENT, frm=(S.TRANSMITTING,))])
    assert recorded.counted == recorded.woken == frozenset()
    row = row_of(engine_for, number)
    assert (row.state, row.unknowns) == ("unknown", 1)


def test_sent_mail_keeps_its_reply_its_attempt_and_its_copy(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    gate(engine_for, (number, 1))
    sent = ended(
        claimed, S.SENT, frm=(S.TRANSMITTING,), relay="main", phase="dot", outcome="accepted", reply="250 ok",
        subject="Hello", form="f1", copy=("f1", b"packed"),
    )  # fmt: skip
    with writing(engine_for) as connection:
        record_ended(connection, [sent])
    row = row_of(engine_for, number)
    assert (row.state, row.reply, row.subject, row.form, row.finished_at) == ("sent", "250 ok", "Hello", "f1", NOW)
    assert (row.claimed_by, row.claimed_until, row.due_at) == ("", None, None)
    with reading(engine_for) as connection:
        assert [(a.number, a.relay, a.outcome, a.reply) for a in attempts_of(connection, number)] == [
            (1, "main", "accepted", "250 ok")
        ]
        assert copy_of(connection, number).content == b"packed"


def test_attempt_that_does_not_count_leaves_the_mail_as_young_as_it_was(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    with writing(engine_for) as connection:
        record_ended(connection, [ended(claimed, S.DEFERRED, due_at=NOW + timedelta(hours=1), uncounted=True)])
    row = row_of(engine_for, number)
    assert (row.state, row.attempts, row.first_attempt_at) == ("deferred", 0, None)
    (again,) = claim(engine_for, NOW + timedelta(days=6))
    assert (again.fence, again.attempts, again.first_attempt_at) == (2, 1, NOW + timedelta(days=6))


def test_released_claim_is_due_again_without_an_attempt(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    with writing(engine_for) as connection:
        release(connection, [(number, claimed.fence)], NOW + timedelta(hours=1), "a value is missing")
    row = row_of(engine_for, number)
    assert (row.state, row.attempts, row.first_attempt_at) == ("due", 0, None)
    assert (row.due_at, row.reason, row.claimed_by) == (NOW + timedelta(hours=1), "a value is missing", "")


def test_mail_at_the_gate_cannot_be_released(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    (claimed,) = claim(engine_for)
    gate(engine_for, (number, claimed.fence))
    with writing(engine_for) as connection:
        release(connection, [(number, claimed.fence)], NOW)
    assert row_of(engine_for, number).state == "transmitting"


def test_heartbeat_keeps_the_claims_of_its_node_only(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    claim(engine_for)
    later = NOW + timedelta(minutes=4)
    with writing(engine_for) as connection:
        assert keep_claims(connection, "somebody else", later + LEASE) == 0
        assert keep_claims(connection, NODE, later + LEASE) == 1
    assert row_of(engine_for, number).claimed_until == later + LEASE
    with writing(engine_for) as connection:
        assert rescue(connection, NOW + timedelta(minutes=6)) == (0, 0)


def test_reply_belongs_to_a_mail_that_went_out(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        sent = add_mail(connection, who, run, step="first", state="sent", subject="Hello")
        add_mail(connection, who, run, step="second", state="failed", subject="Never came")
        assert threads(connection, [(run, "first"), (run, "second")]) == {(run, "first"): (sent, "Hello")}
