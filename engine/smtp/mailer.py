"""All relays together: which one takes a mail, and which one stands in for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from engine.clock import Clock
from engine.errors import did_you_mean
from engine.smtp.gate import Gate
from engine.smtp.health import Alarm
from engine.smtp.pool import Listener, RelayPool, RelayState
from engine.smtp.replies import Outcome, OutcomeKind, Phase
from engine.smtp.settings import RelaySettings, RelaySettingsError
from engine.smtp.transaction import Outgoing


class SendResult(Struct, frozen=True, gc=False):
    """How one mail ended, over which relay, and when.

    Where `outcome.before_gate`, the relay was at fault, not the mail: it waits, and none of its attempts is used up;
    `retry_at` is then when the relay is tried again, or None if nobody knows.
    """

    ticket: int
    outcome: Outcome
    relay: str
    finished_at: datetime
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """Relay names: the default, those of sender domains (in lower case), and for each relay who stands in for it."""

    default: str
    by_sender_domain: Mapping[str, str] = field(default_factory=dict)
    backups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def candidates(self, mail: Outgoing) -> tuple[str, ...]:
        """The relays to try for this mail, in order."""
        domain = mail.sender.rpartition("@")[2].casefold()
        first = mail.relay or self.by_sender_domain.get(domain, self.default)
        return (first, *self.backups.get(first, ()))


class RelaySet:
    """The configured relays by name.

    Raises:
        RelaySettingsError: a route names no relay, or a relay's certificates cannot be read.
    """

    def __init__(
        self,
        relays: Sequence[RelaySettings],
        routes: Routes,
        clock: Clock,
        alarm: Alarm,
        monotonic: Callable[[], float] = time.monotonic,
        listener: Listener | None = None,
    ) -> None:
        self._pools = {relay.name: RelayPool(relay, clock, alarm, monotonic, listener) for relay in relays}
        self._routes = routes
        backups = (name for names in routes.backups.values() for name in names)
        for name in (routes.default, *routes.by_sender_domain.values(), *backups):
            if name not in self._pools:
                raise RelaySettingsError(f"no relay is called '{name}'. {self._hint(name)}")

    def pools_for(self, mail: Outgoing) -> list[RelayPool]:
        """The relays to try, those in use first; empty if the mail names one that does not exist."""
        named = [self._pools[name] for name in self._routes.candidates(mail) if name in self._pools]
        return sorted(named, key=lambda pool: not pool.is_usable) if len(named) > 1 else named

    @property
    def on_the_line(self) -> int:
        """How many mails are being handed to a relay now; others wait for their turn."""
        return sum(pool.on_the_line for pool in self._pools.values())

    def states(self) -> list[RelayState]:
        return [pool.state for pool in self._pools.values()]

    def pause(self, relay: str, reason: str) -> None:
        """Take a relay out of use until `resume`. KeyError if there is none of that name."""
        self._pools[relay].pause(reason)

    def resume(self, relay: str) -> None:
        """Put a relay back into use now, resting or stopped. KeyError if there is none of that name."""
        self._pools[relay].resume()

    async def close(self, drain: bool) -> None:
        await asyncio.gather(*(pool.close(drain) for pool in self._pools.values()))

    def _hint(self, name: str) -> str:
        return did_you_mean(name, self._pools) or f"Known: {', '.join(self._pools) or 'none'}."


class Mailer:
    """Sends finished mails; made and used in one event loop."""

    def __init__(self, relays: RelaySet, clock: Clock) -> None:
        self.relays = relays
        self._clock = clock

    async def send(self, outgoing: Outgoing, gate: Gate) -> SendResult:
        """Send one mail over its relay, or over one that stands in while nothing was said about the mail.

        Never raises for what relays, lines and the gate do: that is in the result.
        """
        outcome = Outcome(OutcomeKind.RELAY_PAUSED, Phase.CONNECT, reason=f"no relay is called '{outgoing.relay}'")
        relay, retry_at = outgoing.relay or "", None
        for pool in self.relays.pools_for(outgoing):
            outcome = await pool.send(outgoing, gate)
            relay, retry_at = pool.relay.name, pool.state.retry_at if outcome.before_gate else None
            if not outcome.before_gate:
                break
        return SendResult(outgoing.ticket, outcome, relay, self._clock.now(), retry_at)

    async def close(self, drain: bool) -> None:
        """End sending: `drain` finishes the mails under way, else they are cut where they are."""
        await self.relays.close(drain)
