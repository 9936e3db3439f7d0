"""The kinds of value that a rule knows, and how a raw value is read as one of them.

Every reader returns the comparable form of a raw value, or None where the raw value is missing or of another kind:
a rule never fails on what a lead holds. The store's SQL compiler follows the same readings to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | date | datetime | tuple[str, ...]

NUMBER_LIMIT = 1e15
"""Sizes above it count as missing: up to here a double is exact for whole numbers in Python and both databases."""

NUMBER_GRAIN = 1e-30
"""Sizes below it count as 0, so that no product of a rule can underflow, which PostgreSQL treats as an error."""

DAYS_LIMIT = 4_000_000.0
"""More days than lie between the years 1 and 9999."""

DATE_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_DURATION = re.compile(r"([1-9][0-9]{0,4})\s?([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Kind(StrEnum):
    """What a name in a rule holds; the value is the word that people use for it."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    TAGS = "tags"
    JSON = "any"
    DAYS = "days"


class Family(StrEnum):
    """Kinds that compare with each other."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    TAGS = "tags"
    JSON = "json"
    DAYS = "days"


FAMILY_OF: Mapping[Kind, Family] = {
    Kind.TEXT: Family.TEXT,
    Kind.CHOICE: Family.TEXT,
    Kind.NUMBER: Family.NUMBER,
    Kind.BOOLEAN: Family.BOOLEAN,
    Kind.DATE: Family.INSTANT,
    Kind.DATETIME: Family.INSTANT,
    Kind.TAGS: Family.TAGS,
    Kind.JSON: Family.JSON,
    Kind.DAYS: Family.DAYS,
}


def as_text(raw: object) -> str | None:
    """The casefolded text; an empty text is missing."""
    return raw.casefold() if isinstance(raw, str) and raw else None


def as_number(raw: object) -> float | None:
    """The number as a double; None for a boolean and beyond `NUMBER_LIMIT`."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    if not -NUMBER_LIMIT <= raw <= NUMBER_LIMIT:
        return None
    return 0.0 if -NUMBER_GRAIN < raw < NUMBER_GRAIN else float(raw)


def as_boolean(raw: object) -> bool | None:
    return raw if isinstance(raw, bool) else None


def as_tags(raw: object) -> tuple[str, ...] | None:
    """The casefolded texts of a list; what is not text in it is passed over."""
    if not isinstance(raw, (list, tuple)):
        return None
    return tuple(item.casefold() for item in raw if isinstance(item, str))


def as_date(raw: object) -> datetime | None:
    """Midnight UTC of a date, given as `date` or as text `YYYY-MM-DD`."""
    if isinstance(raw, str):
        return _parsed(raw) if DATE_SHAPE.fullmatch(raw) else None
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return datetime(raw.year, raw.month, raw.day, tzinfo=UTC)
    return None


def as_datetime(raw: object) -> datetime | None:
    """The instant in UTC of an aware `datetime`, or of text `YYYY-MM-DDTHH:MM:SS.ffffffZ`, the store's only form."""
    if isinstance(raw, str):
        return _parsed(raw) if DATETIME_SHAPE.fullmatch(raw) else None
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw
    return None


def as_instant(raw: object) -> datetime | None:
    """The instant of any ISO 8601 text, as events bring it; without a zone it is in UTC, a date is its midnight."""
    if isinstance(raw, str):
        return _parsed(raw)
    return as_datetime(raw) or as_date(raw)


def _parsed(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def canonical(instant: datetime) -> str:
    """The store's text of an instant: of fixed width, in UTC, so that text order is time order."""
    moment = instant.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def parse_duration(text: str) -> timedelta | None:
    """'10m', '3h', '2d' or '4w' as a length of time, else None."""
    found = _DURATION.fullmatch(text.strip())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def days(number: float) -> timedelta:
    """So many 24-hour days, to the microsecond; cut off beyond all dates there are."""
    return timedelta(days=max(-DAYS_LIMIT, min(DAYS_LIMIT, number)))


def shifted(instant: datetime, by: timedelta) -> datetime | None:
    """`instant + by`, or None outside the calendar."""
    try:
        return instant + by
    except OverflowError:
        return None
