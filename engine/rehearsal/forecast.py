"""The mails of the next days if every lead stays silent: `decide` itself, played forward on copies of the facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Send
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.outlook import as_if_silent
from engine.domain.journey.programme import Programme

LOOKS = 60
"""At most so many looks at a lead: a week has fewer."""


@dataclass(frozen=True)
class Forecast:
    """Mails by the hour in which they would go, in UTC; `scale` is how many leads each that was played stands for."""

    hours: Counter[datetime] = field(default_factory=Counter)
    scale: float = 1.0

    @property
    def mails(self) -> int:
        return round(self.hours.total() * self.scale)

    @property
    def busiest(self) -> tuple[datetime, int] | None:
        """The hour with the most mails, and how many; None if there are none."""
        if not self.hours:
            return None
        hour, count = min(self.hours.items(), key=lambda found: (-found[1], found[0]))
        return hour, round(count * self.scale)


def forecast(
    leads: Iterable[LeadFacts], programme: Programme, now: datetime, span: timedelta, scale: float = 1.0
) -> Forecast:
    """What these leads would get under this programme within the span."""
    hours: Counter[datetime] = Counter()
    for facts in leads:
        for at, _ in silent_mails(facts, programme, now, now + span):
            hours[at.replace(minute=0, second=0, microsecond=0)] += 1
    return Forecast(hours, scale)


def silent_mails(
    facts: LeadFacts, programme: Programme, now: datetime, until: datetime
) -> Iterator[tuple[datetime, Send]]:
    """The mails that a lead gets if it does nothing and relays accept all, each with its instant."""
    at: datetime | None = now
    for _ in range(LOOKS):
        if at is None or at > until:
            return
        decision = decide(facts, programme, at)
        for send in decision.sends:
            yield at, send
        facts = as_if_silent(facts, decision, at)
        at = at if decision.sends else decision.recheck_at
