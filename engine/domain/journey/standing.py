"""How a lead stands, whatever campaigns it is in: its score, its stage of life, whether it is ripe for sales.

Asked in every round before the runs, since the one may stir the other: a step sets a field by which the lead fits, a
score makes it ripe, a hand-off pauses all runs.
"""

from __future__ import annotations

from engine.domain.journey.draft import Draft
from engine.domain.journey.grading import grade
from engine.domain.journey.maturing import mature
from engine.domain.journey.ripening import ripen


def stand(draft: Draft) -> None:
    """Score the lead, let it reach the stages whose rules hold, and hand it to sales when it is ripe."""
    grade(draft)
    mature(draft)
    ripen(draft)
