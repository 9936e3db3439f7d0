"""What counts for a lead's score: how old each occurrence is that a rule of points counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.domain.actor import Actor
from engine.domain.rules import FactsView, Node, evaluate
from engine.domain.rules.nodes import EventHappened, MailHappened, Replied
from engine.domain.rules.readers import events_reader, mails_reader
from engine.domain.scoring.scheme import Points, Scoring


class ScoredView(FactsView, Protocol):
    """What scoring asks beyond rules."""

    def reply_times(self) -> Sequence[datetime]:
        """When a person answered one of our mails, ever."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One rule of points, and the ages in days of what it counts for one lead."""

    rule: Points
    ages: tuple[int, ...]

    def worth(self, later: int = 0) -> int:
        """What it is worth together so many days later, in units, within its bounds."""
        return self.rule.bounded(self.full(later))

    def full(self, later: int = 0) -> int:
        """The same without bounds."""
        worth = self.rule.fading.worth
        return sum([worth(age + later) for age in self.ages])


@dataclass(frozen=True, slots=True)
class Tally:
    """What counts for one lead, rule by rule; `turns_at`: when time alone may change which rules hold."""

    counted: tuple[Counted, ...]
    turns_at: datetime | None = None


def tally(scoring: Scoring, view: ScoredView, now: datetime) -> Tally:
    """What the lead did that counts now. Rules that count nothing for it are left out.

    Ages are midnights UTC between two instants in UTC; what is dated into the future has none.
    """
    found, turns, today = [], [], now.toordinal()
    for rule in scoring.points:
        times = _times(rule.each.node, view, now)
        if not times:
            continue
        if rule.when is not None:
            verdict = evaluate(rule.when, view, now)
            if verdict.turns_at is not None:
                turns.append(verdict.turns_at)
            if not verdict.holds:
                continue
        found.append(Counted(rule, tuple([max(0, today - at.toordinal()) for at in times])))
    return Tally(tuple(found), min(turns, default=None))


def _times(node: Node, view: ScoredView, now: datetime) -> Iterable[datetime]:
    """When it happened, as often as it did; what machines do never counts."""
    match node:
        case EventHappened():
            return [event.at for event in events_reader(node.pattern)(view, now) if event.actor is Actor.HUMAN]
        case MailHappened():
            return mails_reader(node.pattern)(view, now)
        case Replied():
            return view.reply_times()
        case _:
            raise TypeError(f"{node!r} cannot be counted")
