"""Random campaigns, facts and lives, for properties that hold in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.actor import Actor
from engine.domain.campaign import Campaign, CampaignState, Stage
from engine.domain.delivery import DeliveryState, MailKind
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
from engine.domain.scoring import Scoring
from engine.domain.steps import HandoffStep, NotifyStep, Step, WebhookStep

from .world import (
    DAY,
    HOUR,
    MONDAY,
    Play,
    branch,
    campaign,
    caps,
    email,
    points,
    programme,
    scoring,
    setting,
    stage,
    task,
    window,
)

STAGES = ("one", "two", "three")
STEPS = ("a", "b", "c", "d", "e", "f")
CAMPAIGNS = ("x", "y", "z")
RULES = (
    "clicks >= 1",
    "replied",
    "ripe",
    "event('demo')",
    "event('demo', within='3d')",
    "days_in_stage > 6",
    "days_in_campaign >= 30",
    "lifecycle == 'customer'",
    "points > 5",
    "opened('a') and not clicked('a')",
    "ever.finished('x')",
    "ever.entered('y')",
    "score >= 8",
    "fit == 'B' or score > points",
    "false",
)
ENTERS = (
    "true",
    "ripe",
    "days_since(created) >= 3",
    "event('demo')",
    "ever.finished('x')",
    "ever.entered('y')",
    "points > 5",
)
WAITS = ("", "10m", "1d", "3 business days", "until Tue 10:00", "2w")
WINDOWS = (None, window("Mon-Thu", "09:00-17:00"), window("Sat", "10:00-11:00", "Europe/Berlin"))
DATES = ("3 days before lead.renewal 10:00", "on lead.renewal", "every year on lead.birthday 09:00")
WORLD_CAPS = ((), caps("1 per 2 days"), caps("2 per week", "1 per day"))

SCORINGS = (
    Scoring(),
    scoring(points("event('demo')", 10), points("ever.clicks", 5, "3d", most=12)),
    scoring(
        points("ever.clicks", 9, "5d", when="days_since(created) > 3"),
        points("replied", -8, "30d"),
        points("event('demo')", 2.25, "12h"),
        fit={"points > 5": 40, "ripe": 20, "days_since(created) > 10": 10},
    ),
)

PLAYED = ("email", "branch", "set", "task", "notify", "webhook", "handoff")
"""The kinds of steps that generated campaigns have; `MAILED` are mails with other ways to wait."""
MAILED = ("dated", "until")

waits = st.sampled_from(WAITS)
rules = st.sampled_from(RULES)
maybe_rule = st.one_of(st.just(""), rules)


@st.composite
def steps(draw, name: str) -> Step:
    """One step of any kind, with any way to wait."""
    kind = draw(st.sampled_from(["email"] * 4 + [*MAILED, *PLAYED]))
    wait = draw(waits)
    if kind == "email":
        extra = {"operational": draw(st.booleans()), "repeat": draw(st.booleans())}
        return email(name, wait, when=draw(maybe_rule), expires=draw(st.sampled_from(["", "2d"])), **extra)
    if kind == "dated":
        return email(name, at=draw(st.sampled_from(DATES)), late=draw(st.sampled_from(["skip", "send"])))
    if kind == "until":
        return email(name, "3d", until=draw(rules))
    if kind == "branch":
        arm = (draw(maybe_rule), draw(st.sampled_from([*STAGES, "exit"])))
        return branch(name, draw(st.sampled_from(WAITS[2:])), arm)
    return _other(kind, name, wait, draw(st.integers(0, 9)))


def _other(kind: str, name: str, wait: str, points: int) -> Step:
    if kind == "set":
        return setting(name, wait, points=points)
    if kind == "task":
        return task(name, "2 business days", wait)
    timing = {"wait": setting("t", wait).wait}
    if kind == "webhook":
        return WebhookStep(id=name, to="crm", **timing)
    return NotifyStep(id=name, text="look", **timing) if kind == "notify" else HandoffStep(id=name, **timing)


@st.composite
def stages(draw, name: str, names: list[str]) -> Stage:
    found = [draw(steps(one)) for one in names]
    cadence = draw(st.sampled_from(["", "", "every 2 weeks Tue 10:00", "every 3 days"]))
    exhausted = draw(st.sampled_from(["", "hold", "exit", *STAGES]))
    # Ways back take a day at least, so that a year has no more looks than a test can play.
    after = draw(st.sampled_from(["2d", "2w"])) if exhausted else ""
    return stage(name, *found, advance=draw(maybe_rule), exhausted=exhausted, after=after, cadence=cadence)


@st.composite
def campaigns(draw, name: str) -> Campaign:
    cuts = sorted(draw(st.lists(st.integers(0, 6), min_size=2, max_size=2)))
    parts = [STEPS[: cuts[0]], STEPS[cuts[0] : cuts[1]], STEPS[cuts[1] :]]
    found = [draw(stages(one, list(names))) for one, names in zip(STAGES, parts, strict=True)]
    entry = {"on": "trial", "key": draw(st.sampled_from(["", "id"]))} if draw(st.booleans()) else {}
    entry = entry or {"enter": draw(st.sampled_from(ENTERS))}
    return campaign(
        name,
        *found[: draw(st.integers(1, 3))],
        exit=draw(st.sampled_from([*RULES, "false", "false", "false"])),
        goal=draw(rules),
        lane=draw(st.sampled_from(["", "lane"])),
        priority=draw(st.integers(1, 3)),
        window=draw(st.sampled_from(WINDOWS)),
        holdout=draw(st.sampled_from([0.0, 0.0, 1.0])),
        reenter=draw(st.sampled_from([None, "30d", "1d"])),
        state=draw(st.sampled_from([CampaignState.LIVE] * 4 + list(CampaignState))),
        moved=draw(st.sampled_from([{}, {}, {"a": "b"}, {"one": "two", "c": "d", "d": "c"}])),
        **entry,
    )


@st.composite
def programmes(draw) -> Programme:
    found = [draw(campaigns(name)) for name in CAMPAIGNS[: draw(st.integers(1, 3))]]
    policy = Policy(caps=draw(st.sampled_from(WORLD_CAPS)), scoring=draw(st.sampled_from(SCORINGS)))
    return programme(*found, policy=policy, x=Standing(paused=draw(st.sampled_from([False, False, True]))))


instants = st.integers(-60 * 24, 60 * 24).map(lambda hours: MONDAY + timedelta(hours=hours))
maybe_instant = st.one_of(st.none(), instants)
names_of_steps = st.sampled_from([*STEPS, "gone", ""])
names_of_campaigns = st.sampled_from([*CAMPAIGNS, "gone"])
numbers = st.integers(1, 4)

leads = st.builds(
    Lead,
    id=st.integers(1, 50),
    created_at=instants,
    email=st.sampled_from(["", "jane@northwind.example"]),
    zone=st.sampled_from(["", "America/New_York", "Nowhere"]),
    lifecycle=st.sampled_from(["", "customer", "mql"]),
    handed_off_at=st.one_of(st.none(), st.none(), instants),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "ripe": st.booleans(),
            "points": st.one_of(st.integers(0, 9), st.just("many")),
            "renewal": st.sampled_from(["2026-11-20", "0001-01-01", "9999-12-31", "no date", 7]),
            "birthday": st.sampled_from(["1980-02-29", "1990-11-05"]),
        },
    ),
)
events = st.builds(
    Event,
    id=st.integers(1, 9),
    kind=st.sampled_from(EventKind),
    at=instants,
    actor=st.sampled_from(Actor),
    name=st.sampled_from(["", "demo", "trial"]),
    enrollment=st.one_of(st.none(), numbers),
    campaign=names_of_campaigns,
    step=names_of_steps,
    properties=st.sampled_from([{}, {"id": 1}, {"id": "2"}]),
)
deliveries = st.builds(
    Delivery,
    enrollment=numbers,
    campaign=names_of_campaigns,
    step=names_of_steps,
    occurrence=st.integers(1, 3),
    mail=names_of_steps,
    kind=st.sampled_from(MailKind),
    state=st.sampled_from(DeliveryState),
    created_at=instants,
    finished_at=maybe_instant,
)
actions = st.builds(Action, numbers, names_of_steps, st.integers(1, 3), maybe_instant, maybe_instant)
suppressions = st.builds(
    Suppression, st.just("bounce"), st.sampled_from(["all", "marketing", "topic:x"]), maybe_instant
)
enrollments = st.builds(
    Enrollment,
    id=st.just(0),
    campaign=names_of_campaigns,
    run=st.just(0),
    entered_at=instants,
    stage=st.sampled_from([*STAGES, "gone"]),
    stage_entered_at=instants,
    since=instants,
    key=st.sampled_from(["", "1"]),
    status=st.sampled_from(EnrollmentStatus),
    step=names_of_steps,
    visit=st.integers(1, 3),
    passed=st.lists(names_of_steps, max_size=3).map(tuple),
    due_at=maybe_instant,
    waiting=st.sampled_from(["", "cap", "hold", "delivery", "going_in_circles", "lane:x", "event_came"]),
    holdout=st.booleans(),
    ended_at=maybe_instant,
    trigger_event=st.one_of(st.none(), st.integers(1, 9)),
)


@st.composite
def facts(draw) -> LeadFacts:
    """Anything that a store might hold, sensible or not."""
    runs = draw(st.lists(enrollments, max_size=4))
    known = range(len(runs) + 1)
    mails = [d for d in draw(st.lists(deliveries, max_size=6)) if d.enrollment in known]
    once = {(d.enrollment, d.step, d.occurrence): d for d in mails}
    return LeadFacts(
        lead=draw(leads),
        enrollments=tuple(replace(run, id=number, run=number) for number, run in enumerate(runs, 1)),
        events=tuple(sorted(draw(st.lists(events, max_size=6)), key=lambda event: event.at)),
        deliveries=tuple(once.values()),
        actions=tuple(found for found in draw(st.lists(actions, max_size=3)) if found.enrollment in known),
        suppressions=tuple(draw(st.lists(suppressions, max_size=1))),
        passed_over=frozenset(draw(st.lists(names_of_campaigns, max_size=1))),
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a lead at an instant."""

    at: datetime
    what: str

    def befalls(self, play: Play) -> None:
        """Let it happen; the same way in every play of one life."""
        play.now = self.at
        match self.what:
            case "click":
                sent = [d for d in play.facts.deliveries if d.state is DeliveryState.SENT]
                mail = {"enrollment": sent[-1].enrollment, "step": sent[-1].step} if sent else {"step": "a"}
                play.happens(EventKind.CLICK, campaign="x", **mail)
            case "reply":
                play.happens(EventKind.REPLY)
            case "ripe" | "unripe":
                play.knows(ripe=self.what == "ripe")
            case "sales" | "recycled":
                play.becomes(handed_off_at=self.at if self.what == "sales" else None)
            case "renewal":
                play.knows(renewal=(self.at + 20 * DAY).date().isoformat())
            case name:
                play.event(name, id=self.at.day % 3)


happenings = st.lists(
    st.builds(
        Happening,
        at=st.integers(1, 115 * 24).map(lambda hours: MONDAY + hours * HOUR + timedelta(minutes=7)),
        what=st.sampled_from(
            ["click", "click", "reply", "ripe", "unripe", "sales", "recycled", "renewal", "demo", "trial", "trial"]
        ),
    ),
    max_size=8,
    unique_by=lambda happening: happening.at,
).map(lambda found: sorted(found, key=lambda happening: happening.at))
