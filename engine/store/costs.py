"""Costs: what was spent on campaigns and sources, by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, update

from engine.domain.deal_figures import MONTH
from engine.store.inserts import insert_ignoring
from engine.store.many import run_many
from engine.store.revenue_tables import CostRow, CreditDayRow
from engine.store.tables import CampaignRow

cost: Table = CostRow.__table__  # type: ignore[attr-defined]
campaign: Table = CampaignRow.__table__  # type: ignore[attr-defined]
credit_day: Table = CreditDayRow.__table__  # type: ignore[attr-defined]

_KEY = ("campaign", "source", "day", "note")
_SET = (
    update(cost)
    .where(*(cost.c[name] == bindparam(f"key_{name}", type_=cost.c[name].type) for name in _KEY))
    .values(amount=bindparam("new_amount"), currency=bindparam("new_currency"))
)


def put_costs(connection: Connection, costs: Sequence[Mapping[str, Any]]) -> int:
    """Write costs (campaign, source, day, note, amount, currency); each takes the place of one that is known by the
    same. How many were new."""
    new = insert_ignoring(connection, cost, costs, _KEY)
    values = [
        {**{f"key_{name}": row[name] for name in _KEY}, "new_amount": row["amount"], "new_currency": row["currency"]}
        for row in costs
    ]
    run_many(connection, _SET, values)
    return new


def costs_by(connection: Connection, first: date | None, last: date | None) -> dict[tuple[str, str], int]:
    """What was spent on each campaign and source in these days, both included."""
    query = select(cost.c.campaign, cost.c.source, func.sum(cost.c.amount)).group_by(cost.c.campaign, cost.c.source)
    if first is not None:
        query = query.where(cost.c.day >= first)
    if last is not None:
        query = query.where(cost.c.day <= last)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def campaigns_ever(connection: Connection) -> set[str]:
    """The campaigns that are here or were, and those that touches named."""
    here = set(connection.scalars(select(campaign.c.name)))
    named = select(credit_day.c.name).where(credit_day.c.model == "linear", credit_day.c.dimension == "campaign")
    named = named.where(credit_day.c.span == MONTH)
    return here | set(connection.scalars(named.distinct()))
