"""Keys of the API: made, listed, ended by a person; asked for by each request."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.api_keys import ENTROPY_BYTES, START, Caller, Scope, key_digest, written_key
from engine.domain.identity import control_character
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.store.api_keys import add_api_key, api_keys, end_key, living_key, living_key_named, note_use
from engine.store.database import reading, writing

NOTED_EVERY = timedelta(minutes=10)
"""When a key was used last is kept that roughly, so that reading costs no write."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as people see it: never itself. `state` is usable, revoked or expired."""

    name: str
    start: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    state: str


def new_api_key(home: Home, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None) -> str:
    """Make a key; it is told here and never again.

    Raises:
        RipelineError: the name cannot be one, another key has it, there is no scope, or the end lies in the past.
    """
    now = home.clock.now()
    _check(name, scopes, expires_at, now)
    key = written_key(secrets.token_bytes(ENTROPY_BYTES))
    with writing(home.store) as connection:
        if living_key_named(connection, name, now) is not None:
            raise RipelineError(f"there is a key '{name}' already; revoke it first, or choose another name")
        add_api_key(
            connection,
            name=name,
            start=key[:START],
            digest=key_digest(key),
            scopes=[scope.value for scope in dict.fromkeys(scopes)],
            created_at=now,
            expires_at=expires_at,
        )
    return key


def _check(name: str, scopes: Sequence[Scope], expires_at: datetime | None, now: datetime) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or control_character(name):
        raise RipelineError(f"a key's name is one line of 1 to {LONGEST_NAME} characters, such as 'shop'")
    if not scopes:
        raise RipelineError(f"say what the key may do, with --scope: {', '.join(Scope)}")
    if expires_at is not None and expires_at <= now:
        raise RipelineError("the key would have expired already; give a time to come")


def listed_api_keys(home: Home) -> list[ApiKey]:
    """All keys that there ever were, oldest first."""
    now = home.clock.now()
    with reading(home.store) as connection:
        rows = api_keys(connection)
    return [
        ApiKey(row.name, row.start, tuple(row.scopes), row.created_at, row.expires_at, row.used_at, _state(row, now))
        for row in rows
    ]


def _state(row: object, now: datetime) -> str:
    if getattr(row, "revoked_at", None) is not None:
        return "revoked"
    expires_at = getattr(row, "expires_at", None)
    return "expired" if expires_at is not None and expires_at <= now else "usable"


def revoke_api_key(home: Home, name: str) -> None:
    """End a key at once.

    Raises:
        RipelineError: there is no such key.
    """
    _end(home, name, revoked=True)


def expire_api_key(home: Home, name: str, at: datetime) -> None:
    """Let a key end at that instant.

    Raises:
        RipelineError: there is no such key, or the instant lies in the past.
    """
    if at <= home.clock.now():
        raise RipelineError("a key expires at a time to come; to end it now, revoke it")
    _end(home, name, revoked=False, at=at)


def _end(home: Home, name: str, *, revoked: bool, at: datetime | None = None) -> None:
    now = home.clock.now()
    with writing(home.store) as connection:
        if end_key(connection, name, now, revoked=revoked, expires_at=at):
            return
        rows = api_keys(connection)
    usable = [row.name for row in rows if _state(row, now) == "usable"]
    hint = did_you_mean(name, usable) or "`ripeline keys api list` shows them."
    raise RipelineError(f"there is no usable key '{name}'. {hint}")


class ApiKeys:
    """Tells who asks by the key that comes with a request."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def caller(self, key: str) -> Caller | None:
        """Whose key this is; None if nobody's, or no longer.

        Raises:
            StoreError: the store is away.
        """
        now = self._home.clock.now()
        with reading(self._home.store) as connection:
            row = living_key(connection, key_digest(key), now)
        if row is None:
            return None
        if row.used_at is None or now - row.used_at >= NOTED_EVERY:
            with writing(self._home.store) as connection:
                note_use(connection, row.id, now)
        return Caller(row.id, row.name, frozenset(row.scopes))
