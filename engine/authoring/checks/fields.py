"""Values that `set` writes to a lead: into fields that exist, of their kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from engine.authoring.campaign_file import CampaignDraft
from engine.authoring.policy import BESIDE_THE_LIFECYCLE
from engine.authoring.reader import found_kind
from engine.authoring.step_keys import stored
from engine.authoring.toml_source import Item
from engine.config.model import Config, LeadField
from engine.domain.identity import Rejected
from engine.domain.leadfields import BUILTINS, coerce
from engine.domain.rules import LEAD_NAMES
from engine.domain.steps import SetStep
from engine.domain.timing import explain_zone, zone_named
from engine.errors import did_you_mean

_PLAIN: Mapping[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "a text in quotes"),
    "choice": ((str,), "one of its choices"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
    "date": ((date,), "a date such as 2026-11-30, without quotes"),
    "datetime": ((datetime,), "a date with time such as 2026-11-30T09:00:00Z, without quotes"),
    "tags": ((list,), 'a list of texts such as ["vip"]'),
}


def check_fields(draft: CampaignDraft, config: Config) -> None:
    """Note every field that a step sets and that is not there, or cannot hold the value."""
    for placed in draft.steps:
        if isinstance(placed.step, SetStep):
            for name, item in placed.item.find("set").entries():
                _check_field(draft, config, name, item)


def _check_field(draft: CampaignDraft, config: Config, name: str, item: Item) -> None:
    declared = _declared(config, name)
    if declared is None:
        settable = [*BUILTINS, *config.lead_fields]
        message = f"a lead has no field '{name}'"
        if name in LEAD_NAMES or name in ("replied", "email"):
            message, hint = f"'{name}' follows from what the lead does, so no step can set it", ""
        else:
            hint = did_you_mean(name, settable) or f"declare it in config.toml: [fields.{name}]"
        draft.notes.error("E241", item.key, message, hint)
        return
    expected = _PLAIN[declared.type][1]
    if not _is_plain(item.value, declared):
        message = f"the field '{name}' holds {expected}, and this is {found_kind(item.value)}"
        draft.notes.error("E242", item.place, message)
    elif declared.type == "choice" and item.value not in declared.choices:
        hint = did_you_mean(str(item.value), declared.choices) or f"there are: {', '.join(declared.choices)}"
        draft.notes.error("E242", item.place, f"'{item.value}' is no choice of the field '{name}'", hint)
    elif name == "zone" and zone_named(str(item.value)) is None:
        draft.notes.error("E242", item.place, explain_zone(str(item.value)))
    elif isinstance(found := coerce(name, declared, stored(item.value)), Rejected):
        draft.notes.error("E242", item.place, f"the field '{name}' cannot hold this: it {found.reason}")


def _is_plain(value: object, declared: LeadField) -> bool:
    """Whether the value is of the field's own kind: what a file of leads may say in many ways is said here in one."""
    kinds, _ = _PLAIN[declared.type]
    if isinstance(value, list):
        return list in kinds and all(isinstance(tag, str) for tag in value)
    if isinstance(value, bool | datetime):  # which Python takes for a number and for a date
        return type(value) in kinds
    return isinstance(value, kinds)


def _declared(config: Config, name: str) -> LeadField | None:
    if name == "lifecycle":
        return LeadField(type="choice", choices=(*config.lifecycle.stages, *BESIDE_THE_LIFECYCLE))
    return LeadField() if name in BUILTINS else config.lead_fields.get(name)
