"""What a deal adds to the roll-ups that reports read, and takes back when it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.attribution import Share
from engine.domain.deals import Outcome
from engine.domain.money import in_units

Key = tuple[Any, ...]
Figures = Mapping[str, float]
"""Columns of a roll-up and what is added to them."""

DAY, MONTH = "day", "month"
"""The lengths of time that credit is summed over."""
DIMENSIONS = ("campaign", "theme", "mail", "source")
"""By what credit is told."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A deal as the roll-ups have it. Days are those of the company; `discount` is in hundredths of a per cent.

    `tied`: it has, or had, a lead.
    """

    opened: str
    closed: str | None
    outcome: str
    amount: int
    units: float
    nurtured: bool
    recycled: bool
    tied: bool = False
    cycle: int = 0
    discount: int | None = None
    cohort: tuple[tuple[str, str, bool, str, int], ...] = ()

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, kept: Mapping[str, Any]) -> Counted | None:
        """What was counted of a deal; None if nothing was yet."""
        if not kept:
            return None
        rows = tuple((row[0], row[1], bool(row[2]), row[3], int(row[4])) for row in kept["cohort"])
        return cls(**{**kept, "cohort": rows})

    @property
    def won(self) -> bool:
        return self.outcome == Outcome.WON


def counted_of(row: Any, zone: ZoneInfo) -> Counted:
    """The figures of a deal's row, without those of the campaigns that its lead is in."""
    closed = day_of(row.closed_at, zone) if row.closed_at is not None and row.outcome != Outcome.OPEN else None
    return Counted(
        opened=day_of(row.opened_at, zone).isoformat(),
        closed=closed.isoformat() if closed else None,
        outcome=row.outcome,
        amount=row.amount,
        units=float(in_units(row.amount, row.currency)),
        nurtured=row.nurtured,
        recycled=row.recycled,
        tied=row.lead_id is not None,
        cycle=(row.closed_at - row.opened_at).days if closed else 0,
        discount=round(10_000 * (row.list_amount - row.amount) / row.list_amount) if row.list_amount else None,
    )


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The company's day; what is known by its day alone, and stands as midnight, keeps it in every zone."""
    return instant.date() if instant.time() == time.min else instant.astimezone(zone).date()


def deal_days(one: Counted) -> Iterator[tuple[Key, Figures]]:
    """What a deal adds by day, nurtured or not, recycled or not."""
    groups = (one.nurtured, one.recycled)
    yield (date.fromisoformat(one.opened), *groups), {"opened": 1, "pipeline": one.amount}
    if one.closed is None:
        return
    day = (date.fromisoformat(one.closed), *groups)
    if not one.won:
        yield day, {one.outcome: 1}
        return
    yield day, {"won": 1, "revenue": one.amount, "revenue_squares": float(round(one.units) ** 2)}
    yield day, {"cycle": one.cycle, "cycle_squares": one.cycle**2}
    if one.discount is not None:
        yield day, {"listed": 1, "discount": one.discount, "discount_squares": one.discount**2}


def credit_days(one: Counted, shares: Mapping[str, Sequence[Share]]) -> Iterator[tuple[Key, Figures]]:
    """What the shares of a deal, by model, add by day and month, and by campaign, theme, mail and source."""
    opened = date.fromisoformat(one.opened)
    won = date.fromisoformat(one.closed) if one.won and one.closed is not None else None
    for model, parts in shares.items():
        for dimension in DIMENSIONS:
            for name, amount in _by_name(parts, dimension).items():
                for span in (DAY, MONTH):
                    place, group = (model, dimension, span), (name, one.recycled)
                    yield (*place, _begin(opened, span), *group), {"opened": 1, "pipeline": amount}
                    if won is not None:
                        yield (*place, _begin(won, span), *group), {"won": 1, "revenue": amount}


def _begin(day: date, span: str) -> date:
    return day.replace(day=1) if span == MONTH else day


def _by_name(parts: Iterable[Share], dimension: str) -> dict[str, int]:
    """Amounts by name; a touch that got nothing by its place has no part in the deal."""
    found: dict[str, int] = {}
    several = list(parts)
    for part in several:
        if part.amount or len(several) == 1:
            name = getattr(part.touch, dimension)
            found[name] = found.get(name, 0) + part.amount
    return found or {getattr(part.touch, dimension): 0 for part in several}


def cohort_days(one: Counted) -> Iterator[tuple[Key, Figures]]:
    """What a deal adds to the cohorts of campaigns."""
    for day, campaign, holdout, what, number in one.cohort:
        yield (date.fromisoformat(day), campaign, holdout, what), {"n": number}


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead's first run through a campaign: when it began, and whether it was held out."""

    campaign: str
    at: datetime
    holdout: bool


@dataclass(frozen=True, slots=True)
class Of:
    """A deal of a lead: its number, the instant by which it was opened, and its figures."""

    number: int
    opened_by: datetime
    counted: Counted


def with_cohorts(deals: Sequence[Of], entries: Sequence[Entry], zone: ZoneInfo) -> dict[int, Counted]:
    """The deals of one lead, oldest first, with what they mean for the campaigns that it is in.

    A lead counts once for each campaign: at the first deal that it opened after it entered.
    """
    rows: dict[int, list[tuple[str, str, bool, str, int]]] = {deal.number: [] for deal in deals}
    for entry in entries:
        since = [deal for deal in deals if deal.opened_by > entry.at]
        if since:
            place = (day_of(entry.at, zone).isoformat(), entry.campaign, entry.holdout)
            rows[since[0].number] += [(*place, what, n) for what, n in _came_of(since).items() if n]
    return {deal.number: replace(deal.counted, cohort=tuple(rows[deal.number])) for deal in deals}


def _came_of(deals: Sequence[Of]) -> dict[str, int]:
    won = [deal.counted for deal in deals if deal.counted.won]
    units = round(sum(deal.units for deal in won))
    return {
        "opportunity": 1,
        "won": int(bool(won)),
        "revenue": sum(deal.amount for deal in won),
        "revenue_squares": units**2,
    }
