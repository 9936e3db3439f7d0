"""What counts for a lead's score: how old each occurrence is that a rule of points counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.rules import evaluate
from engine.domain.scoring.occurrences import ScoredView
from engine.domain.scoring.scheme import Points, Scoring


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
        times = rule.times(view, now)
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
