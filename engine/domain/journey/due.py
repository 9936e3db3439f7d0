"""When a step is due, and when its date has passed.

A wait counts from the end of the previous step; then the window applies. What was reckoned once stays, except for a
date that may move and for an event that may come before its time.
"""

from __future__ import annotations

from datetime import datetime

from engine.domain.campaign import Stage
from engine.domain.journey.run import Run
from engine.domain.steps import EmailStep, Step, UntilEvent
from engine.domain.timing import Span, next_slot, when_at

LATE_AT_MOST = Span(days=1)
"""A dated step is done at most so late (after a daemon was down, say), unless it gives `expires`."""

UNKNOWN_DATE = "date_unknown"
EVENT_CAME = "event_came"


def due_at(run: Run, stage: Stage, step: Step) -> datetime | None:
    """When the step is due, written into the enrollment; None while its date is not known."""
    known = run.now_is.due_at
    if step.at is not None:
        return _dated(run, step)
    if known is None or (isinstance(step.wait, UntilEvent) and known > run.now and run.now_is.waiting != EVENT_CAME):
        due = _until(run, step, step.wait) if isinstance(step.wait, UntilEvent) else _waited(run, stage, step)
        if due != known:
            run.change(due_at=due)
        return due
    return known


def _dated(run: Run, step: Step) -> datetime | None:
    """The step's date as it stands now; a moved one makes the step wait anew."""
    due = _reckon_date(run, step)
    if due is None:
        if run.now_is.waiting != UNKNOWN_DATE:
            run.change(due_at=None, waiting=UNKNOWN_DATE)
            run.tell(UNKNOWN_DATE, step=step.id)
    elif due != run.now_is.due_at:
        run.change(due_at=due, waiting="")
    return due


def _reckon_date(run: Run, step: Step) -> datetime | None:
    if step.at is None:
        return None
    date = when_at(step.at, run.view.anchor(step.at.anchor), run.zone, run.calendar, run.now_is.since)
    return run.opening(step, date) if date is not None else None


def _waited(run: Run, stage: Stage, step: Step) -> datetime:
    since = run.now_is.since
    if step.wait is not None and not isinstance(step.wait, UntilEvent):
        return run.opening(step, run.after(since, step.wait))
    if stage.cadence is None:
        return run.opening(step, since)
    # A stream that ran dry or stood still goes on at a slot to come.
    previous = since if run.now_is.passed else None
    return run.opening(step, next_slot(stage.cadence, previous, run.now_is.stage_entered_at, run.zone, run.now))


def _until(run: Run, step: Step, wait: UntilEvent) -> datetime:
    """When the event came, else the longest that the step waits for it."""
    latest = run.after(run.now_is.since, wait.max)
    if run.now < latest and run.holds(wait.until):
        run.change(waiting=EVENT_CAME)
        return run.opening(step, run.now)
    return run.opening(step, latest)


def skip_if_late(run: Run, stage: Stage, step: Step, due: datetime) -> bool:
    """Skip a dated step whose date passed before the lead came to it, long ago, or behind another that is due as well.

    What is held already is not late: caps and windows hold it, and only `expires` drops it.
    """
    if step.at is None or not step.skipped_late or step.late == "send" or run.now_is.waiting:
        return False
    last = run.expires_at(step) or run.after(due, LATE_AT_MOST)
    if due >= run.now_is.since and run.now <= last and not _overtaken(run, stage, step):
        return False
    run.tell("skipped_late", step=step.id, due=due)
    run.pass_step(step, due)
    return True


def _overtaken(run: Run, stage: Stage, step: Step) -> bool:
    """Whether a later dated mail of this stage is due too, so that this one would only be its burst."""
    if not isinstance(step, EmailStep):
        return False
    behind = stage.steps[stage.steps.index(step) + 1 :]
    dates = [_reckon_date(run, other) for other in behind if isinstance(other, EmailStep) and other.at is not None]
    return any(date is not None and date <= run.now for date in dates)
