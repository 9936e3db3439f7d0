"""How leads are scored: what they do, which fades, and who they are, which does not."""

from engine.domain.scoring.scheme import FitPoints, Points, Scoring

__all__ = ["FitPoints", "Points", "Scoring"]
