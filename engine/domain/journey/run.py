"""One enrollment while it is being decided: the working copy that steps speak to.

Steps ask (`holds`, `delivery`, `may_mail`) and say what should happen (`send`, `act`, `set_fields`, `tell`); nothing is
done here. The lead's other enrollments share one `Draft`, so that a tick sends at most one marketing mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.domain.campaign import Campaign, Stage
from engine.domain.delivery import DeliveryState
from engine.domain.held import Held
from engine.domain.journey import chance
from engine.domain.journey.decision import Act, Handover, Line, Send
from engine.domain.journey.deeds import arrived, last_deed
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Action, Delivery, Enrollment, EnrollmentStatus
from engine.domain.journey.history import Pass
from engine.domain.journey.mailable import MailRequest, first_opening, may_mail
from engine.domain.journey.maturing import LIFECYCLE, move
from engine.domain.journey.ripening import hand_over
from engine.domain.journey.route import names_of, stage_now, step_after
from engine.domain.journey.view import LeadView
from engine.domain.own_events import LOST, RECYCLED
from engine.domain.rules import Rule, evaluate, explain
from engine.domain.steps import EmailStep, Step
from engine.domain.timing import Calendar, Delay, after

T = TypeVar("T")

_HOLDS = {"one_at_a_time": 1, "window": 1, "cap": 2}
"""What holds a mail for a while, the more telling reason higher: which one is met first depends on when one looks."""


class Run:
    """The working copy of one enrollment."""

    __slots__ = ("_acted", "_sent", "before", "campaign", "draft", "entered_now", "now_is", "view")

    def __init__(self, draft: Draft, campaign: Campaign, enrollment: Enrollment) -> None:
        self.draft = draft
        self.campaign = campaign
        self.before: Enrollment | None = enrollment if enrollment.id is not None else None
        self.now_is = enrollment
        self.view = LeadView(draft.facts, enrollment, campaign, draft.fields, history=draft.history)
        self.entered_now = set() if enrollment.id is not None else {enrollment.stage}
        self._sent: dict[Pass, Delivery] = {}
        self._acted: dict[Pass, Action] = {}

    # What steps and the journey ask

    @property
    def now(self) -> datetime:
        return self.draft.now

    @property
    def stage(self) -> Stage | None:
        return stage_now(self.campaign, self.now_is.stage)

    @property
    def zone(self) -> ZoneInfo:
        return self.draft.zone(self.campaign)

    @property
    def calendar(self) -> Calendar:
        return self.draft.programme.policy.calendar(self.draft.facts.lead.country)

    @property
    def active(self) -> bool:
        return self.now_is.status is EnrollmentStatus.ACTIVE

    @property
    def left_to_sales(self) -> bool:
        """Whether sales has the lead, and this campaign leaves it alone meanwhile; one that only answers goes on."""
        return self.draft.with_sales and self.campaign.id not in self.draft.programme.answering

    @property
    def ended(self) -> bool:
        return self.now_is.status is EnrollmentStatus.ENDED

    @property
    def changed(self) -> bool:
        return self.now_is != self.before

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
        return self._known(self.draft.history.mails, step) or self._sent.get(self._pass(step))

    def action(self, step: Step) -> Action | None:
        """What this pass of the step asked for outside, if it did."""
        return self._known(self.draft.history.actions, step) or self._acted.get(self._pass(step))

    def already_had(self, step: Step) -> bool:
        """Whether the lead got this mail in any run of the campaign, gets it, or may have got it."""
        had, campaign = self.draft.history.had, self.campaign
        if not isinstance(step, EmailStep) or step.repeat:
            return False
        return any((campaign.id, name) in had for name in names_of(campaign, step.id))

    def had_elsewhere(self, step: EmailStep) -> bool:
        """Whether a lead that sales gave back got the same mail, of this theme, in another campaign before."""
        number = self.now_is.trigger_event
        if number is None or not self._is_recycled(number):
            return False
        campaigns, theme = self.draft.programme.campaigns, self.campaign.theme
        return any(
            mail == step.mail and name in campaigns and campaigns[name].theme == theme
            for name, mail in self.draft.history.had_mails
        )

    def _is_recycled(self, event: int) -> bool:
        by_name = self.draft.history.by_name
        return any(back.id == event for name in (RECYCLED, LOST) for back in by_name.get(name, ()))

    def is_of_earlier_visit(self, instant: datetime) -> bool:
        """Whether that was before this visit of the stage began; what is decided now never was."""
        return instant < min(self.now_is.stage_entered_at, self.now)

    def may_mail(self, step: EmailStep) -> Held | None:
        return may_mail(self._request(step))

    def opening(self, step: Step, due: datetime) -> datetime:
        """When the step can be done that is due then: at once, or for marketing mail when its window is open."""
        if not isinstance(step, EmailStep):
            return due
        return first_opening(self._request(step), due) or due

    def expires_at(self, step: Step) -> datetime | None:
        """When the step's mail is no longer worth sending, counted from when it was first due."""
        if step.expires is None:
            return None
        return self.after(self.now_is.due_at or self.now, step.expires)

    def _request(self, step: EmailStep) -> MailRequest:
        return MailRequest(self.draft, self.campaign, step, self.now_is.holdout, self.holds)

    def _pass(self, step: Step) -> Pass:
        return self.now_is.id, step.id, self.occurrence(step)

    def _known(self, past: Mapping[Pass, T], step: Step) -> T | None:
        """What is known of this pass, under any name that the step ever had."""
        found = past.get(self._pass(step))
        if found is not None or not self.campaign.moved:
            return found
        number, occurrence = self.now_is.id, self.occurrence(step)
        passes = ((number, name, occurrence) for name in names_of(self.campaign, step.id))
        return next((past[one] for one in passes if one in past), None)

    # What they say should happen

    def send(self, step: EmailStep) -> None:
        occurrence = self.occurrence(step)
        self.draft.sends.append(
            Send(
                campaign=self.campaign.id,
                run=self.now_is.run,
                stage=self.now_is.stage,
                step=step.id,
                occurrence=occurrence,
                mail=step.mail,
                topic=self.campaign.theme,
                kind=step.mail_kind,
                thread=step.thread,
                variants={part: self._variant(step, part) for part in step.variants},
                expires_at=self.expires_at(step),
            )
        )
        self._sent[self._pass(step)] = Delivery(
            self.now_is.id or 0,
            self.campaign.id,
            step.id,
            occurrence,
            step.mail,
            step.mail_kind,
            DeliveryState.DUE,
            self.now,
        )
        self.change(waiting="delivery")

    def _variant(self, step: EmailStep, part: str) -> int:
        """The winner, once there is one; until then each lead's own."""
        won = self.draft.programme.winner(self.campaign, step, part)
        if won is not None:
            return won[0]
        return chance.variant(self.campaign.id, step.id, self.draft.facts.lead.id, len(step.variants[part]))

    def hold(self, step: EmailStep, held: Held) -> None:
        """Say once why the mail waits, and once more if a cap turns out to hold it longer."""
        if _HOLDS[held.reason] > _HOLDS.get(self.now_is.waiting, 0):
            self.tell("held", step=step.id, mail=step.mail, why=held.reason, until=held.until, **held.data)
            self.change(waiting=held.reason)

    def act(self, step: Step, payload: Mapping[str, object], deadline: datetime | None = None) -> None:
        occurrence = self.occurrence(step)
        self.draft.actions.append(
            Act(self.campaign.id, self.now_is.run, step.id, occurrence, step.kind, payload, deadline)
        )
        self._acted[self._pass(step)] = Action(self.now_is.id or 0, step.id, occurrence, deadline)
        self.tell(step.kind, step=step.id, **payload)

    def hand_off(self, to: str, note: str) -> None:
        where = f"{self.campaign.id}/{self.now_is.step}"
        deed = last_deed(self.draft)
        hand_over(
            self.draft,
            Handover(
                rule=f"step {where}",
                because=f"came to the step {where}",
                ripened_at=arrived(deed) if deed is not None else self.now,
                campaign=self.campaign.id,
                run=self.now_is.run,
                theme=self.campaign.theme,
                to=to,
                note=note,
            ),
        )

    def set_fields(self, values: Mapping[str, object]) -> None:
        """Set fields; the stage of the lifecycle only where config lets the lead go there."""
        if LIFECYCLE in values:
            move(self.draft, str(values[LIFECYCLE]), f"step {self.campaign.id}/{self.now_is.step}")
        self.draft.set_fields({name: value for name, value in values.items() if name != LIFECYCLE})

    def tell(self, code: str, **data: object) -> None:
        self.draft.lines.append(Line(self.now, code, self.campaign.id, self.now_is.run, data))

    # How the enrollment moves

    def change(self, **values: object) -> None:
        self.now_is = replace(self.now_is, **values)
        self.view.enrollment = self.now_is

    def enter_stage(self, stage: Stage) -> None:
        """Begin the stage now, as one more visit."""
        self.entered_now.add(stage.id)
        first = step_after(stage, (), self.already_had)
        self.change(
            stage=stage.id,
            stage_entered_at=self.now,
            since=self.now,
            step=first.id if first else "",
            visit=self.now_is.visit + 1,
            passed=(),
            due_at=None,
            waiting="",
        )

    def pass_step(self, step: Step, since: datetime) -> None:
        """The step is over: the next one of this stage follows, its wait counting from `since`."""
        passed = (*self.now_is.passed, step.id)
        stage = self.stage
        following = step_after(stage, passed, self.already_had) if stage else None
        self.change(
            passed=passed,
            step=following.id if following else "",
            since=max(since, self.now_is.since),
            due_at=None,
            waiting="",
        )

    def end(self, why: str, **data: object) -> None:
        self.change(status=EnrollmentStatus.ENDED, ended_at=self.now, ended_why=why, due_at=None, step="", waiting="")
        self.draft.stirs += 1
        self.tell("ended", why=why, **data)
