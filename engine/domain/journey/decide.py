"""`decide`: what happens to a lead now, and why. Pure and total; nothing else in Ripeline decides.

The daemon, simulation, scenario tests, `plan` and `why` all call it with the lead's whole bundle of facts. It admits
the lead where a campaign lets it in, moves every enrollment as far as it goes now, and says when to look again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.campaign import Campaign
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.journey.admission import admit
from engine.domain.journey.decision import Decision, Send, Withdrawn
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Delivery, Enrollment, EnrollmentStatus, LeadFacts
from engine.domain.journey.lanes import HANDED_OFF, rank, who_waits
from engine.domain.journey.programme import Programme
from engine.domain.journey.progress import leave_if_done, proceed
from engine.domain.journey.route import step_now
from engine.domain.journey.run import Run
from engine.domain.journey.standing import stand
from engine.domain.steps import HandoffStep

ROUNDS = 12
"""How often all runs are asked in one look, while what one does stirs the others (a field set, a lane freed)."""

LOOK_AGAIN = timedelta(minutes=1)
"""After that many rounds the rest is left to a later look."""


def decide(facts: LeadFacts, programme: Programme, now: datetime) -> Decision:
    """What happens to this lead at `now` (UTC) under this programme.

    Deciding again on the facts that follow from a decision changes nothing more: the function is idempotent.
    """
    draft = Draft(facts, programme, now)
    runs = [Run(draft, _campaign(programme, e), e) for e in facts.enrollments if e.status is not EnrollmentStatus.ENDED]
    for _ in range(ROUNDS):
        stirs = draft.stirs
        _ask_all(draft, runs)
        if draft.stirs == stirs:
            break
    else:
        draft.recheck(now + LOOK_AGAIN)
    return _decision(draft, runs)


def _campaign(programme: Programme, enrollment: Enrollment) -> Campaign:
    """The campaign, or an empty one in place of one that a bundle took away: its runs wait until it comes back."""
    return programme.campaigns.get(enrollment.campaign) or Campaign(enrollment.campaign, enrollment.campaign, ())


def _ask_all(draft: Draft, runs: list[Run]) -> None:
    """See how the lead stands, let it in, let it leave, and move every run that may move, high priority first."""
    stand(draft)
    runs.extend(_new_runs(draft))
    for run in runs:
        if not run.ended:
            leave_if_done(run)
    open_runs = sorted((run for run in runs if not run.ended), key=rank)
    waits = who_waits(draft, open_runs)
    for run in open_runs:
        _stand(run, waits.get(id(run), ""))
        if run.active:
            proceed(run)
    _remember(draft, runs)


def _new_runs(draft: Draft) -> Iterator[Run]:
    for campaign in draft.programme.campaigns.values():
        if draft.programme.admits(campaign.id):
            for enrollment, because in admit(draft, campaign):
                yield _welcome(Run(draft, campaign, enrollment), because)


def _welcome(run: Run, because: str) -> Run:
    """A run begun. Lanes see it in this round already; others only where a rule asks in which campaigns a lead is."""
    run.draft.stirs += run.draft.programme.asks_for_runs
    run.tell("entered", because=because, stage=run.now_is.stage)
    if run.now_is.holdout:
        run.tell("held_out", share=run.campaign.holdout)
    return run


def _stand(run: Run, why_paused: str) -> None:
    """Pause in place or run again, saying so once."""
    paused = run.now_is.status is EnrollmentStatus.PAUSED
    if why_paused and (not paused or run.now_is.waiting != why_paused):
        run.change(status=EnrollmentStatus.PAUSED, waiting=why_paused)
        run.tell("paused", why=why_paused)
    elif paused and not why_paused:
        # A stream that stood still goes on at a slot to come, not in between two.
        stage = run.stage
        streams = stage is not None and stage.cadence is not None
        due_at = None if streams else run.now_is.due_at
        why = run.now_is.waiting
        run.change(status=EnrollmentStatus.ACTIVE, waiting="", due_at=due_at)
        if why == HANDED_OFF and _ends_with_handoff(run):
            run.change(since=run.now, due_at=None)  # the hand-off was over when sales gave the lead back
        run.tell("resumed", why=why)


def _ends_with_handoff(run: Run) -> bool:
    """Whether the last step that this run has done gave the lead to sales."""
    stage, passed = run.stage, run.now_is.passed
    last = stage.step(step_now(run.campaign, passed[-1])) if stage is not None and passed else None
    return isinstance(last, HandoffStep)


def _remember(draft: Draft, runs: list[Run]) -> None:
    """Show the next round how the runs are now."""
    if draft.stirs:
        ended = [e for e in draft.facts.enrollments if e.status is EnrollmentStatus.ENDED]
        draft.history.enrollments = (*ended, *(run.now_is for run in runs))


def _decision(draft: Draft, runs: list[Run]) -> Decision:
    return Decision(
        enrollments=tuple(run.now_is for run in runs if run.changed),
        sends=_still_wanted(draft, runs),
        actions=tuple(draft.actions),
        fields=draft.own_fields,
        handed_off=draft.handed_off,
        score=draft.score,
        moved=tuple(draft.moved),
        handover=draft.handover,
        lines=tuple(draft.lines),
        recheck_at=min(draft.rechecks, default=None),
        withdrawn=tuple(_withdrawn(draft, runs)),
    )


def _still_wanted(draft: Draft, runs: list[Run]) -> tuple[Send, ...]:
    """The mails of runs that still stand at them: a later round may have moved, paused or ended one."""
    standing = {(run.campaign.id, run.now_is.run, run.now_is.step) for run in runs if run.active}
    return tuple(send for send in draft.sends if (send.campaign, send.run, send.step) in standing)


def _withdrawn(draft: Draft, runs: list[Run]) -> Iterator[Withdrawn]:
    """Marketing mails not yet begun whose run has gone on without them."""
    waiting = [mail for mail in draft.facts.deliveries if mail.state in _NOT_BEGUN and mail.kind is MailKind.MARKETING]
    if not waiting:
        return
    known = {e.id: e for e in draft.facts.enrollments} | {run.now_is.id: run.now_is for run in runs}
    for mail in waiting:
        enrollment = known.get(mail.enrollment)
        reason = _left_behind(draft.programme, enrollment, mail) if enrollment is not None else ""
        if reason:
            yield Withdrawn(mail.enrollment, mail.step, mail.occurrence, reason)


def _left_behind(programme: Programme, enrollment: Enrollment, mail: Delivery) -> str:
    if enrollment.status is EnrollmentStatus.ENDED:
        return f"the lead left the campaign: {enrollment.ended_why}"
    if step_now(_campaign(programme, enrollment), mail.step) == enrollment.step:
        return ""
    return f"the lead moved on to {enrollment.stage}"


_NOT_BEGUN = (DeliveryState.DUE, DeliveryState.DEFERRED)
