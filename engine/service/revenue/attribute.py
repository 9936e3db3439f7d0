"""Attribute: share deals among the touches that they came of, and keep the roll-ups that reports read in step.

Deals that changed, or whose touches did, are stale. They are worked in batches: what the roll-ups had of a deal is
taken back, and what it adds now is added, in one transaction with its credit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import chain
from typing import Any

from engine.config.outside import Reports
from engine.domain.attribution import UNKNOWN_SOURCE, Model, Share, Sharing, Touch, shared, touches_of
from engine.domain.deal_figures import Counted, Of, cohort_days, counted_of, credit_days, deal_days, with_cohorts
from engine.domain.deals import opened_by
from engine.service.home import Home
from engine.service.uncertain import span_of
from engine.store.bundles import home_value, set_home_value
from engine.store.credit import (
    any_stale,
    cohort,
    credit_day,
    deal_day,
    done,
    entries_of,
    replace_shares,
    shares_of,
    stale_deals,
)
from engine.store.database import reading, writing
from engine.store.opportunities import make_all_stale
from engine.store.rollups import add_up
from engine.store.touches import accounts_of, people_of, touches_by_lead

BATCH = 50
"""Deals in one transaction: other writers on SQLite wait about a tenth of a second."""
_SETTINGS = "attribution"
"""The store's value with the settings that all credit was worked out by."""

Shares = Mapping[str, Sequence[Share]]


def attribute(home: Home, most: int = 5_000) -> int:
    """Work out the credit of stale deals, up to about `most` of them; how many were worked.

    Raises:
        RipelineError: `reports.touches_within` is no length of time.
    """
    sharing = sharing_of(home.config.reports)
    _renew(home, sharing)
    total = 0
    while total < most:
        worked = _batch(home, sharing)
        total += worked
        if not worked:
            break
    return total


def sharing_of(reports: Reports) -> Sharing:
    """How config wants credit shared."""
    within = span_of(reports.touches_within, "reports.touches_within").elapsed
    return Sharing(Fraction(str(reports.first_share)), Fraction(str(reports.last_share)), within)


def _renew(home: Home, sharing: Sharing) -> None:
    """Other shares, or another length of time, change the credit of every deal."""
    wanted = f"{sharing.first} {sharing.last} {sharing.within.total_seconds():.0f}"
    with reading(home.store) as connection:
        if home_value(connection, _SETTINGS) == wanted:
            return
    with writing(home.store) as connection:
        make_all_stale(connection)
        set_home_value(connection, _SETTINGS, wanted)


def _batch(home: Home, sharing: Sharing) -> int:
    with reading(home.store) as connection:
        if not any_stale(connection):
            return 0
    with writing(home.store) as connection:
        deals = stale_deals(connection, BATCH)
        if not deals:
            return 0
        as_were = shares_of(connection, [row.id for row in deals])
        before = {row.id: Counted.from_document(row.counted) for row in deals}
        counted = {number: _erased(one, before[number]) for number, one in _counted(home, connection, deals).items()}
        forgotten = {row.id for row in deals if row.lead_id is None and counted[row.id].tied}
        touches = _touches(connection, deals, sharing) | {number: _as_were(as_were[number]) for number in forgotten}
        shares = {row.id: _by_model(row, touches[row.id], sharing) for row in deals}
        old = [(one, as_were[number]) for number, one in before.items() if one is not None]
        _keep(connection, old, [(counted[row.id], shares[row.id]) for row in deals])
        replace_shares(connection, shares)
        done(connection, {number: one.document() for number, one in counted.items()})
    return len(deals)


def _counted(home: Home, connection: Any, deals: Sequence[Any]) -> dict[int, Counted]:
    """What the roll-ups should have of the deals; those of one lead belong together."""
    by_lead: dict[int, list[Of]] = {}
    found: dict[int, Counted] = {}
    for row in deals:
        one = Of(row.id, opened_by(row.opened_at), counted_of(row, home.zone))
        found[row.id] = one.counted
        if row.lead_id is not None:
            by_lead.setdefault(row.lead_id, []).append(one)
    entries = entries_of(connection, list(by_lead))
    for number, of_lead in by_lead.items():
        found |= with_cohorts(of_lead, entries[number], home.zone)
    return found


def _erased(now_is: Counted, before: Counted | None) -> Counted:
    """A deal whose lead was erased stays what it was for the campaigns that the lead had been in."""
    if now_is.tied or before is None or not before.tied:
        return now_is
    return replace(now_is, tied=True, cohort=before.cohort)


def _as_were(shares: Shares) -> tuple[Touch, ...]:
    """The touches of an erased lead, of which nobody knows any more whose they were."""
    known = (share.touch for share in shares.get(Model.LINEAR.value, ()))
    return tuple(touch for touch in known if touch.source != UNKNOWN_SOURCE)


def _touches(connection: Any, deals: Sequence[Any], sharing: Sharing) -> dict[int, tuple[Touch, ...]]:
    """The touches that each deal came of: of its lead, and of the other people of its account."""
    people = _people(connection, deals)
    since = min(row.opened_at for row in deals) - sharing.within
    known = touches_by_lead(connection, sorted({who for several in people.values() for who in several}), since)
    return {
        row.id: touches_of(
            chain.from_iterable(known[who] for who in people[row.id]), row.opened_at, sharing.within, row.lead_id
        )
        for row in deals
    }


def _people(connection: Any, deals: Sequence[Any]) -> dict[int, list[int]]:
    """The lead of each deal, and the other people of its account, which may have become known after the deal."""
    later = accounts_of(connection, sorted({row.lead_id for row in deals if row.lead_id is not None}))
    accounts = {row.id: row.account_id if row.account_id is not None else later.get(row.lead_id) for row in deals}
    others = people_of(connection, [one for one in accounts.values() if one is not None])
    own = {row.id: {row.lead_id} - {None} for row in deals}
    return {row.id: sorted(own[row.id] | set(others.get(accounts[row.id] or 0, ()))) for row in deals}


def _by_model(row: Any, touches: Sequence[Touch], sharing: Sharing) -> dict[str, tuple[Share, ...]]:
    at: datetime = row.opened_at
    return {model.value: shared(row.amount, touches, at, model, sharing) for model in Model}


def _keep(connection: Any, before: Sequence[tuple[Counted, Shares]], after: Sequence[tuple[Counted, Shares]]) -> None:
    """Take back what the roll-ups had, and add what they should have."""
    add_up(connection, deal_day, _changes(before, after, lambda one, _: deal_days(one)))
    add_up(connection, credit_day, _changes(before, after, credit_days))
    add_up(connection, cohort, _changes(before, after, lambda one, _: cohort_days(one)))


def _changes(before: Any, after: Any, figures: Any) -> Iterator[Any]:
    for one, parts in before:
        for key, added in figures(one, parts):
            yield key, {name: -number for name, number in added.items()}
    for one, parts in after:
        yield from figures(one, parts)
