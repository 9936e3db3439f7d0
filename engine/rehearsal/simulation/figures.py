"""The figures of a simulation: days, hours, funnels, collisions, each with its spread.

The spread is between the 10th and the 90th percentile of what chance alone would give: the slices of the leads are
drawn anew, with replacement, many times (bootstrap). It does not tell whether the rates themselves are right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random

from engine.domain.sales.handoff import HandoffState
from engine.rehearsal.simulation.simulation import Simulation
from engine.rehearsal.simulation.tally import ACCEPTED, AGAIN, BACK, END, NONE, SLICES, START, Still

DRAWS = 400
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Figure:
    """What is expected, and between which values eight in ten futures lie."""

    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Day:
    """The mails of a day, in all and by campaign."""

    date: date
    mails: Figure
    by_campaign: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StageFlow:
    """A stage of the funnel: who is in it at the start, who comes, how they go on, who is in it at the end."""

    stage: str
    at_start: int
    came: Figure
    advanced: Figure
    branched: Figure
    exhausted: Figure
    left: Figure
    handoffs: Figure
    at_end: Figure


@dataclass(frozen=True, slots=True)
class Funnel:
    """A campaign: how many enter, what becomes of them. `ended` counts runs that ended, by why."""

    campaign: str
    title: str
    entered: Figure
    held_out: Figure
    mails: Figure
    opened: int
    clicked: int
    unsubscribed: int
    goals: Figure
    handoffs: Figure
    ended: Mapping[str, int]
    dropped: Mapping[str, int]
    stages: tuple[StageFlow, ...]


@dataclass(frozen=True, slots=True)
class Collision:
    """Mails of a campaign that a cap held, or runs that paused for a lane; `by` is the campaign in the way.

    `hours` is how long a mail waited on average; 0 where that is not told.
    """

    campaign: str
    by: str
    count: Figure
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Volume:
    """The mails by the hour against what the relays take; the limits are None where a relay has none.

    `over` are the hours with more mails than the relays take in one.
    """

    busiest: tuple[datetime, int] | None
    per_hour: int | None
    over: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True)
class SalesFlow:
    """What becomes of hand-offs: how many there are, how many are not the lead's first, and how they end.

    `back` counts those given back by reason; those whose time ran out have a reason of their own. `waiting` and `kept`
    are with sales at the end: an answer is due, or it took care of the lead.
    """

    handed_over: Figure
    again: Figure
    accepted: Figure
    given_back: Figure
    back: Mapping[str, Figure]
    waiting: int
    kept: int


Key = tuple[str, str, str]
_ANY = "*"


class Figures:
    """Reads the counts of a simulation. Numbers of leads and mails are those of all leads, not of those played."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._first = simulation.setup.start.astimezone(simulation.zone).date()
        dice = Random(simulation.setup.seed)  # noqa: S311
        drawn = (Counter(dice.choices(range(SLICES), k=SLICES)) for _ in range(DRAWS))
        self._draws = [(draw, self._evened(draw)) for draw in drawn]

    @cached_property
    def campaigns(self) -> list[str]:
        """The campaigns in which anything happened, in the order of their names."""
        return sorted({fact.campaign for facts in self.simulation.tally.slices.values() for fact in facts})

    @cached_property
    def days(self) -> list[Day]:
        """Every day of the span, also one without mails."""
        mails = {fact.day: slices for fact, slices in self._by_day.items() if fact.campaign == _ANY}
        last = max(self.simulation.setup.days - 1, *mails, 0)
        return [self._of_day(number, mails.get(number, {})) for number in range(last + 1)]

    def _of_day(self, number: int, slices: Mapping[int, int]) -> Day:
        by = {name: self._scaled(sum(self._by_day[_OnDay(number, name)].values())) for name in self.campaigns}
        return Day(self._first + timedelta(days=number), self._figure(slices), {k: n for k, n in by.items() if n})

    @cached_property
    def volume(self) -> Volume:
        hours = self.simulation.tally.hours
        limit = _per_hour([relay.per_second for relay in self.simulation.setup.config.relay])
        counted = sorted((hour, self._scaled(count)) for hour, count in hours.items())
        busiest = max(counted, key=lambda found: (found[1], -found[0].timestamp()), default=None)
        over = tuple(found for found in counted if limit is not None and found[1] > limit)
        return Volume(busiest, limit, over)

    @cached_property
    def mails(self) -> Figure:
        """All mails of the span."""
        return self._sum("mail", _ANY)

    @cached_property
    def funnels(self) -> list[Funnel]:
        running = [one for one in self.simulation.setup.campaigns.values() if one.id in self.campaigns]
        return [self._funnel(campaign.id) for campaign in running]

    def _funnel(self, name: str) -> Funnel:
        campaign = self.simulation.setup.campaigns[name]
        return Funnel(
            campaign=name,
            title=campaign.title,
            entered=self._sum("entered", name),
            held_out=self._sum("held_out", name),
            mails=self._sum("mail", name),
            opened=self._sum("open", name).value,
            clicked=self._sum("click", name).value,
            unsubscribed=self._sum("leave", name).value,
            goals=self._sum("goal", name),
            handoffs=self._sum("handoff", name),
            ended={why.removeprefix("ended:"): self._sum(why, name).value for why in self._whats("ended:", name)},
            dropped={place: self._sum("dropped", name, place).value for place in self._places("dropped", name)},
            stages=tuple(self._stage(name, stage.id) for stage in campaign.stages),
        )

    def _stage(self, campaign: str, stage: str) -> StageFlow:
        left = Counter[int]()
        for why in self._whats("ended:", campaign):
            left.update(self._by_place.get((why, campaign, stage), {}))
        return StageFlow(
            stage=stage,
            at_start=self._sum("at_start", campaign, stage).value,
            came=self._sum("into", campaign, stage),
            advanced=self._sum("advanced", campaign, stage),
            branched=self._sum("branched", campaign, stage),
            exhausted=self._sum("exhausted", campaign, stage),
            left=self._figure(left),
            handoffs=self._sum("handoff", campaign, stage),
            at_end=self._sum("at_end", campaign, stage),
        )

    @cached_property
    def sales(self) -> SalesFlow:
        """What becomes of the leads that are handed over, and of those whom sales has at the start."""
        reasons = self._places(BACK, NONE)
        waiting = sum(self._sum("at_end", NONE, state.value).value for state in HandoffState if state.waits)
        return SalesFlow(
            handed_over=self._sum("handoff", _ANY),
            again=self._sum(AGAIN, NONE),
            accepted=self._sum(ACCEPTED, NONE),
            given_back=self._sum(BACK, NONE),
            back={reason: self._sum(BACK, NONE, reason) for reason in reasons},
            waiting=waiting,
            kept=self._sum("at_end", NONE, HandoffState.ACCEPTED.value).value,
        )

    @cached_property
    def caps(self) -> list[Collision]:
        """Mails held by caps, the most often first."""
        waited = self.simulation.tally.waited
        tally = self.simulation.tally.total()
        found = []
        for campaign in self.campaigns:
            for by in self._places("held", campaign):
                count = sum(n for fact, n in tally.items() if (fact.what, *fact[2:]) == ("held", campaign, by))
                hours = round(waited[campaign, by] / count)
                found.append(Collision(campaign, by, self._sum("held", campaign, by), hours))
        return sorted(found, key=lambda one: -one.count.value)

    @cached_property
    def lanes(self) -> list[Collision]:
        """Runs that paused because another campaign goes first in their lane, the most often first."""
        found = [
            Collision(campaign, first, self._sum("paused", campaign, first))
            for campaign in self.campaigns
            for first in self._places("paused", campaign)
            if first in self.simulation.setup.campaigns
        ]
        return sorted(found, key=lambda one: -one.count.value)

    @cached_property
    def stuck(self) -> list[tuple[Still, int, Sequence[int]]]:
        """Where leads stand still, how many, and the numbers of some; the most first."""
        found = [
            (place, self._scaled(stuck.count), stuck.examples) for place, stuck in self.simulation.tally.stuck.items()
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def in_days(self, what: str, first: int, days: int) -> Figure:
        """How often something happens in so many days from the `first` on, counted from the start."""
        found = Counter[int]()
        for number, facts in self.simulation.tally.slices.items():
            for fact, count in facts.items():
                if fact.what == what and first <= fact.day < first + days:
                    found[number] += count
        return self._figure(found)

    # Counting

    def _scaled(self, count: float) -> int:
        return round(count * self.simulation.scale)

    def _sum(self, what: str, campaign: str, place: str = _ANY) -> Figure:
        return self._figure(self._by_place.get((what, campaign, place), {}))

    def _figure(self, slices: Mapping[int, int]) -> Figure:
        """The sum over the slices, and the spread of the sums when slices are drawn anew."""
        total = sum(slices.values())
        if not total:
            return Figure(0, 0, 0)
        sums = sorted(
            sum(slices.get(number, 0) * times for number, times in draw.items()) * evened
            for draw, evened in self._draws
        )
        low, high = sums[int(LOW * DRAWS)], sums[int(HIGH * DRAWS) - 1]
        return Figure(self._scaled(total), self._scaled(min(low, total)), self._scaled(max(high, total)))

    def _evened(self, draw: Mapping[int, int]) -> float:
        """Slices differ in their number of leads, and a draw must not mean more or fewer of them."""
        dealt = self.simulation.tally.dealt
        leads = sum(dealt[number] * times for number, times in draw.items())
        return self.simulation.tally.leads / leads if leads else 1.0

    def _whats(self, start: str, campaign: str) -> list[str]:
        return sorted({what for what, name, _ in self._by_place if name == campaign and what.startswith(start)})

    def _places(self, what: str, campaign: str) -> list[str]:
        known = {place for found, name, place in self._by_place if (found, name) == (what, campaign)}
        return sorted(known - {_ANY})

    @cached_property
    def _by_place(self) -> Mapping[Key, Mapping[int, int]]:
        """Counts by slice for (what, campaign, place), for any place, and for any campaign."""
        found: dict[Key, Counter[int]] = defaultdict(Counter)
        for number, facts in self.simulation.tally.slices.items():
            for fact, count in facts.items():
                what = {START: "at_start", END: "at_end"}.get(fact.day, fact.what)
                for key in ((what, fact.campaign, fact.place), (what, fact.campaign, _ANY), (what, _ANY, _ANY)):
                    found[key][number] += count
        return found

    @cached_property
    def _by_day(self) -> Mapping[_OnDay, Mapping[int, int]]:
        """Mails by slice for each day and campaign, and for any campaign."""
        found: dict[_OnDay, Counter[int]] = defaultdict(Counter)
        for number, facts in self.simulation.tally.slices.items():
            for fact, count in facts.items():
                if fact.what == "mail":
                    found[_OnDay(fact.day, fact.campaign)][number] += count
                    found[_OnDay(fact.day, _ANY)][number] += count
        return found


@dataclass(frozen=True, slots=True)
class _OnDay:
    day: int
    campaign: str


def _per_hour(per_second: Sequence[float]) -> int | None:
    """What all relays together take in an hour; None if one takes any number, or there is none."""
    return round(sum(per_second) * 3600) if per_second and all(per_second) else None
