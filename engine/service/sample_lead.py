"""A made-up lead who has a value in every field, for looking at mails before there are leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from engine.config.model import Config, LeadField
from engine.domain.journey.facts import Lead, Value
from engine.domain.leadfields import BUILTINS

_KNOWN: Mapping[str, str] = {
    "first_name": "Jane",
    "last_name": "Park",
    "name": "Jane Park",
    "salutation": "Ms",
    "title": "Head of Marketing",
    "company": "Northwind",
    "industry": "logistics",
    "phone": "+49 40 123456",
    "website": "https://northwind.example",
    "city": "Hamburg",
    "state": "Hamburg",
}


def sample_lead(config: Config) -> Lead:
    """Jane Park, of a company that does not exist."""
    owner = next(iter(config.sender.owners), "")
    return Lead(
        id=0,
        created_at=datetime(2026, 1, 15, 9, tzinfo=UTC),
        email="jane.park@northwind.example",
        fields={name: _value(name, field) for name, field in config.lead_fields.items()},
        source="webinar",
        lifecycle=config.lifecycle.start,
        country="DE",
        owner=owner,
        score=12.0,
        fit="B",
    )


def filled_up(lead: Lead, sample: Lead) -> Lead:
    """The lead with the sample's values where it has none itself."""
    own = {name: value for name, value in lead.fields.items() if value not in (None, "", [])}
    built_in = {name: getattr(lead, name) or getattr(sample, name) for name in BUILTINS if name != "language"}
    return replace(lead, fields={**sample.fields, **own}, **built_in)


def _value(name: str, field: LeadField) -> Value:
    match field.type:
        case "number":
            return 7
        case "boolean":
            return True
        case "date":
            return "2026-01-15"
        case "datetime":
            return "2026-01-15T09:30:00.000000Z"
        case "tags":
            return ("one", "two")
        case "choice":
            return field.choices[0] if field.choices else ""
        case _:
            return _KNOWN.get(name, name.replace("_", " "))
