"""What config says for all campaigns, as the journey asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.domain.lifecycle import Lifecycle
from engine.domain.rules import Rule
from engine.domain.sales.policy import SalesPolicy
from engine.domain.scoring import Scoring
from engine.domain.timing import Calendar, Cap, PlainCalendar, Span


def _no_holidays(country: str) -> Calendar:  # noqa: ARG001
    return PlainCalendar()


@dataclass(frozen=True)
class Policy:
    """What config says for all campaigns. `calendar` gives the calendar of a country (ISO 3166 code, may be empty)."""

    zone: str = "UTC"
    caps: tuple[Cap, ...] = ()
    never_domains: frozenset[str] = frozenset()
    never_rule: Rule | None = None
    calendar: Callable[[str], Calendar] = _no_holidays
    unknown_after: Span = field(default_factory=lambda: Span(days=3))
    scoring: Scoring = field(default_factory=Scoring)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    sales: SalesPolicy = field(default_factory=SalesPolicy)

    def rules(self) -> Iterator[Rule]:
        """Every rule of config that may be asked of a lead."""
        if self.never_rule is not None:
            yield self.never_rule
        yield from self.scoring.rules()
        yield from self.lifecycle.rules()
        yield from self.sales.rules()
