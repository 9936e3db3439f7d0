"""Endpoints of campaigns and reports."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, Field

from engine.domain.api_keys import Scope
from engine.service.reports.report import Asked, Report, Table
from engine.web.api.desks import TheDesks
from engine.web.api.guard import Guarded, needs
from engine.web.api.shapes import Shape, clean
from engine.web.api.views import CampaignView, ColumnView, ReportsView, ReportView, TableView, all_of

overview = APIRouter(route_class=Guarded, tags=["overview"])


def _likely(day: date | None) -> date | None:
    if day is not None and not 1990 <= day.year <= 2200:
        raise ValueError("the year has to be between 1990 and 2200")
    return day


Name = Annotated[str, Path(min_length=1, max_length=100), AfterValidator(clean)]
Option = Annotated[str | None, Field(max_length=100), AfterValidator(lambda text: text and clean(text))]
Day = Annotated[date | None, AfterValidator(_likely)]


class Wanted(Shape):
    """Which days, and what some reports may be asked besides."""

    first: Day = Field(None, description="The first day.")
    last: Day = Field(None, description="The last day; included.")
    by: Option = None
    model: Option = None
    campaign: Option = None
    format: Literal["json", "csv"] = "json"

    def asked(self) -> Asked:
        """What the report is asked."""
        options = {"by": self.by, "model": self.model, "campaign": self.campaign}
        return Asked(self.first, self.last, {name: value for name, value in options.items() if value})


@overview.get("/campaigns", summary="List campaigns")
@needs(Scope.REPORTS_READ)
def list_campaigns(desks: TheDesks) -> list[CampaignView]:
    """Every campaign with its state and the leads in it."""
    return all_of(CampaignView, desks.overview.campaigns())


@overview.get("/campaigns/{name}", summary="Read a campaign")
@needs(Scope.REPORTS_READ)
def get_campaign(desks: TheDesks, name: Name) -> CampaignView:
    """One campaign."""
    return CampaignView.model_validate(desks.overview.campaign(name))


@overview.get("/reports", summary="List reports")
@needs(Scope.REPORTS_READ)
def list_reports(desks: TheDesks) -> ReportsView:
    """The names of the reports that there are."""
    return ReportsView(reports=list(desks.overview.reports()))


@overview.get(
    "/reports/{name}",
    summary="Make a report",
    response_model=ReportView,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
@needs(Scope.REPORTS_READ)
def get_report(desks: TheDesks, name: Name, wanted: Annotated[Wanted, Query()]) -> ReportView | Response:
    """A report of the days from `first` to `last`, both included; `by`, `model` and `campaign` are some reports' own
    options. As CSV, what a spreadsheet would run as a formula gets an apostrophe before it."""
    found = desks.overview.report(name, wanted.asked())
    if wanted.format == "csv":
        return Response(desks.overview.table(found), media_type="text/csv; charset=utf-8")
    return _view(found)


def _view(report: Report) -> ReportView:
    return ReportView(
        report=report.name,
        title=report.title,
        tables=[_table(table) for table in report.tables],
        notes=list(report.notes),
    )


def _table(table: Table) -> TableView:
    names = [column.name for column in table.columns]
    columns = [ColumnView(name=one.name, title=one.title, kind=one.kind.value) for one in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return TableView(caption=table.caption, columns=columns, rows=rows)
