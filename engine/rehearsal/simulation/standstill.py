"""Leads that stand still at the end of a simulation: in a run that nothing moves any more, and why."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.campaign import HOLD
from engine.domain.journey.facts import Enrollment, EnrollmentStatus
from engine.domain.journey.lanes import HANDED_OFF, LANE
from engine.domain.journey.telling import why_paused
from engine.domain.sales.handoff import HandoffState
from engine.rehearsal.life import Life

_WHY = {
    HOLD: "the stage has nothing left to send",
    "date_unknown": "the date that its next step counts from is not known",
    "going_in_circles": "the campaign goes in circles without waiting",
}


def standing_still(life: Life) -> Iterator[tuple[str, str, str]]:
    """The open runs (campaign, stage) that nothing which the simulation makes would move, each with the reason."""
    runs = [run for run in life.facts.enrollments if run.status is not EnrollmentStatus.ENDED]
    moving = {run.campaign for run in runs if run.status is EnrollmentStatus.ACTIVE and run.waiting not in _WHY}
    for run in runs:
        why = _why(run, life, moving)
        if why:
            yield run.campaign, run.stage, why


def _why(run: Enrollment, life: Life, moving: set[str]) -> str:
    if run.status is EnrollmentStatus.PAUSED:
        return _why_paused(run, life, moving)
    if run.waiting in _WHY:
        return _WHY[run.waiting]
    return "" if life.next_at is not None else "nothing is to come, and no time is set"


def _why_with_sales(life: Life) -> str:
    """A lead for which an answer is due comes back by the clock at the latest."""
    last = life.desk.handoffs[-1] if life.desk is not None and life.desk.handoffs else None
    if last is None:
        return "sales has the lead since before, by no hand-off that it could answer"
    return "sales accepted the lead, and deals are not played" if last.state is HandoffState.ACCEPTED else ""


def _why_paused(run: Enrollment, life: Life, moving: set[str]) -> str:
    """A run that waits for one that moves will go on; the others will not."""
    if run.waiting == HANDED_OFF:
        return _why_with_sales(life)
    first = run.waiting.removeprefix(LANE)
    if run.waiting.startswith(LANE):
        return "" if first in moving else f"{first} goes first in its lane, and stands still itself"
    return why_paused(run.waiting, run.campaign, life.programme)
