"""The tables of what came of it: opportunities, credit for revenue, costs, and the roll-ups that reports read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from engine.store.columns import Base, document, instant, reference, row_id
from engine.store.types import RowId


class OpportunityRow(Base, table=True):
    """A deal that may come of a lead. `source` and `external_id` say whose record it is. `outcome` is open, won, lost
    or no_decision. Amounts are in the smallest unit of the currency; `list_amount` is before any discount. `counted` is
    what the roll-ups have of it, so that exactly that can be taken back when the deal changes."""

    __tablename__ = "opportunity"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_opportunity_lead", "lead_id"),
        Index("ix_opportunity_outcome", "outcome", "closed_at"),
        Index("ix_opportunity_opened", "opened_at"),
        Index("ix_opportunity_stale", "stale", "id"),
    )

    id: int = row_id()
    source: str = Field(sa_type=Text)
    external_id: str = Field(sa_type=Text)
    lead_id: int | None = reference("lead.id", nullable=True)
    account_id: int | None = reference("account.id", nullable=True)
    handoff_id: int | None = reference("handoff.id", nullable=True)
    name: str = Field(default="", sa_type=Text)
    amount: int = Field(default=0, sa_type=RowId)
    list_amount: int | None = Field(default=None, sa_type=RowId)
    currency: str = Field(default="", sa_type=Text)
    stage: str = Field(default="", sa_type=Text)
    outcome: str = Field(default="open", sa_type=Text)
    opened_at: datetime = instant(nullable=False)
    closed_at: datetime | None = instant()
    updated_at: datetime = instant(nullable=False)
    nurtured: bool = Field(default=False, description="A campaign mailed the lead before the deal began.")
    recycled: bool = Field(default=False, description="Sales had given the lead back before.")
    stale: bool = Field(default=True, description="Its credit is to be worked out anew.")
    counted: dict[str, Any] = document()


class CreditRow(Base, table=True):
    """One touch's share of a deal under one model of attribution; the shares of a deal add up to its amount."""

    __tablename__ = "credit"
    __table_args__ = (Index("ix_credit_model", "model", "campaign"),)

    opportunity_id: int = reference("opportunity.id", primary_key=True)
    model: str = Field(sa_column=Column(Text, primary_key=True))
    place: int = Field(primary_key=True, description="Which touch, in the order of time.")
    at: datetime = instant(nullable=False)
    campaign: str = Field(default="", sa_type=Text)
    theme: str = Field(default="", sa_type=Text)
    mail: str = Field(default="", sa_type=Text)
    source: str = Field(default="", sa_type=Text)
    amount: int = Field(default=0, sa_type=RowId)


class CreditDayRow(Base, table=True):
    """Roll-up of credit: `opened` deals and their `pipeline` by the day on which they were opened, `won` deals and
    their `revenue` by the day on which they were closed.

    Each stands here by its day (`span` day) and once more in its month (`span` month, by its first day), so that years
    are summed from months. `dimension` is campaign, theme, mail or source, `name` one of these. A deal counts once for
    each name that touched it; its amount is divided among them.
    """

    __tablename__ = "credit_day"
    __table_args__ = ({"sqlite_with_rowid": False},)  # lies in the order of its key, in which reports read it

    model: str = Field(sa_column=Column(Text, primary_key=True))
    dimension: str = Field(sa_column=Column(Text, primary_key=True))
    span: str = Field(sa_column=Column(Text, primary_key=True))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    recycled: bool = Field(primary_key=True)
    opened: int = 0
    pipeline: int = Field(default=0, sa_type=RowId)
    won: int = 0
    revenue: int = Field(default=0, sa_type=RowId)


class DealDayRow(Base, table=True):
    """Roll-up of deals: `opened` and `pipeline` by the day of opening, all else by the day of closing.

    `revenue` is of the deals won, `cycle` the days that these took, `discount` what they cost less than the list price,
    in hundredths of a per cent, over the `listed` ones whose list price is known. The squares are for the spread;
    those of amounts are in whole units of the currency.
    """

    __tablename__ = "deal_day"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    nurtured: bool = Field(primary_key=True)
    recycled: bool = Field(primary_key=True)
    opened: int = 0
    pipeline: int = Field(default=0, sa_type=RowId)
    won: int = 0
    lost: int = 0
    no_decision: int = 0
    revenue: int = Field(default=0, sa_type=RowId)
    revenue_squares: float = 0.0
    cycle: int = Field(default=0, sa_type=RowId)
    cycle_squares: int = Field(default=0, sa_type=RowId)
    listed: int = 0
    discount: int = Field(default=0, sa_type=RowId)
    discount_squares: int = Field(default=0, sa_type=RowId)


class CostRow(Base, table=True):
    """Money spent on a campaign (or on a source, such as an event), in the smallest unit of the currency."""

    __tablename__ = "cost"
    __table_args__ = (UniqueConstraint("campaign", "source", "day", "note"),)

    id: int = row_id()
    campaign: str = Field(default="", sa_type=Text)
    source: str = Field(default="", sa_type=Text)
    day: date = Field(sa_column=Column(Date, nullable=False))
    amount: int = Field(default=0, sa_type=RowId)
    currency: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)


class WaterfallRow(Base, table=True):
    """Roll-up: how many leads of a cohort went from one stage of the lifecycle to another, and how long they took.

    `cohort` is the first day of the month in which the leads became known; `first` counts those who reached `after`
    for the first time.
    """

    __tablename__ = "waterfall"

    cohort: date = Field(sa_column=Column(Date, primary_key=True))
    theme: str = Field(sa_column=Column(Text, primary_key=True))
    source: str = Field(sa_column=Column(Text, primary_key=True))
    before: str = Field(sa_column=Column(Text, primary_key=True))
    after: str = Field(sa_column=Column(Text, primary_key=True))
    n: int = 0
    first: int = 0
    seconds: int = Field(default=0, sa_type=RowId)


class StageTimeRow(Base, table=True):
    """Roll-up: how long leads of a cohort took from one stage of the lifecycle to another, a sample by chance of
    at most 500 leads: for each a mark and the seconds, 8 bytes each, the first byte the highest."""

    __tablename__ = "stage_time"

    cohort: date = Field(sa_column=Column(Date, primary_key=True))
    before: str = Field(sa_column=Column(Text, primary_key=True))
    after: str = Field(sa_column=Column(Text, primary_key=True))
    sample: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class InterestDayRow(Base, table=True):
    """Roll-up: the leads who showed interest in a campaign on a day, as marks by which distinct leads of many days are
    counted: at most 1,024, the smallest, 8 bytes each, the first byte the highest. A mark tells nothing of its lead."""

    __tablename__ = "interest_day"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    marks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CohortRow(Base, table=True):
    """Roll-up: what became of the leads who entered a campaign on a day, held out or not.

    `what` is entered, goal, finished, handed_off, opportunity, won, revenue (in the smallest unit) or revenue_squares
    (in whole units of the currency). A lead counts once: in its first run, with all deals that it opened since.
    """

    __tablename__ = "cohort"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    holdout: bool = Field(primary_key=True)
    what: str = Field(sa_column=Column(Text, primary_key=True))
    n: int = Field(default=0, sa_type=RowId)


class VariantCountRow(Base, table=True):
    """Roll-up: what became of a step's variant: leads mailed, and among them those who opened, clicked, reached the
    goal. Each lead counts once for each."""

    __tablename__ = "variant_count"

    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    step: str = Field(sa_column=Column(Text, primary_key=True))
    part: str = Field(sa_column=Column(Text, primary_key=True))
    variant: int = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    what: str = Field(sa_column=Column(Text, primary_key=True))
    n: int = 0


class WinnerRow(Base, table=True):
    """The variant that was chosen for a step's part: from then on every lead who gets the mail gets this one, until it
    ended. Those that ended stay, as what was learnt; `told` is what the test said when it was chosen."""

    __tablename__ = "winner"

    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    step: str = Field(sa_column=Column(Text, primary_key=True))
    part: str = Field(sa_column=Column(Text, primary_key=True))
    variant: int
    text: str = Field(default="", sa_type=Text, description="The variant's own words, by which a changed file is told.")
    chosen_at: datetime = instant(nullable=False, primary_key=True)
    chosen_by: str = Field(default="", sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    told: str = Field(default="", sa_type=Text)
    ended_at: datetime | None = instant()
    ended_by: str = Field(default="", sa_type=Text)


class ForecastRow(Base, table=True):
    """How many leads were forecast to be sales-ready in a week, and how many were."""

    __tablename__ = "forecast"

    made_on: date = Field(sa_column=Column(Date, primary_key=True))
    week: date = Field(sa_column=Column(Date, primary_key=True))
    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0
    actual: int | None = None
