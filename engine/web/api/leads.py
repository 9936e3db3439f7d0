"""Endpoints of leads, and of what belongs to one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, Field, JsonValue

from engine.domain.api_keys import Scope
from engine.service.api.leads import LeadWish, Search
from engine.web.api.desks import TheDesks
from engine.web.api.guard import Guarded, caller_of, needs
from engine.web.api.shapes import Cursor, LeadIn, LeadName, Limit, Moment, Shape, Text, clean, given
from engine.web.api.views import (
    DeliveryView,
    EnrollmentView,
    EventView,
    LeadView,
    ListView,
    OpportunityView,
    PageView,
    page_of,
)

leads = APIRouter(route_class=Guarded, tags=["leads"])
_BUILTINS = ("lifecycle", "source", "country", "language", "zone", "owner")

Sort = Literal["created", "-created", "updated", "-updated", "score", "-score", "email", "-email"]
Filter = Annotated[str | None, Field(max_length=320), AfterValidator(lambda text: text and clean(text))]
ListName = Annotated[str, Path(min_length=1, max_length=200), AfterValidator(clean)]


class Wanted(Shape):
    """Whom to list. Texts are compared as they are; `where` asks as campaigns do."""

    email: Filter = None
    list: Filter = None
    lifecycle: Filter = None
    source: Filter = None
    owner: Filter = None
    country: Filter = None
    language: Filter = None
    subscribed: bool | None = None
    internal: bool | None = None
    created_since: Moment | None = None
    updated_since: Moment | None = None
    where: Text = Field("", description="A rule, as in campaigns: `score >= 60 and country == 'DE'`.")
    sort: Sort = "created"
    cursor: Annotated[str, Field(max_length=2_000, description="`next` of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50

    def search(self) -> Search:
        """What the service is asked."""
        beside = {"where", "sort", "cursor", "limit"}
        filters = {name: value for name, value in self if value is not None and name not in beside}
        return Search(filters, self.where, self.sort, self.cursor, self.limit)


@leads.get("/leads", summary="List leads")
@needs(Scope.LEADS_READ)
def list_leads(desks: TheDesks, wanted: Annotated[Wanted, Query()]) -> PageView[LeadView]:
    """Leads whom all of the filters mean."""
    return page_of(LeadView, desks.leads.search(wanted.search()))


@leads.post("/leads", summary="Create or change a lead", status_code=201, responses={200: {"model": LeadView}})
@needs(Scope.LEADS_WRITE)
def post_lead(desks: TheDesks, request: Request, response: Response, body: LeadIn) -> LeadView:
    """The lead is known by its address or any of its identities. What is said joins what is known, as in an import."""
    return _upserted(desks, request, response, body, "")


@leads.get("/leads/{lead}", summary="Read a lead")
@needs(Scope.LEADS_READ)
def get_lead(desks: TheDesks, lead: LeadName) -> LeadView:
    """One lead."""
    return LeadView.model_validate(desks.leads.one(lead))


@leads.put("/leads/{lead}", summary="Create or change a lead by its name", responses={201: {"model": LeadView}})
@needs(Scope.LEADS_WRITE)
def put_lead(desks: TheDesks, request: Request, response: Response, lead: LeadName, body: LeadIn) -> LeadView:
    """The same as creating, for the lead of this name. Nothing that is not given is taken away."""
    return _upserted(desks, request, response, body, lead)


def _upserted(desks: TheDesks, request: Request, response: Response, body: LeadIn, name: str) -> LeadView:
    wish = LeadWish(body.email, body.identities, given(body, *_BUILTINS), body.fields, body.lists)
    found, new = desks.leads.upsert(wish, name, caller_of(request).name)
    response.status_code = 201 if new else 200
    return LeadView.model_validate(found)


@leads.delete("/leads/{lead}", summary="Erase a person", status_code=204)
@needs(Scope.LEADS_ERASE)
def erase_lead(desks: TheDesks, request: Request, lead: LeadName) -> None:
    """Everything about the person goes. What stays is the keyed hash of each address, suppressed for all mail."""
    desks.leads.erase(lead, caller_of(request).name)


@leads.get("/lists", summary="List lists")
@needs(Scope.LEADS_READ)
def get_lists(desks: TheDesks) -> list[ListView]:
    """All lists; a list exists by having leads."""
    return [ListView(name=name, leads=count) for name, count in desks.leads.lists().items()]


@leads.put("/leads/{lead}/lists/{name}", summary="Put a lead on a list", status_code=204)
@needs(Scope.LEADS_WRITE)
def join_list(desks: TheDesks, lead: LeadName, name: ListName) -> None:
    """A list that does not exist yet begins with this lead."""
    desks.leads.join(lead, name)


@leads.delete("/leads/{lead}/lists/{name}", summary="Take a lead off a list", status_code=204)
@needs(Scope.LEADS_WRITE)
def leave_list(desks: TheDesks, lead: LeadName, name: ListName) -> None:
    """Nothing happens if it is not on the list."""
    desks.leads.leave(lead, name)


@leads.get("/leads/{lead}/why", summary="A lead's story")
@needs(Scope.LEADS_READ)
def get_why(desks: TheDesks, lead: LeadName) -> dict[str, JsonValue]:
    """What it got or did not get, why, and what comes next: the same as `ripeline why --json`."""
    found: dict[str, JsonValue] = desks.leads.why(lead)  # type: ignore[assignment]
    return found


@leads.get("/leads/{lead}/events", summary="What a lead did")
@needs(Scope.LEADS_READ)
def get_events(desks: TheDesks, lead: LeadName, cursor: Cursor = "", limit: Limit = 50) -> PageView[EventView]:
    """Everything that happened, in the order in which it became known."""
    return page_of(EventView, desks.rows.page("events", {}, lead, cursor, limit))


@leads.get("/leads/{lead}/enrollments", summary="A lead's campaigns")
@needs(Scope.LEADS_READ)
def get_enrollments(
    desks: TheDesks, lead: LeadName, cursor: Cursor = "", limit: Limit = 50
) -> PageView[EnrollmentView]:
    """Its runs through campaigns, those that have ended among them."""
    return page_of(EnrollmentView, desks.rows.page("enrollments", {}, lead, cursor, limit))


@leads.get("/leads/{lead}/deliveries", summary="A lead's mails")
@needs(Scope.LEADS_READ)
def get_deliveries(desks: TheDesks, lead: LeadName, cursor: Cursor = "", limit: Limit = 50) -> PageView[DeliveryView]:
    """Every mail that was decided for it, and what became of it."""
    return page_of(DeliveryView, desks.rows.page("deliveries", {}, lead, cursor, limit))


@leads.get("/leads/{lead}/opportunities", summary="A lead's deals")
@needs(Scope.LEADS_READ)
def get_deals(desks: TheDesks, lead: LeadName, cursor: Cursor = "", limit: Limit = 50) -> PageView[OpportunityView]:
    """The deals that may come of it."""
    return page_of(OpportunityView, desks.rows.page("opportunities", {}, lead, cursor, limit))
