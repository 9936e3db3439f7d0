"""A lead's score and grade, with every line that makes them, and when fading alone brings the score over a border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from engine.domain.rules import Borders, evaluate
from engine.domain.scoring.counting import Counted, tally
from engine.domain.scoring.fading import points_from, score_from, units
from engine.domain.scoring.occurrences import ScoredView
from engine.domain.scoring.scheme import Scoring

WORST = "D"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What one rule of points gives: how often it counted, what that was worth when fresh, and what it is worth today.

    `capped`: the rule's `most` holds back some of it.
    """

    name: str
    each: str
    times: int
    fresh: float
    worth: float
    capped: bool


@dataclass(frozen=True, slots=True)
class FitLine:
    """What one rule of fit says of the lead: whether it holds, and its points."""

    name: str
    when: str
    holds: bool
    points: float


@dataclass(frozen=True, slots=True)
class Scored:
    """The score in tenths of a point, and the lines that make it. `capped`: it was bounded as a whole."""

    score: float
    lines: tuple[ScoreLine, ...]
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade, A to D, or empty where config has no rules of fit; its points, and the lines that make them."""

    fit: str
    points: float
    lines: tuple[FitLine, ...]


def score_of(scoring: Scoring, view: ScoredView, now: datetime) -> Scored:
    """The lead's score at `now` (UTC), explained."""
    counted = tally(scoring, view, now).counted
    lines = tuple(_line(one) for one in counted)
    together = sum(one.worth() for one in counted)
    return Scored(score_from(bounded(scoring, together)), lines, bounded(scoring, together) != together)


def _line(one: Counted) -> ScoreLine:
    full, worth = one.full(), one.worth()
    fresh = len(one.ages) * one.rule.fading.worth(0)
    rule = one.rule
    return ScoreLine(
        rule.name, rule.each.source, len(one.ages), points_from(fresh), points_from(worth), capped=full != worth
    )


def fit_of(scoring: Scoring, view: ScoredView, now: datetime) -> Graded:
    """The lead's grade at `now` (UTC), explained."""
    lines = tuple(
        FitLine(rule.name, rule.when.source, evaluate(rule.when, view, now).holds, rule.points) for rule in scoring.fit
    )
    worth = sum(units(line.points) for line in lines if line.holds)
    return Graded(grade_from(scoring, worth), points_from(worth), lines)


def bounded(scoring: Scoring, worth: int) -> int:
    """The sum of all points, in units, within 0 and the most that a score can be."""
    return max(0, min(units(scoring.most), worth))


def score_from_units(scoring: Scoring, worth: int) -> float:
    """The score that a sum of all points, in units, makes."""
    return score_from(bounded(scoring, worth))


def score_at(scoring: Scoring, counted: Sequence[Counted], later: int = 0) -> float:
    """The score so many days later, if nothing happens until then."""
    return score_from_units(scoring, _sum(counted, later))


def grade_from(scoring: Scoring, worth: int) -> str:
    """The grade for so many units of fit; empty where there are no rules of fit."""
    if not scoring.fit:
        return ""
    return next((grade for grade, least in scoring.grades.items() if worth >= units(least)), WORST)


def next_crossing(scoring: Scoring, counted: Sequence[Counted], now: datetime, borders: Borders) -> datetime | None:
    """The next midnight (UTC) at which fading may bring the score over a border; None if it never does.

    It may come too early where points also take away, and never too late.
    """
    lasts = max((one.rule.fading.lasts for one in counted), default=0)
    if not lasts or not borders.known:
        return None
    if borders.everywhere:
        return _midnight(now, 1)
    gives = [one for one in counted if one.rule.points >= 0]
    takes = [one for one in counted if one.rule.points < 0]
    given, taken = _sum(gives, 0), _sum(takes, 0)
    part = borders.part(score_from(bounded(scoring, given + taken)))
    if not takes and part == borders.part(0.0):
        return None  # what only gives, fades to nothing

    def moves(later: int) -> bool:
        """Whether the score can have left its part so many days later: between the least and the most it can be."""
        least, most = _sum(gives, later) + taken, given + _sum(takes, later)
        lowest, highest = (borders.part(score_from(bounded(scoring, worth))) for worth in (least, most))
        return lowest != part or highest != part

    found = _first(moves, lasts)
    return _midnight(now, found) if found else None


def _sum(counted: Sequence[Counted], later: int) -> int:
    return sum([one.worth(later) for one in counted])


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The first number from 1 to `last` from which on something holds; 0 if it never does."""
    if not holds(last):
        return 0
    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _midnight(now: datetime, later: int) -> datetime:
    return datetime.combine(now.date(), time.min, UTC) + later * _DAY
