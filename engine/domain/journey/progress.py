"""How an enrollment moves at this instant, as far as it goes: leave, advance, do what is due, run out of steps."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.campaign import EXIT, HOLD, Stage
from engine.domain.journey.due import due_at, skip_if_late
from engine.domain.journey.route import stage_now, step_after, step_now
from engine.domain.journey.run import Run
from engine.domain.journey.view import FINISHED
from engine.domain.steps import Done, EmailStep, Goto, Outcome, Step, Waiting

MOVES_AT_ONCE = 200
"""A lead moves at most so often in one look."""

CIRCLING = "going_in_circles"
CIRCLES_REST = timedelta(days=1)
"""A lead that would come to the same stage twice at one instant stands still so long: its campaign goes in circles."""


def leave_if_done(run: Run) -> None:
    """Exit and goal are asked always, also while the run is paused."""
    goal, leave = run.campaign.goal, run.campaign.exit
    if goal is not None and run.now_is.goal_at is None and run.holds(goal):
        run.change(goal_at=run.now)
        run.tell("goal", because=run.explain(goal))
    if leave is not None and run.holds(leave):
        run.end("exit", because=run.explain(leave))


def proceed(run: Run) -> None:
    """Move the enrollment until it waits for something, has ended, or sales has the lead."""
    for _ in range(MOVES_AT_ONCE):
        if not run.active or run.left_to_sales or _rests(run) or not _move(run):
            return
        if run.active:
            leave_if_done(run)
    _circle(run, run.now_is.stage)


def _rests(run: Run) -> bool:
    """Whether the run stands still because it went in circles."""
    if run.now_is.waiting != CIRCLING:
        return False
    rested = run.now_is.stage_entered_at + CIRCLES_REST
    run.draft.recheck(rested)
    return rested > run.now


def _circle(run: Run, stage: str) -> bool:
    run.tell(CIRCLING, stage=stage)
    run.change(waiting=CIRCLING, stage_entered_at=run.now, due_at=None)
    run.draft.recheck(run.now + CIRCLES_REST)
    return False


def _move(run: Run) -> bool:
    """One move; False when nothing more happens now."""
    stage = run.stage
    if stage is None:
        run.end("stage_removed", stage=run.now_is.stage)
        return True
    if stage.id != run.now_is.stage:
        run.change(stage=stage.id)
    if stage.advance is not None and run.holds(stage.advance):
        following = run.campaign.next_stage(stage.id)
        if following is not None:
            return _enter(run, following, "advanced", run.explain(stage.advance))
    step = _current_step(run, stage)
    return _perform(run, stage, step) if step is not None else _run_out(run, stage)


def _enter(run: Run, stage: Stage, code: str, because: str, **data: object) -> bool:
    if stage.id in run.entered_now:
        return _circle(run, stage.id)
    run.tell(code, frm=run.now_is.stage, to=stage.id, because=because, **data)
    run.enter_stage(stage)
    return True


def _current_step(run: Run, stage: Stage) -> Step | None:
    """The step where the enrollment stands, or if that is gone (or was sent by another run's stream) the next one."""
    name = run.now_is.step
    found = stage.step(name) or stage.step(step_now(run.campaign, name)) if name else None
    if found is not None and stage.cadence is not None and _sent_by_another(run, found):
        found = None
    if found is None:
        passed = [step_now(run.campaign, old) for old in run.now_is.passed]
        found = step_after(stage, passed, run.already_had)
        if found is not None:
            run.change(step=found.id, due_at=None, waiting="")
    elif found.id != name:
        run.change(step=found.id)
    return found


def _sent_by_another(run: Run, step: Step) -> bool:
    return isinstance(step, EmailStep) and run.already_had(step) and run.delivery(step) is None


def _perform(run: Run, stage: Stage, step: Step) -> bool:
    """Do the step if it is due. What was begun is only followed up: no date, lateness or condition undoes it."""
    if not _begun(run, step):
        due = due_at(run, stage, step)
        if due is None or due > run.now:
            run.draft.recheck(due)
            return False
        if skip_if_late(run, stage, step, due):
            return True
        if step.when is not None and not run.holds(step.when):
            run.tell("skipped", step=step.id, rule=step.when.source, because=run.explain(step.when))
            run.pass_step(step, run.now)
            return True
    return _follow(run, step, step.perform(run))


def _begun(run: Run, step: Step) -> bool:
    begun = run.delivery(step) if isinstance(step, EmailStep) else run.action(step)
    return begun is not None


def _follow(run: Run, step: Step, outcome: Outcome) -> bool:
    match outcome:
        case Done(since=since):
            run.pass_step(step, since)
            return True
        case Goto(go=go, because=because):
            return _go(run, go, "branched", because, step=step.id)
        case Waiting(until=until):
            run.draft.recheck(until)
            return False


def _go(run: Run, target: str, code: str, because: str, **data: object) -> bool:
    """Leave the stage for another one, or the campaign."""
    if target == EXIT:
        run.end("exit" if code == "branched" else FINISHED, because=because, **data)
        return True
    stage = stage_now(run.campaign, target)
    if stage is None:
        run.end("stage_removed", stage=target)
        return True
    return _enter(run, stage, code, because, **data)


def _run_out(run: Run, stage: Stage) -> bool:
    """The stage has no step left: hold, exit or go on, after the time that its author set."""
    out = stage.exhausted
    if run.now_is.step:
        run.change(step="", due_at=None, waiting="")
    if out is None:
        if stage.advance is None and run.campaign.next_stage(stage.id) is None:
            run.end(FINISHED, because="its last step is done")
            return True
        return _hold(run, stage)
    due = run.after(run.now_is.since, out.after) if out.after is not None else run.now_is.since
    if due > run.now:
        return _await_end(run, due)
    if out.go == HOLD:
        return _hold(run, stage)
    return _go(run, out.go, "exhausted", "its last step is done")


def _await_end(run: Run, due: datetime) -> bool:
    run.draft.recheck(due)
    if run.now_is.due_at != due:
        run.change(due_at=due, waiting="exhausting")
    return False


def _hold(run: Run, stage: Stage) -> bool:
    if run.now_is.waiting != HOLD:
        run.change(waiting=HOLD, due_at=None)
        run.tell("holding", stage=stage.id)
    return False
