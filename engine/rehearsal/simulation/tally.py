"""Counting lives: what happened on which day, in slices of the leads, so that the spread can be told.

Tallies of parts add up in any order, so it does not matter who counted which leads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from engine.domain.delivery import MailKind
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import Enrollment, EnrollmentStatus
from engine.domain.journey.lanes import LANE
from engine.domain.journey.programme import Policy
from engine.domain.timing import tell_cap
from engine.rehearsal.simulation.lives import Lived
from engine.rehearsal.simulation.standstill import standing_still

SLICES = 20
EXAMPLES = 5
START, END = -1, -2
"""In place of a day: who stood where before the first one, and behind the last."""
HOUR = timedelta(hours=1)
AGAIN, ACCEPTED, BACK = "handed_again", "sales_accepted", "sales_gave_back"
NONE = ""
"""In place of a campaign: what becomes of hand-offs belongs to none."""
OWN = ""
"""In place of another campaign: the cap was filled by the campaign's own mails."""


class Fact(NamedTuple):
    """Something that is counted: on which day of the span (from 0), what, in which campaign, where or by what."""

    day: int
    what: str
    campaign: str
    place: str = ""


class Still(NamedTuple):
    """A place where leads stand still, and why."""

    campaign: str
    stage: str
    why: str


@dataclass
class Stuck:
    """How many leads stand still somewhere, and the numbers of some."""

    count: int = 0
    examples: list[int] = field(default_factory=list)

    def add(self, other: Stuck) -> None:
        self.count += other.count
        self.examples = sorted({*self.examples, *other.examples})[:EXAMPLES]


@dataclass
class Tally:
    """Counts over some leads.

    `dealt` is how many leads each slice has; `hours` are mails by the hour, in UTC; `personas` how many leads followed
    each; `waited` the hours for which caps held mails, by their campaign and the one in the way.
    """

    leads: int = 0
    looks: int = 0
    slices: dict[int, Counter[Fact]] = field(default_factory=lambda: defaultdict(Counter))
    dealt: Counter[int] = field(default_factory=Counter)
    hours: Counter[datetime] = field(default_factory=Counter)
    stuck: dict[Still, Stuck] = field(default_factory=lambda: defaultdict(Stuck))
    personas: Counter[str] = field(default_factory=Counter)
    waited: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count these too."""
        self.leads += other.leads
        self.looks += other.looks
        self.hours.update(other.hours)
        self.dealt.update(other.dealt)
        self.personas.update(other.personas)
        self.waited.update(other.waited)
        for number, facts in other.slices.items():
            self.slices[number].update(facts)
        for place, stuck in other.stuck.items():
            self.stuck[place].add(stuck)

    def total(self) -> Counter[Fact]:
        """All slices together."""
        whole: Counter[Fact] = Counter()
        for facts in self.slices.values():
            whole.update(facts)
        return whole


class Counting:
    """Counts lives one by one; days are those of the home's zone, from the day of the start."""

    def __init__(self, start: datetime, zone: ZoneInfo, seed: int, policy: Policy) -> None:
        self.tally = Tally()
        self._start, self._zone, self._seed = start, zone, seed
        self._first = start.astimezone(zone).date()
        self._caps = {tell_cap(cap): cap.mails for cap in policy.caps}
        self._days: dict[datetime, int] = {}

    def count(self, lived: Lived) -> None:
        life, tally = lived.life, self.tally
        lead = life.facts.lead.id
        tally.leads += 1
        tally.looks += life.looks
        tally.personas[lived.persona.name] += 1
        number = crc32(f"{self._seed}:{lead}".encode()) % SLICES
        tally.dealt[number] += 1
        facts = tally.slices[number]
        for what in (self._mails, self._deeds, self._way, self._held, self._standing, self._sales):
            facts.update(what(lived))
        for campaign, stage, why in standing_still(life):
            tally.stuck[Still(campaign, stage, why)].add(Stuck(1, [lead]))

    def _day(self, at: datetime) -> int:
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour not in self._days:
            self._days[hour] = (hour.astimezone(self._zone).date() - self._first).days
        return self._days[hour]

    def _mails(self, lived: Lived) -> Iterator[Fact]:
        for mail in lived.life.mails:
            self.tally.hours[mail.at.replace(minute=0, second=0, microsecond=0)] += 1
            yield Fact(self._day(mail.at), "mail", mail.send.campaign, f"{mail.send.stage}/{mail.send.step}")

    def _deeds(self, lived: Lived) -> Iterator[Fact]:
        """A second click on the same mail counts once."""
        seen = set()
        for deed in lived.deeds:
            mail = (id(deed.mail), deed.kind)
            if mail not in seen:
                seen.add(mail)
                send = deed.mail.send
                yield Fact(self._day(deed.at), str(deed.kind), send.campaign, f"{send.stage}/{send.step}")

    def _way(self, lived: Lived) -> Iterator[Fact]:
        """The steps of each run from stage to stage, as the story tells them."""
        stages = {(run.campaign, run.run): run.stage for run in lived.before.enrollments}
        for line in lived.life.lines:
            day, run = self._day(line.at), (line.campaign, line.run)
            match line.code:
                case "entered":
                    stages[run] = str(line.data["stage"])
                    yield Fact(day, "entered", line.campaign)
                    yield Fact(day, "into", line.campaign, stages[run])
                case "advanced" | "branched" | "exhausted":
                    yield Fact(day, line.code, line.campaign, stages.get(run, ""))
                    stages[run] = str(line.data["to"])
                    yield Fact(day, "into", line.campaign, stages[run])
                case "ended":
                    yield Fact(day, f"ended:{line.data['why']}", line.campaign, stages.get(run, ""))
                case "goal" | "handoff" | "held_out":
                    yield Fact(day, line.code, line.campaign, stages.get(run, ""))
                case "ripe":  # outside of campaigns, where no step tells it
                    yield Fact(day, "handoff", "", "")
                case "dropped":
                    yield Fact(day, "dropped", line.campaign, str(line.data["why"]))
                case "paused":
                    yield Fact(day, "paused", line.campaign, str(line.data["why"]).removeprefix(LANE))

    def _held(self, lived: Lived) -> Iterator[Fact]:
        """Mails that a cap made wait, and the campaign whose mail had filled it."""
        for line in lived.life.lines:
            if line.code == "held" and line.data.get("why") == "cap":
                other = self._in_the_way(lived, line)
                yield Fact(self._day(line.at), "held", line.campaign, other)
                until = line.data.get("until")
                if isinstance(until, datetime):
                    self.tally.waited[line.campaign, other] += round((until - line.at) / HOUR)

    def _in_the_way(self, lived: Lived, line: Line) -> str:
        """The campaign whose mail was the last of another one among those that filled the cap; its own if none was."""
        before = [
            (mail.finished_at or mail.created_at, mail.campaign)
            for mail in lived.life.facts.deliveries
            if mail.kind is MailKind.MARKETING and mail.state.counts_for_caps and mail.created_at <= line.at
        ]
        filling = sorted(before)[-self._caps.get(str(line.data.get("cap")), 1) :]
        return next((campaign for _, campaign in reversed(filling) if campaign != line.campaign), OWN)

    def _standing(self, lived: Lived) -> Iterator[Fact]:
        """Who stands where, at the start and at the end."""
        for run in _open(lived.before.enrollments):
            yield Fact(START, "stands", run.campaign, run.stage)
        for run in _open(lived.life.facts.enrollments):
            yield Fact(END, "stands", run.campaign, run.stage)

    def _sales(self, lived: Lived) -> Iterator[Fact]:
        """What became of hand-offs in the span, and of whom sales has an answer due or the lead for good at its end."""
        desk = lived.life.desk
        handoffs = desk.handoffs if desk is not None else ()
        for place, found in enumerate(handoffs):
            if found.at >= self._start and (place or lived.before.lead.handed_off_at is not None):
                yield Fact(self._day(found.at), AGAIN, NONE)
            if found.accepted_at is not None and found.accepted_at >= self._start:
                yield Fact(self._day(found.accepted_at), ACCEPTED, NONE)
            if found.ended_at is not None:
                yield Fact(self._day(found.ended_at), BACK, NONE, found.reason)
            else:
                yield Fact(END, "stands", NONE, found.state.value)


def _open(runs: tuple[Enrollment, ...]) -> Iterator[Enrollment]:
    return (run for run in runs if run.status is not EnrollmentStatus.ENDED)


def summed(facts: Mapping[Fact, int], what: str, campaign: str | None = None, place: str | None = None) -> int:
    """How often it happened over all days; None stands for any campaign or place."""
    return sum(
        count
        for fact, count in facts.items()
        if fact.what == what and campaign in (None, fact.campaign) and place in (None, fact.place)
    )
