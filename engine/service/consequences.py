"""What the end of an attempt means beyond its mail: suppressed addresses, paused domains, stopped steps, alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import Struct

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import EventKind
from engine.service.alerts import raise_alert
from engine.service.home import Home
from engine.service.letters import Letter
from engine.service.outcomes import Fate
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind
from engine.store.alerts import end_alerts, open_alerts
from engine.store.bundles import home_values, set_home_value
from engine.store.database import reading
from engine.store.events import MailOf, NewEvent, add_events
from engine.store.permission import suppress_hashes

STEP_STOPPED = "stopped:"
DOMAIN_PAUSED = "domain_paused:"

_BOUNCES = frozenset({OutcomeKind.HARD_BOUNCE, OutcomeKind.MAILBOX_FULL})


class Sent(Struct, frozen=True, gc=False):
    """A letter and how its attempt ended."""

    letter: Letter
    result: SendResult

    @property
    def domain(self) -> str:
        """The domain that the mail goes to."""
        return domain_of(self.letter)

    @property
    def step(self) -> str:
        """The step that it belongs to, as campaign/step."""
        return f"{self.letter.claim.campaign}/{self.letter.claim.step}"


@dataclass(frozen=True, slots=True)
class Troubles:
    """What stands in the way at present: steps stopped for their content, domains paused until when, open alerts."""

    stopped: frozenset[str] = frozenset()
    domains: Mapping[str, datetime] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()


def domain_of(letter: Letter) -> str:
    return letter.outgoing.recipient.rpartition("@")[2].casefold()


def troubles_of(home: Home) -> Troubles:
    """The troubles as the store has them, shared by all senders and kept over restarts."""
    with reading(home.store) as connection:
        stopped = home_values(connection, STEP_STOPPED)
        paused = home_values(connection, DOMAIN_PAUSED)
        alerts = frozenset(row.subject for row in open_alerts(connection))
    domains = {name.removeprefix(DOMAIN_PAUSED): datetime.fromisoformat(until) for name, until in paused.items()}
    return Troubles(frozenset(name.removeprefix(STEP_STOPPED) for name in stopped), domains, alerts)


def draw_consequences(connection: Any, home: Home, ended: Iterable[tuple[Sent, Fate]], troubles: Troubles) -> None:
    """Carry out what follows from these ends, in the transaction that records them."""
    over: set[str] = set()
    for one, what in ended:
        if what.state is DeliveryState.SENT:
            over |= {f"relay:{one.result.relay}", f"domain:{one.domain}"} & troubles.alerts
        else:
            _follow_up(connection, home, one, what)
    if over:
        end_alerts(connection, over, home.clock.now())
        for subject in over:
            kind, _, name = subject.partition(":")
            if kind == "domain":
                set_home_value(connection, DOMAIN_PAUSED + name, None)


def _follow_up(connection: Any, home: Home, one: Sent, what: Fate) -> None:
    now = one.result.finished_at
    if not home.config.safety.deliver_to:  # a diverted mail says nothing about its lead's address
        _note_address(connection, one, what)
    if what.pause_domain and what.again_at is not None:
        set_home_value(connection, DOMAIN_PAUSED + one.domain, what.again_at.isoformat())
    if what.stop_step:
        set_home_value(connection, STEP_STOPPED + one.step, what.reason)
    if what.alert:
        subject = f"step:{one.step}" if what.stop_step else f"domain:{one.domain}"
        raise_alert(home, subject, what.alert, now, connection)


def _note_address(connection: Any, one: Sent, what: Fate) -> None:
    if one.result.outcome.kind in _BOUNCES:
        add_events(connection, [_bounce(one, what)])
    if what.suppress:
        address = one.letter.claim.address_hash
        suppress_hashes(connection, [address], "all", what.suppress, "bounce", one.result.finished_at)


def _bounce(one: Sent, what: Fate) -> NewEvent:
    claim, result = one.letter.claim, one.result
    hard = result.outcome.kind is OutcomeKind.HARD_BOUNCE
    return NewEvent(
        f"bounce:{claim.id}:{claim.attempts}",
        claim.lead,
        EventKind.BOUNCE,
        result.finished_at,
        result.finished_at,
        "hard" if hard else "soft",
        actor=Actor.MACHINE,
        judged=what.reason,
        mail=MailOf(claim.id, claim.enrollment, claim.campaign, claim.stage, claim.step),
        properties={"reply": result.outcome.text, "code": result.outcome.code},
    )
