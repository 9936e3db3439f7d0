"""A world small enough for tests: campaigns with real rules, and a lead whose life is played on explicit instants.

`Play` does to a lead's facts what the store does to its rows: new enrollments get numbers, sends become deliveries,
actions stay open, fields are written, and the lead is looked at again when the decision said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from engine.domain.campaign import Campaign, CampaignState, Exhausted, Reentry, Stage, Trigger
from engine.domain.delivery import TRANSITIONS, DeliveryState, MailKind
from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Decision, Line
from engine.domain.journey.facts import (
    Action,
    Delivery,
    Enrollment,
    EnrollmentStatus,
    Event,
    EventKind,
    Lead,
    LeadFacts,
    Suppression,
)
from engine.domain.journey.programme import Policy, Programme, Standing
from engine.domain.rules import FieldType, Kind, Rule, Scope, parse_counted, parse_rule
from engine.domain.scoring import FitPoints, Points, Scoring
from engine.domain.steps import Arm, BranchStep, EmailStep, SetStep, Step, TaskStep, UntilEvent
from engine.domain.timing import (
    Cap,
    Window,
    parse_at,
    parse_cadence,
    parse_cap,
    parse_delay,
    parse_span,
    parse_window_days,
    parse_window_hours,
)
from engine.errors import Place

MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
"""Monday 2 November 2026, 10:00 UTC: where every story begins."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

FIELDS: Mapping[str, FieldType] = {
    "ripe": FieldType(Kind.BOOLEAN),
    "plan": FieldType(Kind.TEXT),
    "renewal": FieldType(Kind.DATE),
    "birthday": FieldType(Kind.DATE),
    "points": FieldType(Kind.NUMBER),
}
SCOPE = Scope(fields=FIELDS, lifecycle=("subscriber", "mql", "customer"))
IN_CAMPAIGN = replace(SCOPE, in_campaign=True, has_trigger=True, vars={"day": FieldType(Kind.DATE)})
TRIGGERED = replace(SCOPE, has_trigger=True)


def rule(source: str, scope: Scope = IN_CAMPAIGN) -> Rule:
    """A rule as the authoring layer reads it."""
    parsed = parse_rule(source, scope, Place("campaigns/test.toml", 1, 1))
    assert isinstance(parsed, Rule), parsed
    return parsed


def _read(parser: Any, text: str) -> Any:
    parsed = parser(text)
    assert not isinstance(parsed, str), parsed
    return parsed


def points(each: str, worth: float, half_life: str = "30d", *, when: str = "", most: float = 0) -> Points:
    """Points for each time that something happens; they are called by what they count."""
    counted = parse_counted(each, SCOPE, Place("config.toml", 1, 1))
    assert isinstance(counted, Rule), counted
    length = _read(parse_span, half_life).elapsed
    return Points(each, counted, worth, length, rule(when, SCOPE) if when else None, most)


def scoring(*given: Points, fit: Mapping[str, float] | None = None, most: float = 100) -> Scoring:
    """A scheme; `fit` are points by rule."""
    found = tuple(FitPoints(when, rule(when, SCOPE), worth) for when, worth in (fit or {}).items())
    return Scoring(given, found, {"A": 60, "B": 40, "C": 20}, most)


def caps(*texts: str) -> tuple[Cap, ...]:
    return tuple(_read(parse_cap, text) for text in texts)


def window(days: str, hours: str, zone: str = "lead", fallback: str = "") -> Window:
    start, end = _read(parse_window_hours, hours)
    return Window(_read(parse_window_days, days), start, end, zone, fallback)


def _timing(wait: str, until: str, at: str, when: str, expires: str) -> dict[str, Any]:
    waits: Any = _read(parse_delay, wait) if wait else None
    return {
        "wait": UntilEvent(rule(until), waits) if until else waits,
        "at": _read(parse_at, at) if at else None,
        "when": rule(when) if when else None,
        "expires": _read(parse_span, expires) if expires else None,
    }


def email(
    name: str, wait: str = "", *, until: str = "", at: str = "", when: str = "", expires: str = "", **more: Any
) -> EmailStep:
    """A mail step whose id is its mail's name; with `until`, `wait` is the longest wait."""
    if more.pop("operational", False):
        more["mail_kind"] = MailKind.OPERATIONAL
    return EmailStep(id=more.pop("id", name), mail=name, **_timing(wait, until, at, when, expires), **more)


def branch(name: str, wait: str, *arms: tuple[str, str]) -> BranchStep:
    """A branch; an arm is (when, go), and an empty `when` always holds."""
    found = tuple(Arm(go, rule(when) if when else None) for when, go in arms)
    return BranchStep(id=name, arms=found, **_timing(wait, "", "", "", ""))


def setting(name: str, wait: str = "", *, when: str = "", **values: object) -> SetStep:
    return SetStep(id=name, values=values, **_timing(wait, "", "", when, ""))


def task(name: str, max_wait: str, wait: str = "", *, at: str = "") -> TaskStep:
    return TaskStep(id=name, text=f"do {name}", max=_read(parse_delay, max_wait), **_timing(wait, "", at, "", ""))


def stage(
    name: str,
    *steps: Step,
    advance: str = "",
    exhausted: str = "",
    after: str = "",
    cadence: str = "",
) -> Stage:
    """A stage; `exhausted` is where it goes (hold, exit, a stage), `after` how long later."""
    out = Exhausted(exhausted, _read(parse_delay, after) if after else None) if exhausted else None
    return Stage(
        name, steps, rule(advance) if advance else None, out, _read(parse_cadence, cadence) if cadence else None
    )


def campaign(name: str, *stages: Stage, **more: Any) -> Campaign:
    """A live campaign; rules may be given as text, and lets everybody in unless `enter` or `on` is given."""
    more.setdefault("state", CampaignState.LIVE)
    if isinstance(more.get("on"), str):
        more["on"] = Trigger(more["on"], more.pop("key", ""))
    if isinstance(more.get("reenter"), str):
        more["reenter"] = Reentry(_read(parse_span, more["reenter"]))
    if "enter" not in more and "on" not in more:
        more["enter"] = "true"
    if more.get("enter"):
        more["enter"] = rule(more["enter"], TRIGGERED if "on" in more else SCOPE)
    for name_of_rule in ("exit", "goal"):
        if name_of_rule in more:
            more[name_of_rule] = rule(more[name_of_rule])
    return Campaign(name, name.title(), stages, **more)


def programme(*campaigns: Campaign, policy: Policy | None = None, **standings: Standing) -> Programme:
    return Programme(1, {one.id: one for one in campaigns}, policy or Policy(), standings)


def lead(**more: Any) -> Lead:
    values: dict[str, Any] = {"id": 1, "created_at": MONDAY - DAY, "email": "jane@northwind.example", "zone": "UTC"}
    return Lead(**(values | more))


@dataclass
class Sent:
    """A mail as the recipient's mailbox shows it."""

    at: datetime
    campaign: str
    step: str
    occurrence: int


@dataclass
class Play:
    """A lead's life under a programme.

    With `accepts` every mail is accepted by the relay so long after it was decided; None leaves mails due until the
    test says what became of them.
    """

    programme: Programme
    facts: LeadFacts = field(default_factory=lambda: LeadFacts(lead()))
    now: datetime = MONDAY
    accepts: timedelta | None = timedelta(0)
    due_at: datetime | None = None
    lines: list[Line] = field(default_factory=list)
    decisions: list[tuple[datetime, Decision]] = field(default_factory=list)
    latest: Decision = field(default_factory=Decision)

    # What a test asks

    def enrollment(self, campaign: str = "", run: int = 0) -> Enrollment:
        """The (last) enrollment, of a campaign and run if given."""
        return [e for e in self.facts.enrollments if campaign in ("", e.campaign) and (not run or e.run == run)][-1]

    @property
    def mails(self) -> list[Sent]:
        """Accepted mails in the order of time."""
        sent = [d for d in self.facts.deliveries if d.state is DeliveryState.SENT]
        found = [Sent(d.finished_at or d.created_at, d.campaign, d.step, d.occurrence) for d in sent]
        return sorted(found, key=lambda mail: mail.at)

    @property
    def steps(self) -> list[str]:
        """The steps whose mails were accepted."""
        return [mail.step for mail in self.mails]

    @property
    def codes(self) -> list[str]:
        return [line.code for line in self.lines]

    def told(self, code: str) -> list[Line]:
        return [line for line in self.lines if line.code == code]

    def sent_at(self, step: str) -> datetime:
        return next(mail.at for mail in self.mails if mail.step == step)

    # What a test does

    def look(self, now: datetime | None = None) -> Decision:
        """Decide once, as the daemon does for a lead that is due or woken, and apply the answer."""
        self.now = now or self.now
        self._accept_due()
        decision = decide(self.facts, self.programme, self.now)
        self.apply(decision)
        return decision

    def apply(self, decision: Decision) -> None:
        """Write down what was decided, as the store does."""
        self.decisions.append((self.now, decision))
        self.latest = decision
        self.lines.extend(decision.lines)
        self.facts = applied(self.facts, decision, self.now)
        self.due_at = decision.recheck_at
        if self.accepts == timedelta(0) and any(d.state is DeliveryState.DUE for d in self.facts.deliveries):
            self._accept_due()
            self.look()

    def run_to(self, instant: datetime) -> Play:
        """Follow the decisions' own looks until `instant`, which is looked at as well."""
        if self.due_at is None and not self.decisions:
            self.look()
        while (at := self._next()) is not None and at <= instant:
            self.look(at)
        return self if self.now == instant and self.decisions else self._at(instant)

    def run_for(self, span: timedelta) -> Play:
        return self.run_to(self.now + span)

    def happens(self, kind: EventKind, name: str = "", **more: Any) -> Play:
        """An event now; the lead is woken, as by the store."""
        number = len(self.facts.events) + 1
        more.setdefault("at", self.now)
        self.facts = structs.replace(self.facts, events=(*self.facts.events, Event(number, kind, name=name, **more)))
        self.look()
        return self

    def event(self, name: str, **properties: object) -> Play:
        return self.happens(EventKind.CUSTOM, name, properties=properties)

    def clicks(self, step: str, link: str = "", campaign: str = "", **more: Any) -> Play:
        run = self.enrollment(campaign)
        return self.happens(EventKind.CLICK, enrollment=run.id, campaign=run.campaign, step=step, link=link, **more)

    def knows(self, **fields: Any) -> Play:
        """A field of the lead is written from outside."""
        who = structs.replace(self.facts.lead, fields={**self.facts.lead.fields, **fields})
        self.facts = structs.replace(self.facts, lead=who)
        self.look()
        return self

    def becomes(self, **values: Any) -> Play:
        """The lead's own columns change: lifecycle, email, handed_off_at …"""
        self.facts = structs.replace(self.facts, lead=structs.replace(self.facts.lead, **values))
        self.look()
        return self

    def suppressed(self, reason: str, scope: str = "all") -> Play:
        found = Suppression(reason, scope, self.now)
        self.facts = structs.replace(self.facts, suppressions=(*self.facts.suppressions, found))
        self.look()
        return self

    def delivery_becomes(self, step: str, state: DeliveryState, **more: Any) -> Play:
        """The sender reports on a mail; the lead is woken."""
        self.facts = structs.replace(
            self.facts, deliveries=tuple(_reported(self, d, step, state, more) for d in self.facts.deliveries)
        )
        self.look()
        return self

    def task_done(self, step: str, outcome: str = "reached") -> Play:
        done = tuple(
            structs.replace(a, done_at=self.now, outcome=outcome) if a.step == step and a.done_at is None else a
            for a in self.facts.actions
        )
        self.facts = structs.replace(self.facts, actions=done)
        self.look()
        return self

    def under(self, *campaigns: Campaign, policy: Policy | None = None, **standings: Standing) -> Play:
        """Another bundle is applied; every lead concerned is looked at."""
        self.programme = programme(*campaigns, policy=policy or self.programme.policy, **standings)
        self.look()
        return self

    def _at(self, instant: datetime) -> Play:
        self.look(instant)
        return self

    def _next(self) -> datetime | None:
        """When something is to be done for the lead next: a look, or the relay's answer."""
        waiting = (
            [d.created_at + self.accepts for d in self.facts.deliveries if self._to_accept(d)] if self.accepts else []
        )
        return min((at for at in (self.due_at, *waiting) if at is not None), default=None)

    def _to_accept(self, delivery: Delivery) -> bool:
        return self.accepts is not None and delivery.state is DeliveryState.DUE

    def _accept_due(self) -> None:
        if self.accepts is None:
            return
        self.facts = structs.replace(
            self.facts,
            deliveries=tuple(
                structs.replace(d, state=DeliveryState.SENT, finished_at=self.now)
                if self._to_accept(d) and d.created_at + self.accepts <= self.now
                else d
                for d in self.facts.deliveries
            ),
        )


def _reported(play: Play, delivery: Delivery, step: str, state: DeliveryState, more: Mapping[str, Any]) -> Delivery:
    if delivery.step != step or delivery.finished_at is not None:
        return delivery
    values = {"finished_at": None if state.in_flight else play.now} | dict(more)
    return structs.replace(delivery, state=state, **values)


def applied(facts: LeadFacts, decision: Decision, now: datetime) -> LeadFacts:
    """The facts after a decision was written down; a miniature of `engine.store.journey.save_decisions`."""
    enrollments = _saved(facts.enrollments, decision.enrollments)
    numbers = {(e.campaign, e.run): e.id for e in enrollments}
    who = facts.lead
    built_in = {k: v for k, v in decision.fields.items() if hasattr(who, k)}
    declared = {k: v for k, v in decision.fields.items() if not hasattr(who, k)}
    who = structs.replace(who, fields={**who.fields, **declared}, **built_in)  # type: ignore[arg-type]
    if decision.score is not None:
        who = structs.replace(who, score=decision.score.score, fit=decision.score.fit)
    if decision.handed_off:
        who = structs.replace(who, handed_off_at=now)
    if decision.moved:
        who = structs.replace(who, lifecycle_since=now)
    return structs.replace(
        facts,
        lead=who,
        enrollments=enrollments,
        deliveries=(*_without(facts.deliveries, decision, now), *_new_deliveries(decision, numbers, facts, now)),
        actions=(*facts.actions, *_new_actions(decision, numbers)),
    )


def _saved(known: Sequence[Enrollment], decided: Iterable[Enrollment]) -> tuple[Enrollment, ...]:
    kept = {(e.campaign, e.run): e for e in known}
    number = max((e.id or 0 for e in known), default=0)
    for enrollment in decided:
        place = (enrollment.campaign, enrollment.run)
        if enrollment.id is None:
            assert place not in kept, "one run is entered twice"
            number += 1
        kept[place] = structs.replace(enrollment, id=enrollment.id or number)
    return tuple(kept.values())


def _without(deliveries: Iterable[Delivery], decision: Decision, now: datetime) -> list[Delivery]:
    """Withdrawn mails are dropped where they are not begun."""
    withdrawn = {(w.enrollment, w.step, w.occurrence) for w in decision.withdrawn}
    return [
        structs.replace(d, state=DeliveryState.DROPPED, finished_at=now)
        if (d.enrollment, d.step, d.occurrence) in withdrawn and DeliveryState.DROPPED in TRANSITIONS[d.state]
        else d
        for d in deliveries
    ]


def _new_deliveries(
    decision: Decision, numbers: Mapping[tuple[str, int], int | None], facts: LeadFacts, now: datetime
) -> list[Delivery]:
    taken = {(d.enrollment, d.step, d.occurrence) for d in facts.deliveries}
    new = []
    for send in decision.sends:
        number = numbers[send.campaign, send.run] or 0
        assert (number, send.step, send.occurrence) not in taken, f"{send.step} is sent twice"
        new.append(
            Delivery(number, send.campaign, send.step, send.occurrence, send.mail, send.kind, DeliveryState.DUE, now)
        )
    return new


def _new_actions(decision: Decision, numbers: Mapping[tuple[str, int], int | None]) -> list[Action]:
    return [Action(numbers[a.campaign, a.run] or 0, a.step, a.occurrence, a.deadline) for a in decision.actions]


def is_open(enrollment: Enrollment) -> bool:
    return enrollment.status is not EnrollmentStatus.ENDED
