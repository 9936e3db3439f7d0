"""What comes in: bodies and parameters, each with its bounds. What is not known is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from engine.domain.money import MOST

LARGEST = 2**63 - 1
MOST_EVENTS = 500


def _sane(instant: datetime) -> datetime:
    if not 1900 <= instant.year <= 2200:
        raise ValueError("the year has to be between 1900 and 2200")
    return instant.astimezone(UTC)


def clean(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("control characters cannot stand here")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(_sane)]
"""An instant with its zone: `2026-11-02T09:00:00Z`."""
Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean)]
Text = Annotated[str, Field(max_length=2_000), AfterValidator(clean)]
Number = Annotated[int, Path(ge=1, le=LARGEST)]
LeadName = Annotated[
    str,
    Path(min_length=1, max_length=320, description="An address, a lead's id, or kind:value such as userId:42."),
    AfterValidator(clean),
]
Cursor = Annotated[str, Query(max_length=2_000, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Properties = Annotated[dict[str, JsonValue], Field(max_length=100)]


class Shape(BaseModel):
    """A body; what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


class LeadIn(Shape):
    """What is said of a lead. What is not given stays as it is; null takes a value away."""

    email: Annotated[str, Field(max_length=320)] = Field("", description="The address.")
    identities: dict[Word, Word] = Field(
        {}, max_length=20, description="Names in other systems by kind: `userId`, `salesforce` …"
    )
    lifecycle: Text | None = Field(None, description="A stage of [lifecycle].")
    source: Text | None = Field(None, description="Where the lead came from.")
    country: Text | None = Field(None, description="A country's code or name.")
    language: Text | None = Field(None, description="A language's code, such as de or pt-br.")
    zone: Text | None = Field(None, description="A time zone, such as Europe/Berlin.")
    owner: Text | None = Field(None, description="The colleague who owns the lead.")
    fields: dict[Word, JsonValue] = Field({}, max_length=200, description="Values of the fields that config declares.")
    lists: list[Word] = Field([], max_length=100, description="Lists to put it on; it stays on its others.")


class ConsentIn(Shape):
    """What a lead allowed or withdrew, with the proof of it."""

    granted: bool = Field(description="Whether mail is allowed, or no longer.")
    topic: Text = Field("", description="A theme; empty for all marketing mail.")
    at: Moment | None = Field(None, description="When the person said so; now, if not given.")
    source: Word = Field(description="Where: a form, a page, a call.")
    proof: Properties = Field({}, description="In which words, from where: whatever proves it.")


class EventIn(Shape):
    """Something that a lead did."""

    name: Word = Field(description="What happened, as rules ask for it: `event('ordered')`.")
    lead: Text = Field("", description="Who: an id or any other name of the lead.")
    email: Annotated[str, Field(max_length=320)] = Field("", description="Who, by address.")
    identities: dict[Word, Word] = Field({}, max_length=20, description="Who, by names in other systems.")
    at: Moment | None = Field(None, description="When; now, if not given.")
    id: Text = Field("", description="A name of this event for ever: told again, it counts once.")
    properties: Properties = Field({}, description="What else is to be said, for rules and mails.")


class EventsIn(Shape):
    """Events of any leads."""

    events: list[EventIn] = Field(min_length=1, max_length=MOST_EVENTS)
    create: bool = Field(False, description="Whether people whom nobody here knows become leads.")


class EnrollmentIn(Shape):
    """A lead that is to enter a campaign."""

    lead: Word = Field(description="Its address, its id, or kind:value.")
    campaign: Word = Field(description="The campaign, which has to let leads in by an event (`on`).")
    properties: Properties = Field({}, description="What the event says, such as the campaign's `key`.")


class OpportunityIn(Shape):
    """A deal as its own system has it now. `source` and `external_id` name it: told again, it is changed."""

    source: Word = Field(description="The system that it is from, such as salesforce.")
    external_id: Word = Field(description="Its id there.")
    lead: dict[Word, Word] = Field({}, max_length=20, description="Whose it is: `email`, `userId`, `salesforce` …")
    account: Text = Field("", description="One of the names of its company, such as its domain.")
    name: Text = Field("", description="What it is called.")
    amount: int = Field(0, ge=0, le=MOST, description="In the smallest unit of the currency.")
    list_amount: int | None = Field(None, ge=0, le=MOST, description="The amount before any discount.")
    currency: Annotated[str, Field(pattern="^([A-Z]{3})?$")] = Field("", description="ISO 4217; the home's, if empty.")
    stage: Text = Field("", description="Where it stands, in the words of its system.")
    outcome: Literal["open", "won", "lost", "no_decision"] = "open"
    opened_at: Moment
    closed_at: Moment | None = None


class SuppressionIn(Shape):
    """An address that must not be mailed."""

    email: Annotated[str, Field(min_length=1, max_length=320)]
    scope: Annotated[str, Field(pattern=r"^(all|marketing|topic:[A-Za-z0-9_-]{1,100})$")] = Field(
        "all", description="`all` mail, `marketing`, or `topic:THEME`."
    )
    reason: Word = Field("by another program", description="Why; `ripeline why` tells it.")


class ByIn(Shape):
    """Who says so."""

    by: Word = Field(description="The colleague who says so.")


class RejectIn(ByIn):
    """Sales gives a lead back."""

    reason: Word = Field(description="One of the reasons that config names.")
    note: Text = ""


class SnoozeIn(ByIn):
    """Sales wants a lead later."""

    until: Moment


class DoneIn(ByIn):
    """A task is done."""

    outcome: Word = Field("done", description="What came of it.")


def given(body: BaseModel, *names: str) -> dict[str, Any]:
    """What the request says of these, and nothing of what it leaves out."""
    return {name: getattr(body, name) for name in names if name in body.model_fields_set}
