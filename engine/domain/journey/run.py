"""One enrollment while it is being decided: the working copy that steps speak to.

Steps ask (`holds`, `delivery`, `may_mail`) and say what should happen (`send`, `act`, `set_fields`, `tell`); nothing is
done here. The lead's other enrollments share one `Draft`, so that a tick sends at most one marketing mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.domain.campaign import Campaign, Stage
from engine.domain.delivery import MailKind
from engine.domain.journey import chance
from engine.domain.journey.decision import Act, Line, Send
from engine.domain.journey.facts import Action, Delivery, Enrollment, EnrollmentStatus, LeadFacts
from engine.domain.journey.mailable import Held, MailRequest, may_mail, window_zone
from engine.domain.journey.programme import Programme
from engine.domain.journey.view import LeadView
from engine.domain.rules import Rule, evaluate, explain
from engine.domain.steps import EmailStep, Step
from engine.domain.timing import Calendar, Delay, after


@dataclass
class Draft:
    """What one decision gathers over all enrollments of the lead."""

    facts: LeadFacts
    programme: Programme
    now: datetime
    sends: list[Send] = field(default_factory=list)
    actions: list[Act] = field(default_factory=list)
    fields: dict[str, object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    handed_off: bool = False
    rechecks: list[datetime] = field(default_factory=list)

    def zone(self, campaign: Campaign) -> ZoneInfo:
        """The zone in which the lead's days and hours are counted in this campaign."""
        return window_zone(campaign.window, self.facts.lead, self.programme)

    def recheck(self, instant: datetime | None) -> None:
        """Look at the lead again at this instant; only the future counts."""
        if instant is not None and instant > self.now:
            self.rechecks.append(instant)


class Run:
    """The working copy of one enrollment."""

    def __init__(self, draft: Draft, campaign: Campaign, enrollment: Enrollment) -> None:
        self.draft = draft
        self.campaign = campaign
        self.before: Enrollment | None = enrollment if enrollment.id is not None else None
        self.now_is = enrollment
        self.view = LeadView(draft.facts, enrollment, campaign, draft.fields)

    # What steps and the journey ask

    @property
    def now(self) -> datetime:
        return self.draft.now

    @property
    def stage(self) -> Stage | None:
        return self.campaign.stage(self.now_is.stage)

    @property
    def zone(self) -> ZoneInfo:
        return self.draft.zone(self.campaign)

    @property
    def calendar(self) -> Calendar:
        return self.draft.programme.policy.calendar(self.draft.facts.lead.country)

    def holds(self, rule: Rule) -> bool:
        """Whether the rule holds now; when time alone may turn it, the lead is looked at again then."""
        verdict = evaluate(rule, self.view, self.now)
        self.draft.recheck(verdict.turns_at)
        return verdict.holds

    def explain(self, rule: Rule) -> str:
        return explain(rule, self.view, self.now)

    def after(self, start: datetime, delay: Delay) -> datetime:
        return after(start, delay, self.zone, self.calendar)

    def occurrence(self, step: Step) -> int:
        """Which pass of this step it is: always the first, unless the step repeats on each visit of its stage."""
        return self.now_is.visit if getattr(step, "repeat", False) or not isinstance(step, EmailStep) else 1

    def delivery(self, step: EmailStep) -> Delivery | None:
        """This pass's mail of the step, if it was ever decided."""
        if self.now_is.id is None:
            return None
        wanted = (self.now_is.id, step.id, self.occurrence(step))
        return next((d for d in self.draft.facts.deliveries if (d.enrollment, d.step, d.occurrence) == wanted), None)

    def already_had(self, step: EmailStep) -> bool:
        """Whether a stream already sent this mail to the lead in any earlier run."""
        stage = self.stage
        if stage is None or stage.cadence is None:
            return False
        return any(
            d.campaign == self.campaign.id and d.step == step.id and d.state.counts_for_caps
            for d in self.draft.facts.deliveries
        )

    def action(self, step: Step) -> Action | None:
        wanted = (self.now_is.id, step.id, self.occurrence(step))
        return next((a for a in self.draft.facts.actions if (a.enrollment, a.step, a.occurrence) == wanted), None)

    def may_mail(self, step: EmailStep) -> Held | None:
        sending = sum(send.kind is MailKind.MARKETING for send in self.draft.sends)
        return may_mail(
            MailRequest(
                facts=self.draft.facts,
                programme=self.draft.programme,
                campaign=self.campaign,
                step=step,
                now=self.now,
                holdout=self.now_is.holdout,
                already_sending=sending,
                holds=self.holds,
            )
        )

    def expires_at(self, step: Step) -> datetime | None:
        """When the step's mail is no longer worth sending, counted from when it was first due."""
        if step.expires is None:
            return None
        return self.after(self.now_is.due_at or self.now, step.expires)

    # What they say should happen

    def send(self, step: EmailStep) -> None:
        lead = self.draft.facts.lead.id
        variants = {
            part: chance.variant(self.campaign.id, step.id, lead, len(choices))
            for part, choices in step.variants.items()
        }
        self.draft.sends.append(
            Send(
                campaign=self.campaign.id,
                run=self.now_is.run,
                stage=self.now_is.stage,
                step=step.id,
                occurrence=self.occurrence(step),
                mail=step.mail,
                topic=self.campaign.theme,
                kind=step.mail_kind,
                thread=step.thread,
                variants=variants,
                expires_at=self.expires_at(step),
            )
        )
        self.change(waiting="delivery")

    def hold(self, step: EmailStep, held: Held) -> None:
        """Say once why the mail waits."""
        if self.now_is.waiting != held.reason:
            self.tell("held", step=step.id, mail=step.mail, why=held.reason, until=held.until, **held.data)
        self.change(waiting=held.reason)

    def act(self, step: Step, payload: Mapping[str, object], deadline: datetime | None = None) -> None:
        occurrence = self.occurrence(step)
        self.draft.actions.append(
            Act(self.campaign.id, self.now_is.run, step.id, occurrence, step.kind, payload, deadline)
        )
        self.tell(step.kind, step=step.id, **payload)

    def hand_off(self) -> None:
        self.draft.handed_off = True

    def set_fields(self, values: Mapping[str, object]) -> None:
        self.draft.fields.update(values)

    def tell(self, code: str, **data: object) -> None:
        self.draft.lines.append(Line(self.now, code, self.campaign.id, self.now_is.run, data))

    # How the enrollment moves

    def change(self, **values: object) -> None:
        self.now_is = replace(self.now_is, **values)  # type: ignore[arg-type]
        self.view.enrollment = self.now_is

    @property
    def changed(self) -> bool:
        return self.now_is != self.before

    @property
    def ended(self) -> bool:
        return self.now_is.status is EnrollmentStatus.ENDED

    def enter_stage(self, stage: Stage, since: datetime) -> None:
        first = stage.steps[0].id if stage.steps else ""
        self.change(
            stage=stage.id,
            stage_entered_at=since,
            since=since,
            step=first,
            visit=self.now_is.visit + 1,
            passed=(),
            due_at=None,
            waiting="",
        )

    def pass_step(self, step: Step, since: datetime) -> None:
        """The step is over: the next one that was not passed yet follows."""
        passed = (*self.now_is.passed, step.id)
        stage = self.stage
        following = next((s.id for s in stage.steps if s.id not in passed), "") if stage else ""
        self.change(passed=passed, step=following, since=max(since, self.now_is.since), due_at=None, waiting="")

    def end(self, why: str, **data: object) -> None:
        self.change(status=EnrollmentStatus.ENDED, ended_at=self.now, ended_why=why, due_at=None, step="", waiting="")
        self.tell("ended", why=why, **data)
