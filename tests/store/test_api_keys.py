"""Keys of the API and the answers kept for them, alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from engine.store.api_keys import add_api_key, api_keys, end_key, living_key, living_key_named, note_use
from engine.store.database import reading, writing
from engine.store.repeatable import (
    UNDER_WAY,
    answer_request,
    claim_request,
    drop_request,
    forget_requests,
    request_known,
    take_over_request,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(engine_for: Engine) -> Engine:
    """A store with one key, of the number 1."""
    with writing(engine_for) as connection:
        given = {"start": "ripe_x", "digest": "d1", "scopes": ["leads:read"], "created_at": NOW}
        assert add_api_key(connection, name="shop", expires_at=LATER, **given) == 1
    return engine_for


def test_key_is_found_by_its_digest_while_it_lives(store: Engine) -> None:
    with reading(store) as connection:
        found = living_key(connection, "d1", NOW)
        assert (found.name, found.scopes, found.expires_at) == ("shop", ["leads:read"], LATER)
        assert living_key(connection, "d1", LATER) is None
        assert living_key(connection, "D1", NOW) is living_key_named(connection, "other", NOW) is None


def test_revoked_key_stays_listed_and_its_name_is_free(store: Engine) -> None:
    with writing(store) as connection:
        assert end_key(connection, "shop", NOW, revoked=True, expires_at=None) == 1
        assert end_key(connection, "shop", NOW, revoked=True, expires_at=None) == 0
        assert living_key(connection, "d1", NOW) is None
        given = {"start": "", "digest": "d2", "scopes": [], "created_at": NOW, "expires_at": None}
        add_api_key(connection, name="shop", **given)
        note_use(connection, 2, NOW)
        assert [(row.revoked_at, row.used_at) for row in api_keys(connection)] == [(NOW, None), (None, NOW)]


def test_request_is_claimed_once_and_its_answer_kept(store: Engine) -> None:
    with writing(store) as connection:
        assert [claim_request(connection, 1, "a", "r", NOW) for _ in range(2)] == [True, False]
        assert request_known(connection, 1, "a").status == UNDER_WAY
        answer_request(connection, 1, "a", 201, b"\x00made")
        answer_request(connection, 1, "a", 500, b"late")
        drop_request(connection, 1, "a")
        known = request_known(connection, 1, "a")
        assert (known.request, known.status, bytes(known.content), known.at) == ("r", 201, b"\x00made", NOW)


def test_request_without_an_answer_is_taken_over_by_one(store: Engine) -> None:
    with writing(store) as connection:
        claim_request(connection, 1, "a", "r", NOW)
        assert [take_over_request(connection, 1, "a", NOW, LATER) for _ in range(2)] == [True, False]
        answer_request(connection, 1, "a", 200, b"")
        assert not take_over_request(connection, 1, "a", LATER, LATER)


def test_old_answers_are_forgotten_in_bites(store: Engine) -> None:
    with writing(store) as connection:
        for number in range(5):
            claim_request(connection, 1, f"k{number}", "r", NOW + timedelta(hours=number))
        assert forget_requests(connection, NOW + timedelta(hours=3), 2) == 2
        assert forget_requests(connection, NOW + timedelta(hours=3), 2) == 1
        assert request_known(connection, 1, "k3") is not None
