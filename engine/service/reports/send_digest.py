"""Sending the weekly digest: once for a week and recipient, however often it is tried and whoever dies meanwhile."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from engine.domain.timing.weekly import parse_weekly
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.relays import relay_settings
from engine.service.reports.digest import digest_message, digest_of
from engine.smtp.notice import send_notice
from engine.store.bundles import home_value, swap_home_value
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.digest")

SENT = "sent"
PATIENCE = timedelta(minutes=30)
"""A claim older than this is of a process that died, or that no relay took the mail of: it is tried again."""


def digest_is_due(home: Home) -> bool:
    """Whether the digest of this week is to go to anybody now."""
    return any(_claimable(home, to) for to in home.config.reports.digest_to)


def send_due_digests(home: Home) -> int:
    """Send this week's digest to each who has not got it; to how many it went."""
    return sum(_send_once(home, to) for to in home.config.reports.digest_to)


def _name(home: Home, to: str) -> str | None:
    """The value that stands for the newest week's digest to somebody; None while none is due, or long past."""
    at = parse_weekly(home.config.reports.digest_at)
    if isinstance(at, str):
        return None
    now = home.clock.now()
    due = at.last(now, home.zone)
    return f"digest:{due.astimezone(home.zone).date()}:{to}" if now - due < timedelta(days=1) else None


def _claimable(home: Home, to: str) -> bool:
    name = _name(home, to)
    if name is None:
        return False
    with reading(home.store) as connection:
        return _is_free(home_value(connection, name), home.clock.now())


def _is_free(value: str | None, now: datetime) -> bool:
    return value is None or (value != SENT and now - datetime.fromisoformat(value) >= PATIENCE)


def _send_once(home: Home, to: str) -> bool:
    """Claim, send, write down that it went. Who is killed in between is followed by another try with the same
    Message-ID."""
    name, now = _name(home, to), home.clock.now()
    if name is None:
        return False
    with writing(home.store) as connection:
        before = home_value(connection, name)
        if not _is_free(before, now) or not swap_home_value(connection, name, before, now.isoformat()):
            return False
    send_digest(home, to)
    with writing(home.store) as connection:
        return swap_home_value(connection, name, now.isoformat(), SENT)


def send_digest(home: Home, to: str) -> None:
    """Send the digest to somebody now; in safe mode it goes where all mail goes.

    Raises:
        RipelineError: no relay took it.
    """
    message = digest_message(home, digest_of(home), to)
    recipient = home.config.safety.deliver_to or to
    problems = []
    for relay in relay_settings(home.config, home.path):
        problem = send_notice(relay, home.config.sender.default, recipient, message)
        if not problem:
            return
        problems.append(f"{relay.name}: {problem}")
    raise RipelineError(f"no relay took the digest ({'; '.join(problems)})")
