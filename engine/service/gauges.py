"""How a home stands in figures, for those who look every few seconds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.delivery import DeliveryState
from engine.service.consequences import STEP_STOPPED
from engine.service.held import SENDING_HELD
from engine.service.home import Home
from engine.store.bundles import home_value, home_values
from engine.store.database import reading
from engine.store.gauges import (
    claimed_mails,
    current_bundle,
    due_mails,
    mails_put_off,
    oldest_due,
    open_alert_subjects,
    open_unknown_mails,
)
from engine.store.journey import next_due_instant

PUT_ASIDE = "put_aside"


@dataclass(frozen=True, slots=True)
class Gauges:
    """What the store says at `now`.

    due: mails due and not begun · due_since: since when the oldest of them is, paused campaigns and stopped steps apart
    · look_since: since when the oldest lead waits to be decided · in_flight: mails by state: `sending`, `transmitting`,
    `deferred` (the relay said later), `put_aside` (not to be written or tried now) · unknown: mails of unknown fate
    that leads wait for · alerts: subjects of what needs a person · held: why all sending is held · bundle: number and
    digest of what runs
    """

    now: datetime
    due: int = 0
    due_since: datetime | None = None
    look_since: datetime | None = None
    in_flight: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    alerts: tuple[str, ...] = ()
    held: str | None = None
    bundle: tuple[int, str] | None = None

    @property
    def due_lag(self) -> float:
        """Seconds that the oldest due mail has waited."""
        return _age(self.due_since, self.now)

    @property
    def look_lag(self) -> float:
        """Seconds that the oldest due lead has waited to be decided."""
        return _age(self.look_since, self.now)


def gauges_of(home: Home, now: datetime, standing_still: Collection[str] = ()) -> Gauges:
    """The figures at this instant, in one reading; `standing_still` are campaigns whose mails are not sent now.

    Raises:
        StoreError: the store is away.
    """
    with reading(home.store) as connection:
        stopped = [name.removeprefix(STEP_STOPPED) for name in home_values(connection, STEP_STOPPED)]
        return Gauges(
            now,
            due_mails(connection, now),
            oldest_due(connection, now, standing_still, stopped),
            next_due_instant(connection),
            _in_flight(claimed_mails(connection), mails_put_off(connection, now)),
            open_unknown_mails(connection),
            tuple(open_alert_subjects(connection)),
            home_value(connection, SENDING_HELD),
            current_bundle(connection),
        )


def _in_flight(claimed: Mapping[str, int], put_off: Mapping[str, int]) -> Mapping[str, int]:
    return {
        DeliveryState.SENDING.value: claimed.get(DeliveryState.SENDING.value, 0),
        DeliveryState.TRANSMITTING.value: claimed.get(DeliveryState.TRANSMITTING.value, 0),
        DeliveryState.DEFERRED.value: put_off.get(DeliveryState.DEFERRED.value, 0),
        PUT_ASIDE: put_off.get(DeliveryState.DUE.value, 0),
    }


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since is not None else 0.0
