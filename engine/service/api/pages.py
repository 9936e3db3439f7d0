"""Lists in pages, and finding the lead that a request names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from engine.domain.cursor import Cursor, read_cursor, written_cursor
from engine.domain.refusals import MissingError
from engine.service.home import Home
from engine.store.actions import action_row
from engine.store.api_views import rows_page
from engine.store.database import reading
from engine.store.leads import find_lead, lead_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and the cursor behind the last; empty where there are no more."""

    items: tuple[T, ...]
    next: str = ""


def the_lead(connection: Any, name: str) -> Any:
    """The lead with this address, id or `kind:value`; one that was merged into another is that other one.

    Raises:
        MissingError: there is none.
    """
    found = find_lead(connection, name)
    while found is not None and found.merged_into is not None:
        found = lead_row(connection, found.merged_into)
    if found is None:
        raise MissingError("there is no such lead; name it by its address, its id, or kind:value such as userId:42")
    return found


class Lists:
    """Lists of what leads have: `what` is a name of `engine.store.api_views.TABLES`."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def page(self, what: str, filters: Mapping[str, Any], lead: str, cursor: str, limit: int) -> Page[Any]:
        """The next rows; of one lead, where one is named.

        Raises:
            MissingError: there is no such lead.
            InvalidError: the cursor is none.
        """
        after = read_cursor(cursor, what, int).number if cursor else 0
        with reading(self._home.store) as connection:
            of_lead = {"lead_id": the_lead(connection, lead).id} if lead else {}
            rows = rows_page(connection, what, {**filters, **of_lead}, after, limit + 1)
        more = len(rows) > limit
        shown = rows[:limit]
        return Page(tuple(shown), written_cursor(Cursor(what, None, shown[-1].id)) if more else "")

    def one(self, what: str, number: int) -> Any:
        """One row.

        Raises:
            MissingError: there is none of this number.
        """
        with reading(self._home.store) as connection:
            rows = rows_page(connection, what, {"id": number}, 0, 1)
        if not rows:
            raise MissingError(f"there is nothing of the number {number} among the {what}")
        return rows[0]

    def action(self, number: int) -> None:
        """Look whether there is a task of this number, also one that is done.

        Raises:
            MissingError: there is none.
        """
        with reading(self._home.store) as connection:
            row = action_row(connection, number)
        if row is None or row.kind != "task":
            raise MissingError(f"there is no task {number}")
