"""What a judgement of a home's practices reads: whether there is any of something, and the newest rows of others.

Each query looks at one row or at the newest thousand, so that it takes the same time however much there is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select

from engine.store.access_tables import ApiKeyRow
from engine.store.revenue_tables import CostRow, ForecastRow, OpportunityRow
from engine.store.sales_tables import AccountRow, DefinitionRow, LifecycleChangeRow
from engine.store.tables import ConsentRow, LeadRow

NEWEST = 1_000

_KINDS: dict[str, Table] = {
    name: row.__table__  # type: ignore[attr-defined]
    for name, row in {
        "account": AccountRow,
        "api_key": ApiKeyRow,
        "cost": CostRow,
        "forecast": ForecastRow,
        "lifecycle_change": LifecycleChangeRow,
        "opportunity": OpportunityRow,
    }.items()
}
definition: Table = DefinitionRow.__table__  # type: ignore[attr-defined]
consent: Table = ConsentRow.__table__  # type: ignore[attr-defined]
lead: Table = LeadRow.__table__  # type: ignore[attr-defined]


def there_is(connection: Connection) -> frozenset[str]:
    """Of which of these there is at least one: account, api_key, cost, forecast, lifecycle_change, opportunity."""
    return frozenset(
        name for name, found in _KINDS.items() if connection.execute(select(found.c[0]).limit(1)).first() is not None
    )


def agreed_since(connection: Connection, name: str) -> datetime | None:
    """Since when the newest version of a definition holds."""
    query = select(definition.c.since).where(definition.c.name == name).order_by(definition.c.id.desc()).limit(1)
    return connection.scalar(query)


def newest_leads(connection: Connection) -> list[Any]:
    """The newest leads, colleagues and merged ones apart: owner, source, theirs and when they were last renewed."""
    query = (
        select(lead.c.owner, lead.c.source, lead.c.updated_at, lead.c.subscribed, lead.c.fields)
        .where(lead.c.merged_into.is_(None), lead.c.internal.is_(False))
        .order_by(lead.c.id.desc())
        .limit(NEWEST)
    )
    return list(connection.execute(query))


def oldest_leads(connection: Connection) -> list[Any]:
    """When the oldest leads were last renewed."""
    query = select(lead.c.updated_at).where(lead.c.merged_into.is_(None)).order_by(lead.c.id).limit(NEWEST)
    return list(connection.execute(query))


def newest_consents(connection: Connection) -> tuple[int, int]:
    """Of the newest consents given: how many there are, and how many say where they came from."""
    newest = select(consent.c.source).where(consent.c.granted).order_by(consent.c.id.desc()).limit(NEWEST).subquery()
    whole, proven = connection.execute(
        select(func.count(), func.count(func.nullif(newest.c.source, ""))).select_from(newest)
    ).one()
    return int(whole), int(proven)
