"""`decide`: what happens to a lead now, and why. Pure and total; nothing else in Ripeline decides.

The daemon, simulation, scenario tests, `plan` and `why` all call it with the lead's whole bundle of facts. It admits
the lead where a campaign lets it in, moves every enrollment as far as it goes now, and says when to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from engine.domain.campaign import Campaign
from engine.domain.journey.admission import admit
from engine.domain.journey.decision import Decision
from engine.domain.journey.facts import Enrollment, EnrollmentStatus, LeadFacts
from engine.domain.journey.lanes import who_waits
from engine.domain.journey.programme import Programme
from engine.domain.journey.progress import leave_if_done, proceed
from engine.domain.journey.run import Draft, Run


def decide(facts: LeadFacts, programme: Programme, now: datetime) -> Decision:
    """What happens to this lead at `now` (UTC) under this programme.

    Deciding again on the facts that follow from a decision changes nothing more: the function is idempotent.
    """
    draft = Draft(facts, programme, now)
    runs = [*_current_runs(draft), *_new_runs(draft)]
    for run in runs:
        leave_if_done(run)
    waits = who_waits(draft, runs)
    for run in _by_priority(run for run in runs if not run.ended):
        _stand(run, waits.get(id(run), ""))
        if run.now_is.status is EnrollmentStatus.ACTIVE:
            proceed(run)
    return _decision(draft, runs)


def _current_runs(draft: Draft) -> list[Run]:
    runs = []
    for enrollment in draft.facts.enrollments:
        campaign = draft.programme.campaigns.get(enrollment.campaign)
        if campaign is not None and enrollment.status is not EnrollmentStatus.ENDED:
            runs.append(Run(draft, campaign, enrollment))
    return runs


def _new_runs(draft: Draft) -> list[Run]:
    runs: list[Run] = []
    for campaign in draft.programme.campaigns.values():
        if draft.programme.admits(campaign.id):
            runs.extend(_welcome(draft, campaign, enrollment) for enrollment in admit(draft, campaign))
    return runs


def _welcome(draft: Draft, campaign: Campaign, enrollment: Enrollment) -> Run:
    run = Run(draft, campaign, replace(enrollment, waiting=""))
    run.tell("entered", because=enrollment.waiting, stage=enrollment.stage)
    if enrollment.holdout:
        run.tell("held_out", share=campaign.holdout)
    return run


def _by_priority(runs: Iterable[Run]) -> list[Run]:
    """Campaigns of high priority first, so that theirs is the one mail of this tick."""
    return sorted(runs, key=lambda run: (-run.campaign.priority, run.now_is.entered_at, run.campaign.id))


def _stand(run: Run, why_paused: str) -> None:
    """Pause in place or run again, saying so once."""
    paused = run.now_is.status is EnrollmentStatus.PAUSED
    if why_paused and (not paused or run.now_is.waiting != why_paused):
        run.change(status=EnrollmentStatus.PAUSED, waiting=why_paused)
        run.tell("paused", why=why_paused)
    elif paused and not why_paused:
        run.change(status=EnrollmentStatus.ACTIVE, waiting="")
        run.tell("resumed")


def _decision(draft: Draft, runs: list[Run]) -> Decision:
    return Decision(
        enrollments=tuple(run.now_is for run in runs if run.changed),
        sends=tuple(draft.sends),
        actions=tuple(draft.actions),
        fields=draft.fields,
        handed_off=draft.handed_off,
        lines=tuple(draft.lines),
        recheck_at=min(draft.rechecks, default=None),
    )
