"""The one rule language: conditions over a lead's facts, checked when written, asked whenever something happens."""

from engine.domain.rules.binding import bound
from engine.domain.rules.borders import Borders, borders_of
from engine.domain.rules.folding import folded_event
from engine.domain.rules.nodes import Activity, Node, Reach
from engine.domain.rules.rule import (
    Rule,
    Verdict,
    always_true,
    evaluate,
    explain,
    holds,
    names_used,
    never_true,
    parse_counted,
    parse_rule,
    values_asked,
    warnings,
)
from engine.domain.rules.scope import CAMPAIGN_NAMES, LEAD_NAMES, RESERVED_NAMES, FieldType, Scope
from engine.domain.rules.values import Kind, Value, canonical
from engine.domain.rules.view import FactsView, Occurrence

__all__ = [
    "CAMPAIGN_NAMES",
    "LEAD_NAMES",
    "RESERVED_NAMES",
    "Activity",
    "Borders",
    "FactsView",
    "FieldType",
    "Kind",
    "Node",
    "Occurrence",
    "Reach",
    "Rule",
    "Scope",
    "Value",
    "Verdict",
    "always_true",
    "borders_of",
    "bound",
    "canonical",
    "evaluate",
    "explain",
    "folded_event",
    "holds",
    "names_used",
    "never_true",
    "parse_counted",
    "parse_rule",
    "values_asked",
    "warnings",
]
