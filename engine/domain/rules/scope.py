"""Which names and functions exist where a rule stands, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.domain.rules.values import Kind


@dataclass(frozen=True, slots=True)
class FieldType:
    """A declared name's kind; `choices` are the allowed values of a choice."""

    kind: Kind
    choices: tuple[str, ...] = ()


LEAD_NAMES: Mapping[str, FieldType] = MappingProxyType(
    {
        "lifecycle": FieldType(Kind.CHOICE),
        "source": FieldType(Kind.TEXT),
        "country": FieldType(Kind.TEXT),
        "language": FieldType(Kind.TEXT),
        "zone": FieldType(Kind.TEXT),
        "email_domain": FieldType(Kind.TEXT),
        "owner": FieldType(Kind.TEXT),
        "created": FieldType(Kind.DATETIME),
        "score": FieldType(Kind.NUMBER),
        "account_score": FieldType(Kind.NUMBER),
        "fit": FieldType(Kind.CHOICE, ("A", "B", "C", "D")),
        "subscribed": FieldType(Kind.BOOLEAN),
    }
)
"""Built-in names of every lead, beside `replied`; the choices of `lifecycle` come from the config."""

CAMPAIGN_NAMES = ("clicks", "opens", "days_in_stage", "days_in_campaign", "stage")
"""Names that exist only while a lead is in a campaign."""

SPACES = ("lead", "trigger", "vars", "ever")
LEAD_FUNCTIONS = (
    "event",
    "count",
    "in_list",
    "known",
    "contains",
    "startswith",
    "endswith",
    "days_since",
    "days_until",
)
CAMPAIGN_FUNCTIONS = ("opened", "clicked", "sent")
EVER_FUNCTIONS = ("opened", "clicked", "sent", "event", "count", "entered", "finished")
EVER_NAMES = ("clicks", "opens")

RESERVED_NAMES = frozenset(
    (
        *LEAD_NAMES,
        *CAMPAIGN_NAMES,
        *SPACES,
        *LEAD_FUNCTIONS,
        *CAMPAIGN_FUNCTIONS,
        *("replied", "true", "false", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"),
    )
)
"""Names that a declared lead field cannot have."""

Links = frozenset[str] | None
"""The named links of a mail; None: not known, any name will do."""

Steps = Mapping[str, Links]

_NOTHING: Mapping[str, FieldType] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """What exists in the place where a rule stands. None for a catalogue: not known, any name will do.

    `in_campaign`: the rule is asked of a lead on its way through a campaign (exit, advance, when, goal);
    otherwise of a lead alone (enter, scoring, routing, segments).
    """

    fields: Mapping[str, FieldType] = field(default_factory=lambda: _NOTHING)
    lifecycle: tuple[str, ...] = ()
    in_campaign: bool = False
    has_trigger: bool = False
    vars: Mapping[str, FieldType] | None = None
    stages: tuple[str, ...] = ()
    steps: Steps | None = None
    campaigns: Mapping[str, Steps] | None = None
    lists: frozenset[str] | None = None
    events: frozenset[str] | None = None
    roles: tuple[str, ...] = ()

    def lead_type(self, name: str) -> FieldType | None:
        """The type of a built-in or declared lead name."""
        if name == "lifecycle":
            return FieldType(Kind.CHOICE, self.lifecycle)
        return LEAD_NAMES.get(name) or self.fields.get(name)

    @property
    def lead_names(self) -> tuple[str, ...]:
        return (*LEAD_NAMES, "replied", *self.fields)

    @property
    def bare_names(self) -> tuple[str, ...]:
        """Every name that can stand alone here."""
        return (*self.lead_names, *(CAMPAIGN_NAMES if self.in_campaign else ()))

    @property
    def functions(self) -> tuple[str, ...]:
        return (*LEAD_FUNCTIONS, *(CAMPAIGN_FUNCTIONS if self.in_campaign else ()))
