"""How leads are scored: what they do, which fades, and who they are, which does not."""

from engine.domain.scoring.counting import Counted, Tally, tally
from engine.domain.scoring.fading import age_of_day, units
from engine.domain.scoring.occurrences import ScoredView
from engine.domain.scoring.scheme import FitPoints, Points, Scoring
from engine.domain.scoring.score import (
    FitLine,
    Graded,
    Scored,
    ScoreLine,
    bounded,
    fit_of,
    grade_from,
    next_crossing,
    score_at,
    score_from_units,
    score_of,
)

__all__ = [
    "Counted",
    "FitLine",
    "FitPoints",
    "Graded",
    "Points",
    "ScoreLine",
    "Scored",
    "ScoredView",
    "Scoring",
    "Tally",
    "age_of_day",
    "bounded",
    "fit_of",
    "grade_from",
    "next_crossing",
    "score_at",
    "score_from_units",
    "score_of",
    "tally",
    "units",
]
