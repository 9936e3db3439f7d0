"""The scheme by which leads are scored, as config has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from engine.domain.rules import Rule, names_used
from engine.domain.scoring.fading import Fading, units
from engine.domain.scoring.occurrences import Times, times_reader


@dataclass(frozen=True)
class Points:
    """Points for each time that something happens: `each` is a rule whose one pattern is counted. They are worth half
    after `half_life`, counted in whole days (UTC), and give or take `most` together at most (0: no limit)."""

    name: str
    each: Rule
    points: float
    half_life: timedelta
    when: Rule | None = None
    most: float = 0.0

    @cached_property
    def times(self) -> Times:
        return times_reader(self.each.node)

    @cached_property
    def fading(self) -> Fading:
        return Fading(self.points, self.half_life)

    @cached_property
    def most_units(self) -> int | None:
        return units(self.most) if self.most else None

    def bounded(self, worth: int) -> int:
        """The sum of these points, in units, within what they may give or take together."""
        if self.most_units is None:
            return worth
        return max(-self.most_units, min(self.most_units, worth))


@dataclass(frozen=True)
class FitPoints:
    """Points for what a lead is."""

    name: str
    when: Rule
    points: float


@dataclass(frozen=True)
class Scoring:
    """The whole scheme; without points and fit nobody has a score or a grade of ours.

    `grades` say from how many points of fit on a lead has a grade, the best one first; below all of them it is D.
    """

    points: tuple[Points, ...] = ()
    fit: tuple[FitPoints, ...] = ()
    grades: Mapping[str, float] = field(default_factory=dict)
    most: float = 100.0

    def rules(self) -> Iterator[Rule]:
        for points in self.points:
            yield points.each
            if points.when is not None:
                yield points.when
        yield from (fit.when for fit in self.fit)

    @cached_property
    def in_use(self) -> bool:
        return bool(self.points or self.fit)

    @cached_property
    def only_fades(self) -> bool:
        """Whether time alone can only take a score away, and never gives one or another grade."""
        asked = [points.when for points in self.points if points.when is not None] + [fit.when for fit in self.fit]
        timed = any("time" in names_used(rule) for rule in asked)
        return not timed and all(points.points >= 0 for points in self.points)
