"""Credit: the shares of deals, and the days by which reports tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, true, update

from engine.domain.attribution import Share, Touch
from engine.domain.deal_figures import Entry
from engine.store.among import among_numbers
from engine.store.many import read_many, run_many
from engine.store.opportunities import opportunity
from engine.store.revenue_tables import CohortRow, CreditDayRow, CreditRow, DealDayRow
from engine.store.tables import EnrollmentRow, LeadRow

credit: Table = CreditRow.__table__  # type: ignore[attr-defined]
credit_day: Table = CreditDayRow.__table__  # type: ignore[attr-defined]
deal_day: Table = DealDayRow.__table__  # type: ignore[attr-defined]
cohort: Table = CohortRow.__table__  # type: ignore[attr-defined]
enrollment: Table = EnrollmentRow.__table__  # type: ignore[attr-defined]
lead: Table = LeadRow.__table__  # type: ignore[attr-defined]

_SHARES = (
    select(credit.c.opportunity_id, credit.c.model, credit.c.place, credit.c.at, credit.c.campaign, credit.c.theme)
    .add_columns(credit.c.mail, credit.c.source, credit.c.amount)
    .where(among_numbers(credit.c.opportunity_id, "deals"))
    .order_by(credit.c.opportunity_id, credit.c.model, credit.c.place)
)
_ADD = credit.insert()
_DONE = (
    update(opportunity)
    .where(opportunity.c.id == bindparam("number"))
    .values(stale=False, counted=bindparam("figures", type_=opportunity.c.counted.type))
)


def stale_deals(connection: Connection, limit: int) -> list[Any]:
    """Deals whose credit is to be worked out anew, with all other deals of the same leads, oldest first."""
    query = select(opportunity).where(opportunity.c.stale == true()).order_by(opportunity.c.id).limit(limit)
    found = {row.id: row for row in connection.execute(query.with_for_update(skip_locked=True))}
    leads = sorted({row.lead_id for row in found.values() if row.lead_id is not None})
    if leads:
        others = select(opportunity).where(among_numbers(opportunity.c.lead_id, "leads")).with_for_update()
        found |= {row.id: row for row in connection.execute(others, {"leads": leads})}
    return sorted(found.values(), key=lambda row: (row.opened_at, row.id))


def any_stale(connection: Connection) -> bool:
    """Whether there is a deal whose credit is to be worked out anew."""
    return connection.scalar(select(opportunity.c.id).where(opportunity.c.stale == true()).limit(1)) is not None


def shares_of(connection: Connection, deals: Sequence[int]) -> dict[int, dict[str, list[Share]]]:
    """The shares of these deals as they are, by model."""
    found: dict[int, dict[str, list[Share]]] = {number: {} for number in deals}
    for number, model, place, at, campaign, theme, mail, source, amount in read_many(
        connection, _SHARES, {"deals": list(deals)}
    ):
        share = Share(place, Touch(at, 0, campaign, theme, mail, source), amount)
        found[number].setdefault(model, []).append(share)
    return found


def replace_shares(connection: Connection, shares: Mapping[int, Mapping[str, Sequence[Share]]]) -> None:
    """Write the shares of these deals, by model, in place of what there was."""
    connection.execute(delete(credit).where(among_numbers(credit.c.opportunity_id, "deals")), {"deals": list(shares)})
    rows = [
        _values(number, model, share)
        for number, models in shares.items()
        for model, parts in models.items()
        for share in parts
    ]
    run_many(connection, _ADD, rows)


def _values(number: int, model: str, share: Share) -> dict[str, Any]:
    touch = share.touch
    return {
        "opportunity_id": number,
        "model": model,
        "place": share.place,
        "at": touch.at,
        "amount": share.amount,
        "campaign": touch.campaign,
        "theme": touch.theme,
        "mail": touch.mail,
        "source": touch.source,
    }


def done(connection: Connection, counted: Mapping[int, Mapping[str, Any]]) -> None:
    """These deals are worked out; what the roll-ups have of each is kept with it."""
    run_many(connection, _DONE, [{"number": number, "figures": dict(kept)} for number, kept in counted.items()])


_ENTRIES = (
    select(enrollment.c.lead_id, enrollment.c.campaign, enrollment.c.entered_at, enrollment.c.holdout)
    .join(lead, lead.c.id == enrollment.c.lead_id)
    .where(among_numbers(enrollment.c.lead_id, "leads"), enrollment.c.run == 1, ~lead.c.internal)
    .order_by(enrollment.c.id)
)


def entries_of(connection: Connection, leads: Sequence[int]) -> dict[int, list[Entry]]:
    """The first runs of these leads through campaigns, colleagues apart."""
    found: dict[int, list[Entry]] = {number: [] for number in leads}
    for number, campaign, at, holdout in read_many(connection, _ENTRIES, {"leads": list(leads)}):
        found[number].append(Entry(campaign, at, bool(holdout)))
    return found
