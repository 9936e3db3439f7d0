"""The scheme by which leads are scored, as config has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine.domain.rules import Rule


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


@dataclass(frozen=True)
class FitPoints:
    """Points for what a lead is."""

    name: str
    when: Rule
    points: float


@dataclass(frozen=True)
class Scoring:
    """The whole scheme; without points and fit nobody has a score or a grade of ours."""

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
