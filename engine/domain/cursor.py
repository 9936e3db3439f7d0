"""Where a list goes on: the last row's place in the order, as text that clients hand back as it is.

Nothing is hidden in it and nothing has to be: it only says where to go on, and is read as strictly as any parameter.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from engine.domain.refusals import Fault, InvalidError

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which row to go on: its value in the order named `sort` (None where that is the number), its number."""

    sort: str
    value: str | float | datetime | None
    number: int


def written_cursor(cursor: Cursor) -> str:
    """The cursor as clients get it."""
    value = cursor.value.isoformat() if isinstance(cursor.value, datetime) else cursor.value
    return urlsafe_b64encode(orjson.dumps([cursor.sort, value, cursor.number])).rstrip(b"=").decode()


def read_cursor(text: str, sort: str, kind: type) -> Cursor:
    """The cursor that a client hands back, for a list in this order, whose values are of this kind.

    Raises:
        InvalidError: it is none of ours, or one of another order.
    """
    try:
        said, value, number = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if type(number) is not int or not 0 <= number <= LARGEST:
            raise ValueError("no number of a row")
        found = Cursor(sort, _value(value, kind) if said == sort else None, number)
    except (ValueError, TypeError, OverflowError):
        raise _refused("is no cursor that this list gave") from None
    if said != sort:
        raise _refused("belongs to another order")
    return found


def _value(value: object, kind: type) -> str | float | datetime | None:
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is str and isinstance(value, str) and "\0" not in value:
        return value
    if kind is int and value is None:
        return None
    raise ValueError("not of this kind")


def _refused(what: str) -> InvalidError:
    return InvalidError([Fault("query.cursor", what, "take `next` of the page before, or leave it out to begin anew")])
