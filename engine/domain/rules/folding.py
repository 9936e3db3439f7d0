"""The casefolded copies that rules in SQL compare, made when written: the databases cannot fold ÀÉ alike."""

from __future__ import annotations

from collections.abc import Mapping


def folded_event(name: str, properties: Mapping[str, object]) -> dict[str, str]:
    """The copies kept beside an event: its texts by property, and its name under `~name`."""
    texts = {key: value.casefold() for key, value in properties.items() if isinstance(value, str)}
    return {**texts, "~name": name.casefold()}
