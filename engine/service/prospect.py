"""What applying the files would change for the leads on their way: which changes there are, and whom each one touches.

A change is safe when it strands, skips or repeats nobody and lets nobody new in by surprise. Safe changes may apply by
themselves where config allows; the others wait for a person who was shown what would happen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.authoring.difference import Change, ChangeKind, Difference, difference
from engine.domain.campaign import Campaign
from engine.domain.rules import bound
from engine.errors import ProblemsError
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.audience import count_meant, sample_meant, waiting_at
from engine.store.database import reading

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """A change and the leads whom it touches: those who stand there, and those who are `past` the place of a new step.

    `safe`: it strands, skips, repeats and hurries none of them.
    """

    change: Change
    leads: int = 0
    past: int = 0
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Opening:
    """A campaign that begins to let leads in: how many enter at once, some by name, how many are passed over."""

    campaign: str
    enter_now: int = 0
    passed_over: int = 0
    sample: tuple[str, ...] = ()
    first_mail: str = ""

    @property
    def safe(self) -> bool:
        return self.enter_now == 0


@dataclass(frozen=True)
class Prospect:
    """What applying would do. `digest` names the new bundle; with `nothing_new` it is the one that runs. `base` is the
    number of the bundle that ran when this was worked out."""

    report: CheckReport
    difference: Difference
    effects: tuple[Effect, ...]
    openings: tuple[Opening, ...]
    digest: str
    nothing_new: bool
    base: int = 0

    @property
    def safe(self) -> bool:
        return all(effect.safe for effect in self.effects) and all(opening.safe for opening in self.openings)


def prospect(home: Home, report: CheckReport, runner: Runner) -> Prospect:
    """What applying these files would change for leads; nothing is changed yet.

    Raises:
        ProblemsError: the files have mistakes.
    """
    if not report.usable:
        raise ProblemsError(problem for problem in report.problems if problem.is_error)
    running = runner.current()
    found = difference(running.programme.campaigns, report.campaigns)
    digest = bundle_digest(report)
    now = home.clock.now()
    with reading(home.store) as connection:
        effects = tuple(_effects(connection, found, report.campaigns))
        openings = tuple(_opening(connection, report.campaigns[name], now) for name in found.opening)
    return Prospect(report, found, effects, openings, digest, digest == runner.digest, running.programme.bundle)


def _effects(connection: Any, found: Difference, campaigns: Mapping[str, Campaign]) -> Iterator[Effect]:
    waiting: dict[str, Mapping[tuple[str, str], int]] = {}
    for change in found.changes:
        if change.campaign not in waiting:
            waiting[change.campaign] = waiting_at(connection, change.campaign)
        leads = _touched(change, waiting[change.campaign])
        past = _past(change, campaigns.get(change.campaign), waiting[change.campaign])
        yield Effect(change, leads, past, _is_safe(change, leads, past))


def _touched(change: Change, waiting: Mapping[tuple[str, str], int]) -> int:
    """How many leads stand where the change is."""
    if change.step:
        names = {change.step, change.before or change.step}
        return sum(waiting.get((stage, name), 0) for stage in _names(change) for name in names)
    if change.stage:
        return sum(count for (stage, _), count in waiting.items() if stage in _names(change))
    return sum(waiting.values())


def _names(change: Change) -> set[str]:
    """The stage under its new name, and under the one that leads still stand in."""
    return {change.stage, change.stage_before or change.stage}


def _past(change: Change, campaign: Campaign | None, waiting: Mapping[tuple[str, str], int]) -> int:
    """How many leads in the stage of a new step are past its place already."""
    stage = campaign.stage(change.stage) if campaign is not None else None
    if change.kind is not ChangeKind.ADDED or not change.step or stage is None:
        return 0
    ids = [step.id for step in stage.steps]
    behind = {*ids[ids.index(change.step) + 1 :]}
    return sum(count for (name, step), count in waiting.items() if name in _names(change) and step in behind)


def _is_safe(change: Change, leads: int, past: int) -> bool:
    """Taking something away from under leads is not safe, nor moving their time, nor mailing those who are past."""
    if change.kind is ChangeKind.REMOVED or change.reaches:
        return leads == 0 and past == 0
    return True


def _opening(connection: Any, campaign: Campaign, now: datetime) -> Opening:
    first = next((step.id for _, step in campaign.steps() if step.kind == "email"), "")
    if campaign.enter is None or campaign.on is not None:
        return Opening(campaign.id, first_mail=first)
    enter = bound(campaign.enter, campaign.vars)
    meant = count_meant(connection, campaign.id, enter, now)
    if not campaign.backfill:
        return Opening(campaign.id, passed_over=meant, first_mail=first)
    names = sample_meant(connection, campaign.id, enter, now, SAMPLE)
    return Opening(campaign.id, meant, 0, tuple(_name(row) for row in names), first)


def _name(row: Any) -> str:
    parts = [str(row.fields.get(key) or "") for key in ("first_name", "last_name")]
    name = " ".join(part for part in parts if part) or str(row.fields.get("name") or "")
    return f"{name} <{row.email}>" if name else row.email


def bundle_digest(report: CheckReport) -> str:
    """The name that these files would have as a bundle: it follows from what they say."""
    content = {"files": dict(report.texts), "mails": {str(k): m.digest for k, m in report.mails.items()}}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
