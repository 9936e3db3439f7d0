"""Endpoints by which other programs tell: events, consent, campaigns to enter and leave, deals, suppressions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from engine.domain.api_keys import Scope
from engine.service.api.happenings import EventWish
from engine.service.api.permissions import ConsentWish
from engine.web.api.desks import TheDesks
from engine.web.api.guard import Guarded, caller_of, needs, repeat_of
from engine.web.api.shapes import (
    ConsentIn,
    EnrollmentIn,
    EventsIn,
    LeadName,
    Number,
    OpportunityIn,
    SuppressionIn,
)
from engine.web.api.views import (
    AskedRunView,
    ConsentView,
    EnrollmentView,
    OpportunityView,
    SuppressionView,
    ToldView,
    all_of,
)

events = APIRouter(route_class=Guarded, tags=["events"])
permissions = APIRouter(route_class=Guarded, tags=["permission"])
enrollments = APIRouter(route_class=Guarded, tags=["campaigns"])
deals = APIRouter(route_class=Guarded, tags=["deals"])

Address = Annotated[str, Path(min_length=1, max_length=320, description="A mail address.")]
ScopeOf = Annotated[str, Query(pattern=r"^(all|marketing|topic:[A-Za-z0-9_-]{1,100})$")]


@events.post("/events", summary="Tell what leads did")
@needs(Scope.EVENTS_WRITE)
def post_events(desks: TheDesks, request: Request, body: EventsIn) -> ToldView:
    """Up to 500 events. Each counts once by its `id`, or by all that it says; the leads are looked at at once.
    What sales and deals came to (`recycled`, `opportunity_won` …) takes the scope of that too."""
    told = [EventWish(**one.model_dump()) for one in body.events]
    by = caller_of(request)
    return ToldView.model_validate(desks.happenings.tell(told, create=body.create, repeat=repeat_of(request), by=by))


@permissions.get("/leads/{lead}/consents", summary="What a lead allowed")
@needs(Scope.LEADS_READ)
def get_consents(desks: TheDesks, lead: LeadName) -> list[ConsentView]:
    """Everything that it allowed and withdrew, oldest first; the newest of a topic counts."""
    return all_of(ConsentView, desks.permissions.consents(lead))


@permissions.post("/leads/{lead}/consents", summary="Record consent", status_code=201)
@needs(Scope.LEADS_WRITE)
def post_consent(desks: TheDesks, lead: LeadName, body: ConsentIn) -> ConsentView:
    """A withdrawal suppresses the address at once. Consent does not lift a suppression."""
    wish = ConsentWish(**body.model_dump())
    return ConsentView.model_validate(desks.permissions.consent(lead, wish))


@permissions.get("/suppressions/{address}", summary="Why an address is not mailed")
@needs(Scope.LEADS_READ)
def get_suppressions(desks: TheDesks, address: Address) -> list[SuppressionView]:
    """Empty if nothing stands against mailing it."""
    return all_of(SuppressionView, desks.permissions.suppressions(address))


@permissions.post("/suppressions", summary="Never mail an address again", status_code=201)
@needs(Scope.SUPPRESSIONS_WRITE)
def post_suppression(desks: TheDesks, request: Request, body: SuppressionIn) -> list[SuppressionView]:
    """Effective before the next mail is sent, also for addresses that no lead has yet."""
    by = caller_of(request).name
    return all_of(SuppressionView, desks.permissions.suppress(body.email, body.scope, body.reason, by))


@permissions.delete("/suppressions/{address}", summary="Lift a suppression", status_code=204)
@needs(Scope.SUPPRESSIONS_WRITE)
def delete_suppression(desks: TheDesks, address: Address, scope: ScopeOf = "all") -> None:
    """Only if the person asked for it. A complaint and an erasure cannot be lifted."""
    desks.permissions.lift(address, scope)


@enrollments.post("/enrollments", summary="Let a lead into a campaign", status_code=202)
@needs(Scope.ENROLLMENTS_WRITE)
def post_enrollment(desks: TheDesks, request: Request, body: EnrollmentIn) -> AskedRunView:
    """The event that the campaign waits for (`on`) is recorded, and the lead decided on at the next look: its own rules
    – `enter`, `key`, `reenter` – hold as always."""
    repeat, by = repeat_of(request), caller_of(request)
    happened = desks.happenings.enroll(body.lead, body.campaign, body.properties, repeat, by)
    return AskedRunView.model_validate(happened)


@enrollments.get("/enrollments/{number}", summary="Read a run through a campaign")
@needs(Scope.LEADS_READ)
def get_enrollment(desks: TheDesks, number: Number) -> EnrollmentView:
    """One run."""
    return EnrollmentView.model_validate(desks.rows.one("enrollments", number))


@enrollments.post("/enrollments/{number}/exit", summary="Take a lead out of a campaign")
@needs(Scope.ENROLLMENTS_WRITE)
def exit_enrollment(desks: TheDesks, number: Number) -> EnrollmentView:
    """Its mails that are not yet on their way are not sent. A run that has ended stays as it ended."""
    return EnrollmentView.model_validate(desks.happenings.leave(number))


@deals.post("/opportunities", summary="Record a deal", status_code=201)
@needs(Scope.OPPORTUNITIES_WRITE)
def post_deal(desks: TheDesks, body: OpportunityIn) -> OpportunityView:
    """A deal as it is now; the same record again changes nothing, a changed one changes what it says."""
    number = desks.deals.record(body.model_dump(exclude={"lead"}), body.lead)
    return OpportunityView.model_validate(desks.rows.one("opportunities", number))


@deals.get("/opportunities/{number}", summary="Read a deal")
@needs(Scope.LEADS_READ)
def get_deal(desks: TheDesks, number: Number) -> OpportunityView:
    """One deal."""
    return OpportunityView.model_validate(desks.rows.one("opportunities", number))
