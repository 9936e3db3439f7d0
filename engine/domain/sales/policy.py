"""What config says about handing leads over: when one is ripe, who gets it, by when it is answered, its rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.domain.rules import Rule
from engine.domain.sales.clock import Deadlines
from engine.domain.sales.routing import Team
from engine.domain.timing import BusinessDays, Span

EXPIRED_REASON = "no_answer_from_sales"
"""The reason of a lead that nobody in sales answered."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Why sales gives a lead back: in words, which campaign takes it in, how long it rests, whether it is out."""

    title: str
    campaign: str = ""
    rest: Span | None = None
    disqualify: bool = False


@dataclass(frozen=True)
class SalesPolicy:
    """`ready` is the sales-ready rule; `hand_raises` are events (casefolded) by which a lead asks for a person.

    Told of hand-offs are their owners, `escalate_to` where nobody answers, and the programs `webhook` and `crm`.
    """

    ready: Rule | None = None
    hand_raises: frozenset[str] = frozenset()
    rest: Span = field(default_factory=lambda: Span(days=30))
    reasons: Mapping[str, GivenBack] = field(default_factory=dict)
    team: Team = field(default_factory=Team)
    deadlines: Deadlines = field(default_factory=lambda: Deadlines(BusinessDays(1), BusinessDays(3)))
    escalate_to: str = ""
    webhook: str = ""
    crm: str = ""

    @property
    def in_use(self) -> bool:
        """Whether leads may ripen outside of campaigns."""
        return self.ready is not None or bool(self.hand_raises)

    @cached_property
    def recycling(self) -> frozenset[str]:
        """The campaigns that take leads in which sales gave back."""
        return frozenset(found.campaign for found in self.reasons.values() if found.campaign)

    def rest_after(self, reason: str) -> Span:
        """How long sales leaves a lead alone that it gave back for this reason."""
        found = self.reasons.get(reason)
        return found.rest if found is not None and found.rest is not None else self.rest

    def rules(self) -> Iterator[Rule]:
        if self.ready is not None:
            yield self.ready
        yield from (route.when for route in self.team.routes if route.when is not None)
