"""What config says about handing leads over: when one is ripe, and how long it rests after sales gave it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.domain.rules import Rule
from engine.domain.timing import Span


@dataclass(frozen=True)
class SalesPolicy:
    """`ready` is the sales-ready rule; `hand_raises` are events (casefolded) by which a lead asks for a person."""

    ready: Rule | None = None
    hand_raises: frozenset[str] = frozenset()
    rest: Span = field(default_factory=lambda: Span(days=30))

    def rules(self) -> Iterator[Rule]:
        if self.ready is not None:
            yield self.ready
