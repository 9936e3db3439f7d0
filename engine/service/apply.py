"""Apply: the files become what runs, as a bundle in the store; before that, what it would change is said plainly.

A change is safe when it strands, skips or repeats nobody and lets nobody new in by surprise. Safe changes may apply by
themselves where config allows; the others wait for a person who was shown what would happen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.authoring.difference import Change, ChangeKind, Difference, difference
from engine.content.mails import CompiledMail
from engine.domain.campaign import Campaign
from engine.domain.rules import bound
from engine.errors import ProblemsError, RipelineError
from engine.service.check import CheckReport
from engine.service.consequences import STEP_STOPPED
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.themes import keep_themes
from engine.store.alerts import end_alerts_about
from engine.store.audience import (
    count_meant,
    end_campaign,
    let_in,
    pass_over,
    relocate,
    rename_stage,
    sample_meant,
    waiting_at,
    wake_campaign,
)
from engine.store.bundles import (
    Blob,
    add_bundle,
    campaign_rows,
    current_bundle_id,
    home_values,
    keep_blobs,
    set_campaign,
    set_home_value,
)
from engine.store.database import reading, writing
from engine.store.waiting_mails import hurry

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """A change and the leads whom it touches; `safe`: it strands, skips or repeats none of them."""

    change: Change
    leads: int = 0
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
    digest = _digest(report)
    now = home.clock.now()
    with reading(home.store) as connection:
        effects = tuple(_effects(connection, found))
        openings = tuple(_opening(connection, report.campaigns[name], now) for name in found.opening)
    return Prospect(report, found, effects, openings, digest, digest == runner.digest, running.programme.bundle)


def _effects(connection: Any, found: Difference) -> Iterator[Effect]:
    waiting: dict[str, Mapping[tuple[str, str], int]] = {}
    for change in found.changes:
        if change.campaign not in waiting:
            waiting[change.campaign] = waiting_at(connection, change.campaign)
        leads = _touched(change, waiting[change.campaign])
        yield Effect(change, leads, _is_safe(change, leads))


def _touched(change: Change, waiting: Mapping[tuple[str, str], int]) -> int:
    """How many leads stand where the change is."""
    if change.step:
        return waiting.get((change.stage, change.step), 0)
    if change.stage:
        return sum(count for (stage, _), count in waiting.items() if stage == change.stage)
    return sum(waiting.values())


def _is_safe(change: Change, leads: int) -> bool:
    """Taking something away from under leads is not safe; adding, renaming and rewording is."""
    return change.kind is not ChangeKind.REMOVED or leads == 0


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


def _digest(report: CheckReport) -> str:
    content = {"files": dict(report.texts), "mails": {str(k): m.digest for k, m in report.mails.items()}}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def apply(home: Home, plan: Prospect, by: str) -> int:
    """Make these files what runs, and move leads where the change says so; the number of the bundle.

    Raises:
        RipelineError: another bundle was applied since, so that what the person was shown holds no more.
    """
    now = home.clock.now()
    with writing(home.store) as connection:
        if (current_bundle_id(connection) or 0) != plan.base:
            raise RipelineError(
                "another bundle was applied meanwhile, so nothing was changed. Look at the change again."
            )
        keep_blobs(connection, _contents(plan.report))
        number = add_bundle(connection, _bundle_values(plan, by, now))
        keep_themes(connection, _themes(plan.report.campaigns.values()))
        for name in home_values(connection, STEP_STOPPED):
            set_home_value(connection, name, None)
        for trouble in ("mail:", "step:"):
            end_alerts_about(connection, trouble, now)
        hurry(connection, now)
        _move_leads(connection, plan, now)
        _open(connection, plan, now)
    return number


def _contents(report: CheckReport) -> Iterator[Blob]:
    for mail in report.mails.values():
        yield Blob(mail.digest, "application/json", str(mail.key), mail.to_json().encode())
    seen: set[str] = set()
    for mail in report.mails.values():
        yield from _pictures(report, mail, seen)


def _pictures(report: CheckReport, mail: CompiledMail, seen: set[str]) -> Iterator[Blob]:
    for asset in mail.assets:
        if asset.hash not in seen:
            seen.add(asset.hash)
            content = (report.root / "templates" / asset.path).read_bytes()
            yield Blob(asset.hash, asset.content_type, asset.name, content)


def _bundle_values(plan: Prospect, by: str, now: datetime) -> dict[str, Any]:
    return {
        "digest": plan.digest,
        "applied_at": now,
        "applied_by": by,
        "summary": _summary(plan.difference.changes),
        "files": dict(plan.report.texts),
        "mails": {str(key): mail.digest for key, mail in plan.report.mails.items()},
    }


def _summary(changes: Sequence[Change]) -> str:
    if not changes:
        return "mails or config reworded"
    told = [f"{change.kind} {change.campaign} {change.where}: {change.told}" for change in changes[:20]]
    return "\n".join(told + ([f"… and {len(changes) - 20} more"] if len(changes) > 20 else []))


def _themes(campaigns: Any) -> dict[str, str]:
    return {campaign.theme: campaign.theme.replace("-", " ").capitalize() for campaign in campaigns if campaign.theme}


def _move_leads(connection: Any, plan: Prospect, now: datetime) -> None:
    """Nobody is left behind: renamed places are followed, removed ones lead on, gone campaigns end."""
    for name in {change.campaign for change in plan.difference.changes}:
        wake_campaign(connection, name, now)
    for change in plan.difference.changes:
        if change.kind is ChangeKind.REMOVED and not change.stage:
            end_campaign(connection, change.campaign, "campaign_removed", now)
        elif change.kind is ChangeKind.MOVED and not change.step:
            rename_stage(connection, change.campaign, change.before, change.heir)
    for change in plan.difference.changes:
        if change.step and change.kind is ChangeKind.REMOVED:
            relocate(connection, change.campaign, change.stage, {change.step: change.heir})
        elif change.step and change.kind is ChangeKind.MOVED:
            relocate(connection, change.campaign, change.stage, {change.before: change.heir})


def _open(connection: Any, plan: Prospect, now: datetime) -> None:
    """Campaigns that begin to admit: those who meet the condition already enter only with `backfill`."""
    rows = campaign_rows(connection)
    for name in plan.difference.opening:
        campaign = plan.report.campaigns[name]
        if name not in rows or rows[name].live_since is None:
            set_campaign(connection, name, live_since=now)
        if campaign.enter is not None and campaign.on is None:
            enter = bound(campaign.enter, campaign.vars)
            (let_in if campaign.backfill else pass_over)(connection, name, enter, now)
