"""Endpoints of sales: hand-offs and tasks, and what sales answers to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator

from engine.domain.api_keys import Scope
from engine.web.api.desks import TheDesks
from engine.web.api.guard import Guarded, needs
from engine.web.api.shapes import ByIn, Cursor, DoneIn, Limit, Number, RejectIn, SnoozeIn, clean
from engine.web.api.views import HandoffView, PageView, TaskView, page_of

sales = APIRouter(route_class=Guarded, tags=["sales"])

Filter = Annotated[str | None, Query(max_length=320), AfterValidator(lambda text: text and clean(text))]


@sales.get("/handoffs", summary="List hand-offs")
@needs(Scope.LEADS_READ)
def list_handoffs(
    desks: TheDesks,
    state: Filter = None,
    owner: Filter = None,
    lead: Filter = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> PageView[HandoffView]:
    """Leads given to sales, oldest first."""
    filters = {name: value for name, value in {"state": state, "owner": owner}.items() if value is not None}
    return page_of(HandoffView, desks.rows.page("handoffs", filters, lead or "", cursor, limit))


@sales.get("/handoffs/{number}", summary="Read a hand-off")
@needs(Scope.LEADS_READ)
def get_handoff(desks: TheDesks, number: Number) -> HandoffView:
    """One hand-off."""
    return _handoff(desks, number)


@sales.post("/handoffs/{number}/accept", summary="Sales takes the lead")
@needs(Scope.HANDOFFS_WRITE)
def accept(desks: TheDesks, number: Number, body: ByIn) -> HandoffView:
    """The lead is theirs."""
    desks.answers.accept(number, body.by)
    return _handoff(desks, number)


@sales.post("/handoffs/{number}/reject", summary="Sales gives the lead back")
@needs(Scope.HANDOFFS_WRITE)
def reject(desks: TheDesks, number: Number, body: RejectIn) -> HandoffView:
    """With a reason, by which campaigns take the lead in again."""
    desks.answers.reject(number, body.by, body.reason, body.note)
    return _handoff(desks, number)


@sales.post("/handoffs/{number}/snooze", summary="Sales wants the lead later")
@needs(Scope.HANDOFFS_WRITE)
def snooze(desks: TheDesks, number: Number, body: SnoozeIn) -> HandoffView:
    """The clock waits until then."""
    desks.answers.snooze(number, body.by, body.until)
    return _handoff(desks, number)


@sales.post("/handoffs/{number}/touched", summary="Sales has spoken with the lead")
@needs(Scope.HANDOFFS_WRITE)
def touched(desks: TheDesks, number: Number, body: ByIn) -> HandoffView:
    """The first touch stops the clock of the first answer."""
    desks.answers.touched(number, body.by)
    return _handoff(desks, number)


@sales.get("/tasks", summary="List open tasks")
@needs(Scope.LEADS_READ)
def list_tasks(desks: TheDesks, cursor: Cursor = "", limit: Limit = 50) -> PageView[TaskView]:
    """Tasks that wait for a person, oldest first."""
    return page_of(TaskView, desks.rows.page("tasks", {}, "", cursor, limit))


@sales.post("/tasks/{number}/done", summary="A task is done", status_code=204)
@needs(Scope.HANDOFFS_WRITE)
def done(desks: TheDesks, number: Number, body: DoneIn) -> None:
    """The lead's journey goes on."""
    desks.answers.finish(number, body.outcome, body.by)


def _handoff(desks: TheDesks, number: int) -> HandoffView:
    return HandoffView.model_validate(desks.rows.one("handoffs", number))
