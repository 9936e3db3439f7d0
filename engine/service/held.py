"""All sending, held: by a person, or by Ripeline itself where a person has to look first."""

from __future__ import annotations

from datetime import datetime

from engine.domain.witness import CLOCK
from engine.service.alerts import end_trouble, raise_alert
from engine.service.home import Home
from engine.store.bundles import home_value, set_home_value
from engine.store.database import reading, writing
from engine.store.standing import confirm

SENDING_HELD = "sending_held"
"""The store's value that says why; nothing is handed to a relay while it stands."""

BY_HAND = "paused by "
"""How a held sending begins that a person asked for; any other reason is one that a person has to look at."""

_SUBJECT = "sending"


def hold_sending(home: Home, who: str, reason: str) -> bool:
    """Nothing is handed to a relay from now on; whether sending went on before."""
    with writing(home.store) as connection:
        if home_value(connection, SENDING_HELD) is not None:
            return False
        set_home_value(connection, SENDING_HELD, f"{BY_HAND}{who}" + (f": {reason}" if reason else ""))
    return True


def hold_in_doubt(home: Home, why: str, now: datetime) -> None:
    """Hold sending by ourselves, until a person confirms; the operator is told."""
    with writing(home.store) as connection:
        held = home_value(connection, SENDING_HELD)
        if held is None or held.startswith(BY_HAND):
            set_home_value(connection, SENDING_HELD, why)
        raise_alert(home, _SUBJECT, f"all sending is held: {why}. `ripeline resume` goes on", now, connection)


def why_held(home: Home) -> str | None:
    """Why all sending is held; None if it is not."""
    with reading(home.store) as connection:
        return home_value(connection, SENDING_HELD)


def is_time_doubtful(home: Home) -> bool:
    """Whether nothing may be decided either, as nobody knows what time it is."""
    return (why_held(home) or "").startswith(CLOCK)


def release_sending(home: Home) -> None:
    """Mails go to relays again; what was doubtful about store or clock is confirmed."""
    with writing(home.store) as connection:
        held = home_value(connection, SENDING_HELD)
        set_home_value(connection, SENDING_HELD, None)
        if held is not None and not held.startswith(BY_HAND):
            confirm(connection)
    end_trouble(home, _SUBJECT, home.clock.now())
