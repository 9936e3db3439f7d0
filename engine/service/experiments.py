"""The experiments of what runs: each step's part with variants, what was counted by day, and what may be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.domain.campaign import Campaign
from engine.domain.experiments.comparison import Difference, Group, Plan, Said, Verdict, in_words, looked_at
from engine.domain.journey.programme import Programme, Winner
from engine.domain.journey.route import step_now
from engine.domain.steps import EmailStep
from engine.service.home import Home
from engine.store.database import reading
from engine.store.variant_counts import SENT, counts_by_day

_MONTH = 30.0


@dataclass(frozen=True)
class Experiment:
    """One part of one step's mail in several variants. `groups` are those of the last day, `looks` one for each day."""

    campaign: Campaign
    step: EmailStep
    part: str
    days: tuple[date, ...]
    groups: tuple[Group, ...]
    looks: tuple[Difference, ...]
    verdict: Verdict
    plan: Plan
    winner: tuple[int, Winner] | None = None

    @property
    def name(self) -> str:
        return f"{self.campaign.id}/{self.step.id}"

    @property
    def choices(self) -> tuple[str, ...]:
        return self.step.variants[self.part]

    @property
    def leads(self) -> int:
        return sum(group.leads for group in self.groups)


def letter(number: int) -> str:
    """A variant as people call it: A, B, C."""
    return chr(ord("A") + number) if number < 26 else f"#{number + 1}"


def experiments_of(home: Home, programme: Programme) -> list[Experiment]:
    """Every experiment of the campaigns that were applied, in the order of their files."""
    with reading(home.store) as connection:
        rows = counts_by_day(connection)
    return [
        _experiment(home, programme, campaign, step, part, rows)
        for campaign in programme.campaigns.values()
        for step in _mails(campaign)
        for part in step.variants
    ]


def _mails(campaign: Campaign) -> Iterator[EmailStep]:
    for stage in campaign.stages:
        yield from (step for step in stage.steps if isinstance(step, EmailStep) and step.variants)


def _experiment(
    home: Home, programme: Programme, campaign: Campaign, step: EmailStep, part: str, rows: Sequence[Any]
) -> Experiment:
    own = [
        row
        for row in rows
        if row.campaign == campaign.id and row.part == part and step_now(campaign, row.step) == step.id
    ]
    asked = home.config.experiments
    plan = Plan(asked.confidence, step.smallest or asked.smallest)
    days, looked = _by_day(own, step.measure, len(step.variants[part]))
    verdict, looks = looked_at(looked, plan)
    groups = looked[-1] if looked else (Group(0, 0),) * len(step.variants[part])
    return Experiment(campaign, step, part, days, groups, looks, verdict, plan, programme.winner(campaign, step, part))


def _by_day(rows: Sequence[Any], measure: str, variants: int) -> tuple[tuple[date, ...], list[tuple[Group, ...]]]:
    """The groups as they stood at the end of each day on which something happened."""
    counts = {name: [0] * variants for name in (SENT, measure)}
    days: dict[date, tuple[Group, ...]] = {}
    for row in rows:
        if row.what in counts and row.variant < variants:
            counts[row.what][row.variant] += row.n
            days[row.day] = tuple(
                Group(leads, max(0, min(leads, did))) for leads, did in zip(counts[SENT], counts[measure], strict=True)
            )
    return tuple(days), list(days.values())


def said(one: Experiment) -> str:
    """The verdict in words."""
    verdict, worth = one.verdict, points(one.plan.smallest)
    if verdict.said is Said.WINNER and verdict.winner is not None:
        return f"{letter(verdict.winner)} wins {_by_how_much(verdict, verdict.winner)}"
    if verdict.said is Said.SAME:
        return f"no difference worth {worth}: stop"
    if not one.leads:
        return "too early: nobody was mailed yet"
    return f"too early: needs about {in_words(verdict.needs)} more leads{_how_long(one)}"


def _by_how_much(verdict: Verdict, winner: int) -> str:
    if winner:
        found = verdict.differences[winner - 1]
        low, high = found.low, found.high
    else:
        low = min(-one.high for one in verdict.differences)
        high = max(-one.low for one in verdict.differences)
    return f"by {low * 100:.1f} to {high * 100:.1f} points"


def points(share: float) -> str:
    """A difference of shares in points: "2 points"."""
    number = f"{share * 100:.3g}"
    return f"{number} point{'' if number == '1' else 's'}"


def _how_long(one: Experiment) -> str:
    """At the pace at which leads got the mail so far."""
    lasted = (one.days[-1] - one.days[0]).days + 1
    if lasted < 7:
        return ""
    days = one.verdict.needs / (one.leads / lasted)
    if days > 3650:
        return ", more than ten years at this pace"
    if days < 45:
        return f", about {max(1, round(days))} day{'' if round(days) <= 1 else 's'}"
    return f", about {round(days / _MONTH)} months"


def by_name(found: Sequence[Experiment]) -> Mapping[str, list[Experiment]]:
    """Experiments by campaign and step; a step may have one for its subject and one for the whole mail."""
    names: dict[str, list[Experiment]] = {}
    for one in found:
        names.setdefault(one.name, []).append(one)
    return names
