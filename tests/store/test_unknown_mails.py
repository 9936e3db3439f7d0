"""Mails that processes left behind, and those of unknown fate, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.domain.delivery import DeliveryState as S
from engine.domain.journey.facts import EventKind
from engine.store.database import reading, writing
from engine.store.deliveries import admit
from engine.store.events import MailOf, NewEvent, add_events, evidence_for
from engine.store.unknown_mails import rescue, settle_unknown, stop_waiting, unknown_ids, unknown_since
from engine.store.waiting_mails import Unwanted, hurry, withdraw
from tests.store.journals import LEASE, NODE, NOW, add_enrollment, add_lead, add_mail, claim, one_mail, row_of

SECOND = timedelta(seconds=1)


def test_dead_sender_s_mails_are_due_again_or_unknown(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        begun = add_mail(connection, who, run, occurrence=1)
        gone = add_mail(connection, who, run, occurrence=2)
    claim(engine_for)
    with writing(engine_for) as connection:
        admit(connection, [(gone, 1)], NOW + LEASE)
    with writing(engine_for) as connection:
        assert rescue(connection, NOW, ["other"]) == (0, 0), "others' claims stand"
        assert rescue(connection, NOW, [NODE]) == (1, 1)
    assert (row_of(engine_for, begun).state, row_of(engine_for, begun).due_at) == ("due", NOW)
    assert (row_of(engine_for, gone).state, row_of(engine_for, gone).unknowns) == ("unknown", 1)


def test_everything_taken_back_is_due_now_not_later(engine_for: Engine) -> None:
    number = one_mail(engine_for)
    claim(engine_for)
    with writing(engine_for) as connection:
        assert rescue(connection, NOW, everything=True) == (1, 0)
    assert row_of(engine_for, number).due_at == NOW


def test_unknown_mail_is_settled_once(engine_for: Engine) -> None:
    number = one_mail(engine_for, state="unknown", begun_at=NOW, due_at=None)
    with writing(engine_for) as connection:
        (lead,) = settle_unknown(connection, [number], S.SENT, "arrived: click", NOW + SECOND)
        assert settle_unknown(connection, [number], S.DUE, "again", NOW + SECOND) == set()
    row = row_of(engine_for, number)
    assert (row.state, row.reason, row.finished_at, row.lead_id) == ("sent", "arrived: click", NOW + SECOND, lead)


def test_unknown_mail_that_is_sent_once_more_is_due_now(engine_for: Engine) -> None:
    number = one_mail(engine_for, state="unknown", begun_at=NOW, due_at=None)
    with writing(engine_for) as connection:
        settle_unknown(connection, [number], S.DUE, "once more", NOW)
    (claimed,) = claim(engine_for)
    assert claimed.id == number
    assert row_of(engine_for, number).finished_at is None


def test_lead_stops_waiting_for_a_mail_that_stays_unknown(engine_for: Engine) -> None:
    number = one_mail(engine_for, state="unknown", begun_at=NOW, due_at=None)
    with writing(engine_for) as connection:
        assert [row.id for row in unknown_since(connection, NOW + SECOND)] == [number]
        assert unknown_since(connection, NOW) == []
        assert len(stop_waiting(connection, [number], "nobody knows", NOW)) == 1
        assert unknown_since(connection, NOW + SECOND) == []
        assert unknown_ids(connection) == [number], "late evidence still counts"
    assert row_of(engine_for, number).state == "unknown"


def test_bounce_of_an_earlier_attempt_proves_nothing(engine_for: Engine) -> None:
    number = one_mail(engine_for, state="unknown", begun_at=NOW, due_at=None)

    def happens(kind: str, at_second: int) -> None:
        with writing(engine_for) as connection:
            at = NOW + at_second * SECOND
            event = NewEvent(f"{kind}{at_second}", 1, EventKind(kind), at, at, mail=MailOf(number))
            add_events(connection, [event])

    def proof() -> list[str]:
        with reading(engine_for) as connection:
            return [row.kind for row in evidence_for(connection, [number]).values()]

    happens("bounce", -60)
    assert proof() == []
    happens("bounce", 60)
    assert proof() == ["bounce"]
    happens("open", 30)
    assert proof() == ["open"], "the first proof counts"


def test_withdrawn_mail_is_dropped_only_while_it_waits(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        waits = add_mail(connection, who, run, step="a")
        goes = add_mail(connection, who, run, step="b", state="sending")
        withdraw(connection, [Unwanted(run, step, 1, "the lead moved on") for step in "ab"], NOW)
    row = row_of(engine_for, waits)
    assert (row.state, row.reason, row.finished_at, row.due_at) == ("dropped", "the lead moved on", NOW, None)
    assert row_of(engine_for, goes).state == "sending"


def test_held_mails_are_hurried_and_retries_are_not(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        who = add_lead(connection)
        run = add_enrollment(connection, who)
        later = NOW + timedelta(hours=1)
        held = add_mail(connection, who, run, step="a", due_at=later, reason="a value is missing")
        retry = add_mail(connection, who, run, step="b", due_at=later, state="deferred", reason="451 later")
        assert hurry(connection, NOW) == 1
    assert row_of(engine_for, held).due_at == NOW
    assert row_of(engine_for, retry).due_at == later
