"""Finding the lead that somebody means: by address, opaque id, another system's id, or name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.identity import Address, read_address
from engine.domain.journey.facts import Lead
from engine.errors import RipelineError
from engine.store.database import Store, reading
from engine.store.facts import load_leads
from engine.store.lead_names import leads_called
from engine.store.leads import find_lead, lead_row

_MOST = 5


def meant_lead(connection: Any, name: str) -> Any:
    """The lead that is called so; one that was merged into another is that other one.

    Raises:
        RipelineError: nobody is called so, or several are.
    """
    found = find_lead(connection, name)
    if found is None and not isinstance(read_address(name), Address):
        found = _by_name(connection, name)
    while found is not None and found.merged_into is not None:
        found = lead_row(connection, found.merged_into)
    if found is None:
        raise RipelineError(
            f"nobody here is called '{name}'. "
            "Give an address, a whole name, a lead's id, or kind:value such as userId:42."
        )
    return found


def _by_name(connection: Any, name: str) -> Any | None:
    called = leads_called(connection, name, _MOST)
    if len(called) > 1:
        several = ", ".join(row.email or row.public_id for row in called)
        more = ", …" if len(called) == _MOST else ""
        raise RipelineError(f"several leads are called '{name}': {several}{more}. Say which one by its address.")
    return lead_row(connection, called[0].id) if called else None


def full_name(fields: Mapping[str, Any]) -> str:
    """First and last name, or the whole one; empty if neither is known."""
    parts = (str(fields.get(key) or "") for key in ("first_name", "last_name"))
    return " ".join(part for part in parts if part) or str(fields.get("name") or "")


def lead_named(store: Store, name: str) -> Lead:
    """The lead that is called so, without its history.

    Raises:
        RipelineError: nobody is called so, or several are.
    """
    with reading(store) as connection:
        row = meant_lead(connection, name)
        return load_leads(connection, [row.id])[row.id]
