"""Audiences: whom a rule means among all leads, asked of the database at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select, update

from engine.domain.rules import Rule
from engine.store.rules_sql import where
from engine.store.tables import EnrollmentRow, LeadRow, PassedOverRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
passed_over = PassedOverRow.__table__  # type: ignore[attr-defined]


def _never_in(campaign: str) -> Any:
    """That a lead was never in the campaign; one that was merged into another is no lead of its own any more."""
    never = ~exists().where(enrollment.c.lead_id == lead.c.id, enrollment.c.campaign == campaign)
    return and_(lead.c.merged_into.is_(None), never)


def count_meant(connection: Connection, campaign: str, rule: Rule, now: datetime) -> int:
    """How many leads who were never in the campaign meet its condition."""
    query = select(func.count()).select_from(lead).where(where(rule, now), _never_in(campaign))
    return int(connection.scalar(query) or 0)


def sample_meant(connection: Connection, campaign: str, rule: Rule, now: datetime, limit: int) -> list[Any]:
    """Some of them by name: their number, address and fields."""
    query = (
        select(lead.c.id, lead.c.email, lead.c.fields)
        .where(where(rule, now), _never_in(campaign))
        .order_by(lead.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query))


def pass_over(connection: Connection, campaign: str, rule: Rule, now: datetime) -> int:
    """Remember who meets the condition already, so that the campaign lets in only those who come to meet it later."""
    connection.execute(delete(passed_over).where(passed_over.c.campaign == campaign))
    meant = select(literal(campaign), lead.c.id).where(where(rule, now), _never_in(campaign))
    passing = insert(passed_over).from_select(["campaign", "lead_id"], meant)
    # psycopg counts inserted rows only when asked to
    return connection.execute(passing, execution_options={"preserve_rowcount": True}).rowcount


def let_in(connection: Connection, campaign: str, rule: Rule, now: datetime) -> int:
    """Look at everyone who meets the condition, as the campaign backfills; how many that is."""
    connection.execute(delete(passed_over).where(passed_over.c.campaign == campaign))
    later = or_(lead.c.next_due_at.is_(None), lead.c.next_due_at > now)
    query = update(lead).where(and_(where(rule, now), _never_in(campaign), later)).values(next_due_at=now)
    return connection.execute(query).rowcount


def wake_campaign(connection: Connection, campaign: str, now: datetime) -> int:
    """Look at everyone who is on the way through a campaign, as it changed."""
    inside = select(enrollment.c.lead_id).where(enrollment.c.campaign == campaign, enrollment.c.status != "ended")
    later = or_(lead.c.next_due_at.is_(None), lead.c.next_due_at > now)
    query = update(lead).where(lead.c.id.in_(inside), later).values(next_due_at=now)
    return connection.execute(query).rowcount


def waiting_at(connection: Connection, campaign: str) -> dict[tuple[str, str], int]:
    """How many leads wait in each (stage, step) of a campaign."""
    query = (
        select(enrollment.c.stage, enrollment.c.step, func.count())
        .where(enrollment.c.campaign == campaign, enrollment.c.status != "ended")
        .group_by(enrollment.c.stage, enrollment.c.step)
    )
    return {(row.stage, row.step): row.count_1 for row in connection.execute(query)}


def relocate(connection: Connection, campaign: str, stage: str, moves: Mapping[str, str]) -> int:
    """Send who waits at a removed or renamed step on to its heir; how many that is."""
    moved = 0
    for step, heir in moves.items():
        query = (
            update(enrollment)
            .where(
                enrollment.c.campaign == campaign,
                enrollment.c.stage == stage,
                enrollment.c.step == step,
                enrollment.c.status != "ended",
            )
            .values(step=heir, due_at=None, waiting="")
        )
        moved += connection.execute(query).rowcount
    return moved


def rename_stage(connection: Connection, campaign: str, old: str, new: str) -> int:
    """Who stands in a renamed stage stands in the new name; how many that is."""
    query = (
        update(enrollment)
        .where(enrollment.c.campaign == campaign, enrollment.c.stage == old, enrollment.c.status != "ended")
        .values(stage=new)
    )
    return connection.execute(query).rowcount


def end_campaign(connection: Connection, campaign: str, why: str, now: datetime) -> int:
    """Everyone leaves a campaign that is gone; how many that is."""
    query = (
        update(enrollment)
        .where(enrollment.c.campaign == campaign, enrollment.c.status != "ended")
        .values(status="ended", ended_at=now, ended_why=why, due_at=None, step="", waiting="")
    )
    return connection.execute(query).rowcount


def _inside(campaigns: Sequence[str]) -> Any:
    """That somebody is on the way through one of these campaigns."""
    return (enrollment.c.campaign.in_(list(campaigns)), enrollment.c.status != "ended")


def count_inside(connection: Connection, campaigns: Sequence[str]) -> int:
    """How many leads are on their way through one of these campaigns."""
    query = select(func.count(enrollment.c.lead_id.distinct())).where(*_inside(campaigns))
    return int(connection.scalar(query) or 0)


def leads_inside(connection: Connection, campaigns: Sequence[str], limit: int) -> list[int]:
    """Some of them: the same ones each time, spread by their numbers' last digits rather than by their age."""
    spread = enrollment.c.lead_id % 97
    query = select(enrollment.c.lead_id).where(*_inside(campaigns)).group_by(enrollment.c.lead_id)
    return list(connection.scalars(query.order_by(spread, enrollment.c.lead_id).limit(limit)))


def leads_at(connection: Connection, campaign: str, stage: str, step: str, limit: int) -> tuple[int, list[int]]:
    """Who stands at a step, or in a stage as a whole: how many, and the first of them."""
    here = [enrollment.c.campaign == campaign, enrollment.c.stage == stage, enrollment.c.status != "ended"]
    here += [enrollment.c.step == step] if step else []
    count = connection.scalar(select(func.count()).select_from(enrollment).where(*here))
    query = select(enrollment.c.lead_id).where(*here).order_by(enrollment.c.lead_id).limit(limit)
    return int(count or 0), list(connection.scalars(query))
