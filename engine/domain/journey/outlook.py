"""What comes next for a lead: `decide` itself, asked forward on a copy of the facts, as if the lead stayed silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.domain.campaign import Campaign, Stage
from engine.domain.delivery import DeliveryState
from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Decision, Send
from engine.domain.journey.facts import Action, Delivery, Enrollment, EnrollmentStatus, Lead, LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.journey.route import stage_now
from engine.domain.journey.telling import Told, why_no_mail, why_paused
from engine.domain.leadfields import BUILTINS
from engine.domain.steps import BranchStep
from engine.domain.steps.base import UntilEvent
from engine.domain.timing import closes_at, tell_instant, zone_for

HORIZON = timedelta(days=400)
LOOKS = 100
"""How far, and in how many looks, the future is played; behind that a run is told to wait."""

_SOME_DAY = datetime.max.replace(tzinfo=UTC)

RunKey = tuple[str, int]
"""A campaign and the number of the lead's run in it."""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next in one run.

    `kind` is mail, task, notify, webhook, handoff, ends, paused, waits, passes (a mail's turn comes, and it is not
    sent), or never (a mail that will not go, and why).
    `at` is when, until `closes` at the latest where a window does; `unless` are the rules that would change it,
    `sooner` the one that would bring it on.
    """

    campaign: str
    run: int
    kind: str
    what: str = ""
    at: datetime | None = None
    closes: datetime | None = None
    because: str = ""
    unless: str = ""
    sooner: str = ""


@dataclass
class _Future:
    """The play of a silent future: who has an answer already, which mails never go for which reason, which one a run
    passes first without sending it, and where each run stands at present."""

    programme: Programme
    facts: LeadFacts
    answers: list[Next] = field(default_factory=list)
    answered: set[RunKey] = field(default_factory=set)
    refused: set[tuple[RunKey, str]] = field(default_factory=set)
    passes: dict[RunKey, Next] = field(default_factory=dict)
    present: dict[RunKey, Enrollment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.present = {(run.campaign, run.run): run for run in self.facts.enrollments}

    def answer(self, found: Next) -> None:
        place = (found.campaign, found.run)
        if place not in self.answered:
            self.answered.add(place)
            self.answers.append(found)

    def open_runs(self) -> Iterator[Enrollment]:
        for run in self.facts.enrollments:
            if run.status is not EnrollmentStatus.ENDED and (run.campaign, run.run) not in self.answered:
                yield run


def outlook(facts: LeadFacts, programme: Programme, now: datetime) -> list[Next]:
    """What comes next in each open run of the lead if nothing happens, soonest first; `never` and waits last."""
    future = _Future(programme, facts)
    known = {(run.campaign, run.run) for run in facts.enrollments if run.status is not EnrollmentStatus.ENDED}
    _on_their_way(future)
    at: datetime | None = now
    for _ in range(LOOKS):
        if at is None or at > now + HORIZON:
            break
        decision = decide(future.facts, programme, at)
        future.facts = as_if_silent(future.facts, decision, at)
        known |= {(run.campaign, run.run) for run in decision.enrollments if at == now}
        _read(future, decision, at)
        if known <= future.answered:
            break
        at = at if decision.sends else decision.recheck_at
    for run in list(future.open_runs()):
        future.answer(future.passes.get((run.campaign, run.run)) or _waiting(run))
    return sorted((found for found in future.answers if (found.campaign, found.run) in known), key=_soonest)


def tell_next(found: Next, zone: ZoneInfo, now: datetime) -> Told:
    """The outlook as one line: "next", "Mon 16 Nov 09:00–17:00 "A case like yours"", "unless …"."""
    when = tell_instant(found.at, zone, now) if found.at is not None else ""
    if found.closes is not None:
        when += f"–{found.closes.astimezone(zone):%H:%M}"
    unless = "; ".join(_would_change(found, now))
    match found.kind:
        case "mail":
            return Told("next", f'{when} "{found.what}"', unless)
        case "passes":
            return Told("next", f'{when} passes "{found.what}"', f"it is not sent: {found.because}")
        case "never":
            return Told("never", f'"{found.what}"', found.because)
        case "paused" | "waits":
            return Told(found.kind, found.campaign, found.because)
        case "ends":
            return Told("next", f"{when} leaves {found.campaign}", found.because)
        case "handoff" | "webhook":
            to = "hand-off to" if found.kind == "handoff" else "post to"
            return Told("next", f"{when} {to} {found.what}", unless)
        case kind:
            return Told("next", f'{when} {_ERRANDS.get(kind, kind)} "{found.what}"', unless)


_ERRANDS = {"notify": "notice"}


def _would_change(found: Next, now: datetime) -> Iterator[str]:
    if found.sooner and found.at is not None and found.at > now:
        yield f"sooner if {found.sooner}"
    if found.unless:
        yield f"unless {found.unless}"


def _soonest(found: Next) -> tuple[bool, datetime, str]:
    return found.kind == "never", found.at or _SOME_DAY, found.campaign


def _on_their_way(future: _Future) -> None:
    """Mails that are decided already come next, at once."""
    runs = {run.id: run for run in future.facts.enrollments}
    for mail in future.facts.deliveries:
        run = runs.get(mail.enrollment)
        if run is not None and mail.in_flight and run.status is EnrollmentStatus.ACTIVE:
            future.answer(Next(run.campaign, run.run, "mail", mail.mail, mail.created_at, because="on its way"))


def _read(future: _Future, decision: Decision, at: datetime) -> None:
    for send in decision.sends:
        future.answer(_mail(future, send, at))
    for act in decision.actions:
        unless = _unless(future, (act.campaign, act.run), act.step)
        what = str(act.payload.get("text") or act.payload.get("to") or act.step)
        future.answer(Next(act.campaign, act.run, act.kind, what, at, unless=unless))
    for line in decision.lines:
        if line.code == "dropped":
            because = why_no_mail(str(line.data["why"]), line.data)
            _refused(future, (line.campaign, line.run), str(line.data["mail"]), because, at)
        elif line.code == "ended":
            because = str(line.data.get("because") or line.data["why"])
            future.answer(Next(line.campaign, line.run, "ends", at=at, because=because))
    for run in list(future.open_runs()):
        if run.status is EnrollmentStatus.PAUSED:
            because = why_paused(run.waiting, run.campaign, future.programme)
            future.answer(Next(run.campaign, run.run, "paused", run.step, because=because))


def _refused(future: _Future, place: RunKey, mail: str, because: str, at: datetime) -> None:
    future.passes.setdefault(place, Next(*place, "passes", mail, at, because=because))
    if (place, because) not in future.refused:
        future.refused.add((place, because))
        future.answers.append(Next(*place, "never", mail, because=because))


def _mail(future: _Future, send: Send, at: datetime) -> Next:
    campaign = future.programme.campaigns[send.campaign]
    closes = None
    if campaign.window is not None:
        zone = zone_for(campaign.window, future.facts.lead.zone or None, future.programme.policy.zone)
        closes = closes_at(at, campaign.window, zone)
    unless = _unless(future, (send.campaign, send.run), send.step)
    sooner = _sooner(campaign, send.step)
    return Next(send.campaign, send.run, "mail", send.mail, at, closes, unless=unless, sooner=sooner)


def _sooner(campaign: Campaign, name: str) -> str:
    """The rule that a step waits for, at most so long."""
    waits = [step.wait for _, step in campaign.steps() if step.id == name]
    return waits[0].until.source if waits and isinstance(waits[0], UntilEvent) else ""


def _unless(future: _Future, place: RunKey, step: str) -> str:
    """What would change it: rules of the stage where the run stands now, its branches before that step, its exit."""
    campaign = future.programme.campaigns[place[0]]
    run = future.present.get(place)
    stage = stage_now(campaign, run.stage) if run is not None else campaign.first_stage
    rules = [f"advance: {stage.advance.source}"] if stage is not None and stage.advance is not None else []
    rules += [f"branch: {when}" for when in _branches(stage, run.step if run is not None else "", step)]
    rules += [f"exit: {campaign.exit.source}"] if campaign.exit is not None else []
    return ", or ".join(rules)


def _branches(stage: Stage | None, frm: str, to: str) -> Iterator[str]:
    """The conditions of the branches between two steps of a stage, as they stand in the file."""
    ids = [step.id for step in stage.steps] if stage is not None else []
    first = ids.index(frm) if frm in ids else 0
    last = ids.index(to) if to in ids else len(ids)
    for step in stage.steps[first:last] if stage is not None else ():
        if isinstance(step, BranchStep):
            yield from (arm.when.source for arm in step.arms if arm.when is not None)


_WAITS = {
    "hold": "its stage has no further step; what is added reaches it",
    "date_unknown": "the lead has no date from which its next step counts",
    "going_in_circles": "the campaign goes in circles without waiting",
}


def _waiting(run: Enrollment) -> Next:
    because = _WAITS.get(run.waiting, f"for '{run.step}'" if run.step else "for something to happen")
    return Next(run.campaign, run.run, "waits", run.step, run.due_at, because=because)


def as_if_silent(facts: LeadFacts, decision: Decision, now: datetime) -> LeadFacts:
    """The facts after this decision, if every mail is accepted at once and nobody does anything."""
    runs = _runs_after(facts, decision)
    deliveries, actions = facts.deliveries, facts.actions
    if any(mail.in_flight for mail in deliveries):
        deliveries = tuple(_accepted(mail, now) if mail.in_flight else mail for mail in deliveries)
    if decision.sends or decision.actions:
        numbers = {(run.campaign, run.run): run.id or 0 for run in runs}
        deliveries += tuple(_sent(send, numbers[send.campaign, send.run], now) for send in decision.sends)
        actions += tuple(
            Action(numbers[act.campaign, act.run], act.step, act.occurrence, act.deadline) for act in decision.actions
        )
    lead = _with_fields(facts.lead, decision, now) if decision.fields or decision.handed_off else facts.lead
    if decision.score is not None:
        lead = replace(lead, score=decision.score.score, fit=decision.score.fit)
    return replace(facts, lead=lead, enrollments=runs, deliveries=deliveries, actions=actions)


def _runs_after(facts: LeadFacts, decision: Decision) -> tuple[Enrollment, ...]:
    """The runs after this decision; new ones get the numbers behind all others."""
    if not decision.enrollments:
        return facts.enrollments
    runs = {(run.campaign, run.run): run for run in facts.enrollments}
    number = max((run.id or 0 for run in facts.enrollments), default=0)
    for run in decision.enrollments:
        number += run.id is None
        runs[run.campaign, run.run] = run if run.id else replace(run, id=number)
    return tuple(runs.values())


def _accepted(mail: Delivery, now: datetime) -> Delivery:
    return replace(mail, state=DeliveryState.SENT, finished_at=now)


def _sent(send: Send, enrollment: int, now: datetime) -> Delivery:
    what = (send.campaign, send.step, send.occurrence, send.mail, send.kind)
    return Delivery(enrollment, *what, DeliveryState.SENT, now, now)


def _with_fields(lead: Lead, decision: Decision, now: datetime) -> Lead:
    """The lead as this decision leaves it: its own columns, its declared fields, and whether sales has it."""
    own = {name: str(value) for name, value in decision.fields.items() if name in BUILTINS}
    declared = {name: value for name, value in decision.fields.items() if name not in BUILTINS}
    handed_off_at = now if decision.handed_off else lead.handed_off_at
    since = now if decision.moved else lead.lifecycle_since
    found = replace(lead, handed_off_at=handed_off_at, lifecycle_since=since, **own)
    return replace(found, fields={**lead.fields, **declared})
