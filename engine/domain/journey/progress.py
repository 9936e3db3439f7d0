"""How an enrollment moves at this instant, as far as it goes: leave, advance, do what is due, run out of steps."""

from __future__ import annotations

from datetime import datetime

from engine.domain.campaign import EXIT, HOLD, Stage
from engine.domain.journey.facts import EnrollmentStatus
from engine.domain.journey.run import Run
from engine.domain.steps import Done, EmailStep, Goto, Step, UntilEvent, Waiting
from engine.domain.timing import Span, next_slot, when_at

MOVES_AT_ONCE = 200
"""A lead moves at most so often in one look; campaigns that would go in circles without waiting stop here."""


LATE_AT_MOST = Span(days=1)
"""A dated mail goes at most so late (after a daemon was down, say), unless the step gives `expires`."""


def leave_if_done(run: Run) -> None:
    """Exit and goal are asked always, also while the run is paused."""
    goal, leave = run.campaign.goal, run.campaign.exit
    if goal is not None and run.now_is.goal_at is None and run.holds(goal):
        run.change(goal_at=run.now)
        run.tell("goal", because=run.explain(goal))
    if leave is not None and run.holds(leave):
        run.end("exit", because=run.explain(leave))


def proceed(run: Run) -> None:
    """Move the enrollment until it waits for something or has ended."""
    for _ in range(MOVES_AT_ONCE):
        if run.ended or run.now_is.status is not EnrollmentStatus.ACTIVE or not _move(run):
            return
    run.tell("going_in_circles", moves=MOVES_AT_ONCE)
    run.change(status=EnrollmentStatus.PAUSED, waiting="going_in_circles")


def _move(run: Run) -> bool:
    """One move; False when nothing more happens now."""
    stage = run.stage
    if stage is None:
        return _stage_is_gone(run)
    if stage.advance is not None and run.holds(stage.advance):
        return _advance(run, stage)
    step = _current_step(run, stage)
    return _perform(run, stage, step) if step is not None else _run_out(run, stage)


def _stage_is_gone(run: Run) -> bool:
    """A bundle took the stage away: its leads go where `moved` says, or leave with that reason."""
    moved = run.campaign.moved.get(run.now_is.stage)
    target = run.campaign.stage(moved) if moved else None
    if target is None:
        run.end("stage_removed", stage=run.now_is.stage)
    else:
        run.change(stage=target.id)
    return True


def _advance(run: Run, stage: Stage) -> bool:
    following = run.campaign.next_stage(stage.id)
    if following is None or stage.advance is None:
        return False
    run.tell("advanced", frm=stage.id, to=following.id, because=run.explain(stage.advance))
    run.enter_stage(following, run.now)
    return True


def _current_step(run: Run, stage: Stage) -> Step | None:
    """The next step: where the enrollment stands, or after a change of the stage the first not yet passed."""
    name = run.campaign.moved.get(run.now_is.step, run.now_is.step)
    found = stage.step(name) if name else None
    if found is None:
        found = next((step for step in stage.steps if step.id not in run.now_is.passed), None)
    if found is not None and found.id != run.now_is.step:
        run.change(step=found.id, due_at=None, waiting="")
    return found


def _perform(run: Run, stage: Stage, step: Step) -> bool:
    due = _due(run, stage, step)
    if due is None:
        return False
    if due > run.now:
        run.draft.recheck(due)
        return False
    if isinstance(step, EmailStep) and run.delivery(step) is None and _too_late(run, step):
        return True
    if not _started(run, step) and step.when is not None and not run.holds(step.when):
        run.tell("skipped", step=step.id, rule=step.when.source)
        run.pass_step(step, run.now)
        return True
    return _follow(run, step, step.perform(run))


def _started(run: Run, step: Step) -> bool:
    """Whether the step was begun earlier, so that its condition is not asked again."""
    begun = run.delivery(step) if isinstance(step, EmailStep) else run.action(step)
    return begun is not None


def _follow(run: Run, step: Step, outcome: object) -> bool:
    if isinstance(outcome, Done):
        run.pass_step(step, outcome.since)
        return True
    if isinstance(outcome, Goto):
        return _go(run, outcome.go, "branched", outcome.because, step.id)
    if isinstance(outcome, Waiting):
        run.draft.recheck(outcome.until)
    return False


def _go(run: Run, target: str, code: str, because: str, step: str = "") -> bool:
    """Leave the stage for another one, or the campaign."""
    if target == EXIT:
        run.end("exit" if code == "branched" else code, because=because, step=step)
        return True
    stage = run.campaign.stage(target)
    if stage is None:
        run.end("stage_removed", stage=target)
        return True
    run.tell(code, frm=run.now_is.stage, to=target, because=because, step=step)
    run.enter_stage(stage, run.now)
    return True


def _due(run: Run, stage: Stage, step: Step) -> datetime | None:
    """When the step is due, fixed once it is known; None while its date is not known."""
    if step.at is not None or isinstance(step.wait, UntilEvent) or run.now_is.due_at is None:
        due = _reckon(run, stage, step)
        if due != run.now_is.due_at:
            run.change(due_at=due)
    if run.now_is.due_at is None and run.now_is.waiting != "date_unknown":
        run.change(waiting="date_unknown")
        run.tell("date_unknown", step=step.id)
    return run.now_is.due_at


def _reckon(run: Run, stage: Stage, step: Step) -> datetime | None:
    since = run.now_is.since
    if step.at is not None:
        anchor = run.view.anchor(step.at.anchor)
        return when_at(step.at, anchor, run.zone, run.calendar, since)
    if isinstance(step.wait, UntilEvent):
        latest = run.after(since, step.wait.max)
        if run.now < latest and run.holds(step.wait.until):
            return run.now_is.due_at if run.now_is.due_at and run.now_is.due_at <= run.now else run.now
        return latest
    if step.wait is not None:
        return run.after(since, step.wait)
    if stage.cadence is not None:
        return next_slot(stage.cadence, _last_of_stream(run), run.now_is.stage_entered_at, run.zone, _resumed(run))
    return since


def _last_of_stream(run: Run) -> datetime | None:
    """When the stream's last step was over, in this visit."""
    return run.now_is.since if run.now_is.passed else None


def _resumed(run: Run) -> datetime | None:
    """A stream that had run dry goes on at a slot that is still to come."""
    return run.now if run.now_is.waiting == "hold" else None


def _too_late(run: Run, step: EmailStep) -> bool:
    """A dated mail whose date passed before the lead came to it, or long ago, is skipped unless `late = "send"`."""
    due = run.now_is.due_at
    if step.at is None or step.late == "send" or due is None:
        return False
    last = run.after(due, step.expires or LATE_AT_MOST)
    if due >= run.now_is.since and run.now <= last:
        return False
    run.tell("skipped_late", step=step.id, mail=step.mail, due=due)
    run.pass_step(step, run.now)
    return True


def _run_out(run: Run, stage: Stage) -> bool:
    """The stage has no step left: hold, exit or go on, after the time that its author set."""
    out = stage.exhausted
    if out is None:
        if stage.advance is None and run.campaign.next_stage(stage.id) is None:
            run.end("finished")
            return True
        return _hold(run, stage)
    due = run.after(run.now_is.since, out.after) if out.after is not None else run.now_is.since
    if due > run.now:
        run.draft.recheck(due)
        _waits_for_end(run, due)
        return False
    if out.go == HOLD:
        return _hold(run, stage)
    return _go(run, out.go, "exhausted", "")


def _waits_for_end(run: Run, due: datetime) -> None:
    if run.now_is.due_at != due:
        run.change(due_at=due, waiting="exhausting")


def _hold(run: Run, stage: Stage) -> bool:
    if run.now_is.waiting != "hold":
        run.change(waiting="hold", due_at=None)
        run.tell("holding", stage=stage.id)
    return False
