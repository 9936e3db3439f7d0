"""Values of the lead and of events in a scenario: typed as an import would type them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from engine.authoring.policy import BESIDE_THE_LIFECYCLE
from engine.authoring.reader import Converter, Notes, choice, each, table, text
from engine.authoring.toml_source import Item
from engine.authoring.values import address, zone_name
from engine.config.model import Config
from engine.domain.identity import Rejected
from engine.domain.leadfields import coerce
from engine.domain.rules.values import canonical
from engine.domain.timing.local import instant_at
from engine.errors import did_you_mean


def lead_values(config: Config) -> Converter[Mapping[str, object]]:
    """A table of the lead's values by name."""
    readers = _readers(config)

    def convert(item: Item, notes: Notes) -> Mapping[str, object] | None:
        if table(item, notes) is None:
            return None
        found = {name: _value(name, inside, config, readers, notes) for name, inside in item.entries()}
        return {name: value for name, value in found.items() if value is not None}

    return convert


def lead_names(config: Config) -> tuple[str, ...]:
    """Every name that a scenario's lead may have a value for."""
    return (*_readers(config), *config.lead_fields)


def _readers(config: Config) -> Mapping[str, Converter[object]]:
    """How the lead's own columns are read; every other name is a field."""
    lifecycle = choice(*config.lifecycle.stages, *BESIDE_THE_LIFECYCLE)
    return {
        "email": _address,
        "source": text,
        "lifecycle": lifecycle,
        "country": text,
        "language": text,
        "zone": zone_name,
        "owner": text,
        "lists": _lists,
        "score": _number,
        "fit": text,
    }


def _value(
    name: str, item: Item, config: Config, readers: Mapping[str, Converter[object]], notes: Notes
) -> object | None:
    if name in readers:
        return readers[name](item, notes)
    declared = config.lead_fields.get(name)
    if declared is None:
        hint = did_you_mean(name, lead_names(config)) or f"declare it in config.toml under [fields.{name}]"
        notes.error("E408", item.key, f"leads have no field '{name}'", hint)
        return None
    found = coerce(name, declared, _as_read(item.value))
    if isinstance(found, Rejected):
        message, _, hint = found.reason.partition("; ")
        notes.error("E408", item.place, f"'{name}': {message}", hint)
        return None
    return found


def _as_read(value: object) -> object:
    """A date as an import finds it: as text."""
    return value.isoformat() if isinstance(value, date) else value


def _address(item: Item, notes: Notes) -> str | None:
    """An address; empty for a lead without one."""
    return "" if item.value == "" else address(item, notes)


def _lists(item: Item, notes: Notes) -> frozenset[str] | None:
    found = each(text)(item, notes)
    return frozenset(found) if found is not None else None


def _number(item: Item, notes: Notes) -> float | None:
    if isinstance(item.value, (int, float)) and not isinstance(item.value, bool):
        return float(item.value)
    notes.wrong_type(item, "a number")
    return None


def plain_values(zone: ZoneInfo) -> Converter[Mapping[str, object]]:
    """An event's properties as JSON would have them; wall times are meant in the scenario's zone."""

    def convert(item: Item, notes: Notes) -> Mapping[str, object] | None:
        if table(item, notes) is None:
            return None
        return dict(_properties(item, zone))

    return convert


def _properties(item: Item, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    for name, inside in item.entries():
        yield name, _plain(inside.value, zone)


def _plain(value: object, zone: ZoneInfo) -> object:
    match value:
        case datetime():
            aware = value.astimezone(UTC) if value.tzinfo else instant_at(value.date(), value.time(), zone)
            return canonical(aware)
        case date():
            return value.isoformat()
        case _:
            return value
