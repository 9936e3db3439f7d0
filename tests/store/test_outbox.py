"""Letters to other programs, on both databases: posted once, claimed by one, in order for each lead."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from engine.store.database import reading, writing
from engine.store.outbox import (
    Letter,
    Waiting,
    claim_letter,
    count_open,
    end_letter,
    forget_letters,
    give_up_letter,
    letter_row,
    open_letters,
    post,
    put_off_letter,
    retry_letters,
    stop_target,
)
from tests.store.journals import NOW, add_lead

LEASE = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)


def put(engine: Engine, name: str, target: str = "crm", lead: int | None = None) -> bool:
    with writing(engine) as connection:
        return post(connection, Letter(name, "webhook", target, "lead.told", {"name": name}, lead), NOW)


def claimed(engine: Engine, now=NOW, resting=()) -> str | None:
    with writing(engine) as connection:
        row = claim_letter(connection, now, now + LEASE, resting)
    return row.message_id if row else None


def test_letter_is_posted_once_by_its_name(engine_for: Engine) -> None:
    assert put(engine_for, "a")
    assert not put(engine_for, "a")
    with reading(engine_for) as connection:
        [row] = open_letters(connection, 10)
    assert (row.message_id, row.payload, row.due_at, row.attempts) == ("a", {"name": "a"}, NOW, 0)


def test_fact_that_is_rolled_back_takes_its_letter_along(engine_for: Engine) -> None:
    try:
        with writing(engine_for) as connection:
            post(connection, Letter("a", "webhook", "crm", "lead.told"), NOW)
            raise KeyError
    except KeyError:
        pass
    assert claimed(engine_for) is None


def test_claimed_letter_is_due_again_only_when_its_lease_ends(engine_for: Engine) -> None:
    put(engine_for, "a")
    assert claimed(engine_for) == "a"
    assert claimed(engine_for) is None
    assert claimed(engine_for, NOW + LEASE) == "a"


def test_two_that_claim_at_once_get_different_letters(engine_for: Engine) -> None:
    put(engine_for, "a")
    put(engine_for, "b")
    if engine_for.dialect.name == "sqlite":  # one writer at a time: nobody can be between the two
        assert [claimed(engine_for), claimed(engine_for)] == ["a", "b"]
        return
    with writing(engine_for) as one, writing(engine_for) as other:
        first, second = (claim_letter(each, NOW, NOW + LEASE) for each in (one, other))
    assert first is not None and second is not None
    assert {first.message_id, second.message_id} == {"a", "b"}


def test_who_lost_its_claim_changes_nothing(engine_for: Engine) -> None:
    put(engine_for, "a")
    with writing(engine_for) as connection:
        old = claim_letter(connection, NOW, NOW + LEASE)
        new = claim_letter(connection, NOW + LEASE, NOW + 2 * LEASE)
        assert old is not None and new is not None
        assert not give_up_letter(connection, old.id, old.attempts, "too late", NOW)
        assert end_letter(connection, new.id, new.attempts, NOW)
        assert not put_off_letter(connection, new.id, new.attempts, "done already", NOW)
        assert letter_row(connection, new.id).done_at == NOW


def test_letter_waits_for_earlier_ones_of_its_lead_and_target_alone(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane, john = add_lead(connection), add_lead(connection, "john")
    for name, target, lead in (("j1", "crm", jane), ("j2", "crm", jane), ("j3", "bi", jane), ("k1", "crm", john)):
        put(engine_for, name, target, lead)
    assert [claimed(engine_for) for _ in range(4)] == ["j1", "j3", "k1", None]
    with writing(engine_for) as connection:
        assert put_off_letter(connection, 1, 1, "503", NOW + timedelta(hours=1))
    assert claimed(engine_for, NOW + MINUTE) is None
    with writing(engine_for) as connection:
        assert end_letter(connection, 1, 1, NOW)
    assert claimed(engine_for, NOW + MINUTE) == "j2"


def test_given_up_letter_holds_up_nobody(engine_for: Engine) -> None:
    with writing(engine_for) as connection:
        jane = add_lead(connection)
    put(engine_for, "j1", lead=jane)
    put(engine_for, "j2", lead=jane)
    assert claimed(engine_for) == "j1"
    with writing(engine_for) as connection:
        give_up_letter(connection, 1, 1, "four days", NOW)
    assert claimed(engine_for) == "j2"


def test_resting_and_stopped_targets_are_left_out(engine_for: Engine) -> None:
    put(engine_for, "a", "slow")
    put(engine_for, "b", "gone")
    put(engine_for, "c", "well")
    with writing(engine_for) as connection:
        stop_target(connection, "webhook", "gone", "410")
    assert claimed(engine_for, resting=[("webhook", "slow")]) == "c"
    assert claimed(engine_for) == "a"
    assert claimed(engine_for) is None
    with writing(engine_for) as connection:
        stop_target(connection, "webhook", "gone", None)
    assert claimed(engine_for) == "b"


def test_what_waits_is_counted_and_tried_again_on_request(engine_for: Engine) -> None:
    for name in ("new", "failed", "lost", "done"):
        put(engine_for, name)
    with writing(engine_for) as connection:
        assert count_open(connection) == Waiting(4, 0, 0, NOW)
        put_off_letter(connection, 2, 0, "503", NOW + timedelta(hours=5))
        give_up_letter(connection, 3, 0, "four days", NOW)
        end_letter(connection, 4, 0, NOW)
        assert count_open(connection) == Waiting(2, 1, 1, NOW)
        assert [row.message_id for row in open_letters(connection, 9)] == ["new", "failed", "lost"]
        assert retry_letters(connection, NOW + MINUTE, 3) == 1
        assert retry_letters(connection, NOW + MINUTE) == 2
        assert count_open(connection).given_up == 0
        assert letter_row(connection, 2).due_at == NOW + MINUTE


def test_old_letters_are_forgotten_when_they_arrived(engine_for: Engine) -> None:
    put(engine_for, "a")
    put(engine_for, "b")
    with writing(engine_for) as connection:
        end_letter(connection, 1, 0, NOW)
        assert forget_letters(connection, NOW, 10) == 0
        assert forget_letters(connection, NOW + MINUTE, 10) == 1
        assert letter_row(connection, 2) is not None
