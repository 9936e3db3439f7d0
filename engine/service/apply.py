"""Apply: the files become what runs, as a bundle in the store, and leads are moved where the change says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from engine.authoring.difference import Change, ChangeKind
from engine.content.mails import CompiledMail
from engine.domain.campaign import Campaign
from engine.domain.rules import bound
from engine.domain.steps import EmailStep
from engine.errors import RipelineError
from engine.service.check import CheckReport
from engine.service.consequences import STEP_STOPPED
from engine.service.home import Home
from engine.service.prospect import Prospect
from engine.service.themes import keep_themes
from engine.store.alerts import end_alerts_about
from engine.store.audience import (
    end_campaign,
    let_in,
    pass_over,
    relocate,
    rename_stage,
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
from engine.store.database import writing
from engine.store.variant_counts import begin_experiments
from engine.store.waiting_mails import hurry


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
        begin_experiments(connection, _variants(plan.report.campaigns.values()), number)
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
    """Those that are files here; a bundle that ran before has its pictures in the store already."""
    for asset in mail.assets:
        file = report.root / "templates" / asset.path
        if asset.hash not in seen and file.is_file():
            seen.add(asset.hash)
            yield Blob(asset.hash, asset.content_type, asset.name, file.read_bytes())


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


def _variants(campaigns: Iterable[Campaign]) -> dict[tuple[str, str, str], tuple[str, ...]]:
    steps = ((one, step) for one in campaigns for stage in one.stages for step in stage.steps)
    return {
        (one.id, step.id, part): texts
        for one, step in steps
        if isinstance(step, EmailStep)
        for part, texts in step.variants.items()
    }


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
        elif change.step and change.kind is ChangeKind.CHANGED and change.reaches:
            relocate(connection, change.campaign, change.stage, {change.step: change.step})


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
