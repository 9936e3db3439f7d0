"""What is answered: the shapes of leads and what belongs to them. New keys may come; none goes, or changes meaning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from engine.service.api.pages import Page

V = TypeVar("V", bound="View")


class View(BaseModel):
    """Read from what services answer, by attribute."""

    model_config = ConfigDict(from_attributes=True)


class PageView(BaseModel, Generic[V]):
    """Some items, and the cursor behind the last; empty where there are no more."""

    items: list[V]
    next: str = ""


def page_of(view: type[V], found: Page[Any]) -> PageView[V]:
    """A page as it is answered."""
    return PageView(items=all_of(view, found.items), next=found.next)


def all_of(view: type[V], rows: Iterable[Any]) -> list[V]:
    """Each row as it is answered."""
    return [view.model_validate(row) for row in rows]


class IdentityView(View):
    """A name of a lead in some system."""

    kind: str
    value: str


class LeadView(View):
    """A lead. `suppressed` has the reason of each scope that keeps mail from it."""

    id: str
    email: str
    identities: list[IdentityView]
    lifecycle: str
    source: str
    country: str
    language: str
    zone: str
    owner: str
    fields: dict[str, JsonValue]
    lists: list[str]
    suppressed: dict[str, str]
    subscribed: bool
    tracking: bool
    internal: bool
    score: float
    fit: str
    created_at: datetime
    updated_at: datetime


class ListView(View):
    """A list, and how many leads are on it."""

    name: str
    leads: int


class ConsentView(View):
    """Permission given or withdrawn."""

    topic: str
    granted: bool
    at: datetime
    source: str
    proof: dict[str, JsonValue]


class SuppressionView(View):
    """Why an address is not mailed."""

    scope: str
    reason: str
    source: str
    at: datetime


class EventView(View):
    """Something that happened. `actor` is human, machine or unknown; `pending` ones are not judged yet."""

    id: int
    lead: str
    kind: str
    name: str
    at: datetime
    received_at: datetime
    actor: str
    pending: bool
    campaign: str
    stage: str
    step: str
    link: str
    properties: dict[str, JsonValue]


class ToldView(View):
    """What became of events. `unknown` are the places of those whose people nobody here knows."""

    recorded: int
    known: int
    created: int
    unknown: list[int]


class EnrollmentView(View):
    """A lead's run through a campaign."""

    id: int
    lead: str
    campaign: str
    run: int
    key: str
    status: str
    entered_at: datetime
    stage: str
    step: str
    waiting: str
    due_at: datetime | None
    holdout: bool
    goal_at: datetime | None
    ended_at: datetime | None
    ended_why: str


class AskedRunView(View):
    """The event that lets a lead in; the run begins at the next look, if the campaign's rules let it."""

    lead: str
    campaign: str
    event: str


class DeliveryView(View):
    """A mail to a lead."""

    id: int
    lead: str
    campaign: str
    stage: str
    step: str
    mail: str
    kind: str
    state: str
    subject: str
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    attempts: int
    reason: str
    test: bool


class OpportunityView(View):
    """A deal; amounts are in the smallest unit of the currency."""

    id: int
    source: str
    external_id: str
    lead: str | None
    name: str
    amount: int
    list_amount: int | None
    currency: str
    stage: str
    outcome: str
    opened_at: datetime
    closed_at: datetime | None
    updated_at: datetime
    nurtured: bool
    recycled: bool


class HandoffView(View):
    """A lead given to sales: why, to whom, and how it stands."""

    id: int
    lead: str
    at: datetime
    rule: str
    because: str
    campaign: str
    theme: str
    note: str
    owner: str
    route: str
    state: str
    clock_at: datetime | None
    touched_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    reason: str
    answer_note: str
    ended_at: datetime | None


class TaskView(View):
    """A task that waits for a person."""

    id: int
    lead: str
    step: str
    payload: dict[str, JsonValue]
    created_at: datetime
    deadline: datetime | None


class StageView(View):
    """A stage: leads in it, and those of them who wait."""

    name: str
    leads: int
    paused: int


class CampaignView(View):
    """A campaign: what its file says or that it is paused, leads by stage, and why others left."""

    name: str
    standing: str
    leads: int
    stages: list[StageView]
    ended: dict[str, int]
    paused_since: datetime | None


class ReportsView(BaseModel):
    """The reports that there are."""

    reports: list[str]


class ColumnView(BaseModel):
    """A column of a report: what it holds is text, count, share, money, days, day or number."""

    name: str
    title: str
    kind: str


class TableView(BaseModel):
    """A table of a report."""

    caption: str
    columns: list[ColumnView]
    rows: list[dict[str, str | int | float | date | None]]


class ReportView(BaseModel):
    """A report. Shares are 0 to 1, money is in the smallest unit of the home's currency."""

    report: str
    title: str
    tables: list[TableView]
    notes: list[str] = Field(description="What the figures mean, or lack.")
