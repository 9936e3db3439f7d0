"""Names of sales in a scenario: why it gives leads back, and the colleagues to whom they are handed over."""

from __future__ import annotations

from engine.authoring.reader import Converter, Notes, flag, text
from engine.authoring.toml_source import Item
from engine.config.model import Config
from engine.errors import did_you_mean


def reasons_of(config: Config) -> tuple[str, ...]:
    """Why sales may give a lead back."""
    return tuple(config.sales.reasons)


def colleagues_of(config: Config) -> tuple[str, ...]:
    """To whom a lead may be handed over."""
    people = (one.name for one in config.sales.person)
    return tuple(dict.fromkeys((*people, *config.sender.owners)))


def reason(config: Config) -> Converter[str]:
    """A reason for which sales gives leads back."""
    known = reasons_of(config)

    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or value in known:
            return value
        there = f"there are: {', '.join(known)}" if known else "add it to config.toml"
        hint = did_you_mean(value, known) or there
        notes.error("E410", item.place, f"[sales.reasons] has no '{value}'", hint)
        return None

    return convert


def to_whom(config: Config) -> Converter[str]:
    """A colleague; empty for `true`, which is whoever gets the lead."""
    known = colleagues_of(config)

    def convert(item: Item, notes: Notes) -> str | None:
        if isinstance(item.value, bool):
            return "" if only_true(item, notes) else None
        value = text(item, notes)
        if value is None or value in known:
            return value
        hint = did_you_mean(value, known) or f"{', '.join(known) or 'nobody'} can get leads; true is for whoever does"
        notes.error("E410", item.place, f"nobody in sales is called '{value}'", hint)
        return None

    return convert


def only_true(item: Item, notes: Notes) -> bool | None:
    """Something that can be expected, and not the contrary of it."""
    found = flag(item, notes)
    if found is False:
        notes.error("E014", item.place, "this can only be expected: false says nothing", "write true, or take it out")
    return found
