"""Values at send time: what counts as missing, how they read in a mail, and the filters that change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from engine.errors import RipelineError

MAX_LOOP = 500
MAX_TEXT = 100_000


class ValueRefusedError(RipelineError):
    """A filter cannot use this value; the text says why."""


class _Missing:
    """No value: absent, None or an empty text. It is false, and cannot be written into a mail."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def known(value: Any) -> Any:
    """The value, or MISSING for None and empty text."""
    return MISSING if value is None or value == "" else value


def look_up(value: Any, step: str | int) -> Any:
    """An entry of a mapping or list; MISSING where there is none. Attributes of objects are never reachable."""
    if isinstance(value, Mapping):
        return known(value.get(step))
    if isinstance(step, int) and isinstance(value, Sequence) and not isinstance(value, str):
        return known(value[step]) if -len(value) <= step < len(value) else MISSING
    return MISSING


def show(value: Any) -> str:
    """How a value reads in a mail."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, date):
        return as_date(value)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(show(entry) for entry in value)
    return str(value)


def entries(value: Any) -> Sequence[Any]:
    """What a loop goes through: a list's entries; a single value counts as a list of one."""
    if value is MISSING:
        return ()
    listed = tuple(known(entry) for entry in value) if isinstance(value, list | tuple | set | frozenset) else (value,)
    if len(listed) > MAX_LOOP:
        raise ValueRefusedError(f"the list has {len(listed)} entries; at most {MAX_LOOP} fit into a mail")
    return listed


def rounds(listed: Sequence[Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """The entries of a list, each with what `loop.` says about it."""
    for number, value in enumerate(listed):
        last = number + 1 == len(listed)
        yield {"index": number + 1, "index0": number, "first": not number, "last": last, "length": len(listed)}, value


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

DATE_CODES: Mapping[str, Callable[[Any], str]] = {
    "Y": lambda day: f"{day.year:04d}",
    "y": lambda day: f"{day.year % 100:02d}",
    "m": lambda day: f"{day.month:02d}",
    "d": lambda day: f"{day.day:02d}",
    "-m": lambda day: str(day.month),
    "-d": lambda day: str(day.day),
    "e": lambda day: str(day.day),
    "B": lambda day: _MONTHS[day.month - 1],
    "b": lambda day: _MONTHS[day.month - 1][:3],
    "A": lambda day: _DAYS[day.weekday()],
    "a": lambda day: _DAYS[day.weekday()][:3],
    "H": lambda day: f"{getattr(day, 'hour', 0):02d}",
    "-H": lambda day: str(getattr(day, "hour", 0)),
    "I": lambda day: f"{(getattr(day, 'hour', 0) + 11) % 12 + 1:02d}",
    "-I": lambda day: str((getattr(day, "hour", 0) + 11) % 12 + 1),
    "M": lambda day: f"{getattr(day, 'minute', 0):02d}",
    "p": lambda day: "PM" if getattr(day, "hour", 0) >= 12 else "AM",
    "Z": lambda day: (day.tzname() or "") if isinstance(day, datetime) else "",
    "%": lambda _: "%",
}


def as_date(value: Any, pattern: str = "%-d %B %Y") -> str:
    """A date written by a pattern of `DATE_CODES`; ISO texts are understood."""
    day = _day(value)
    written, rest = [], pattern
    while rest:
        before, percent, rest = rest.partition("%")
        written.append(before)
        if percent:
            code = rest[:2] if rest.startswith("-") else rest[:1]
            written.append(date_code(code)(day))
            rest = rest[len(code) :]
    return "".join(written)


def date_code(code: str) -> Callable[[Any], str]:
    """What a code of a date pattern writes.

    Raises:
        ValueRefusedError: there is no such code.
    """
    if code not in DATE_CODES:
        raise ValueRefusedError(f"'%{code}' is no part of a date pattern; use %Y %m %d %-d %B %b %A %a %H %M %I %p")
    return DATE_CODES[code]


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ValueRefusedError(f"'{show(value)[:40]}' is no date; dates look like 2026-11-22")


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueRefusedError(f"'{show(value)[:40]}' is no number") from None
    if not abs(number) < 1e18:
        raise ValueRefusedError(f"{number:g} is too large a number for a mail")
    return number


def _digits(digits: Any) -> int:
    if not isinstance(digits, int) or not 0 <= digits <= 10:
        raise ValueRefusedError("decimal places go from 0 to 10")
    return digits


def as_number(value: Any, digits: int = 0) -> str:
    """A number with thousands separated: 12,345.60."""
    return f"{_number(value):,.{_digits(digits)}f}"


def as_rounded(value: Any, digits: int = 0) -> int | float:
    rounded = round(_number(value), _digits(digits))
    return rounded if digits else int(rounded)


def add(left: Any, right: Any) -> Any:
    """The sum of two numbers; never of texts."""
    if left is MISSING or right is MISSING:
        return MISSING
    return _tidy(_number(left) + _number(right))


def subtract(left: Any, right: Any) -> Any:
    if left is MISSING or right is MISSING:
        return MISSING
    return _tidy(_number(left) - _number(right))


def _tidy(number: float) -> int | float:
    return int(number) if number == int(number) else number


def as_title(value: Any) -> str:
    """Each word with a capital; what follows an apostrophe stays small, unlike in `str.title`."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in show(value).split(" "))


def joined(parts: Iterable[Any]) -> Any:
    """Texts one after another; MISSING if one of them is."""
    listed = tuple(parts)
    return MISSING if any(part is MISSING for part in listed) else "".join(show(part) for part in listed)


def _join(value: Any, separator: str = ", ") -> str:
    return separator.join(show(entry) for entry in entries(value))


def _first(value: Any) -> Any:
    listed = entries(value)
    return listed[0] if listed else MISSING


def _last(value: Any) -> Any:
    listed = entries(value)
    return listed[-1] if listed else MISSING


def _length(value: Any) -> int:
    return 0 if value is MISSING else len(value) if isinstance(value, str | list | tuple | set) else 1


class Encoded(str):
    """Text already fit for an address, not to be encoded again."""

    __slots__ = ()


def url_part(value: Any) -> str:
    """A value as part of an address, every special character encoded."""
    return value if isinstance(value, Encoded) else Encoded(quote(show(value), safe=""))


def url_path(value: Any) -> str:
    """A value inside an address's path: slashes stay."""
    return value if isinstance(value, Encoded) else Encoded(quote(show(value), safe="/"))


def url_whole(value: Any) -> str:
    """A value that begins an address: only what may never stand in one is encoded."""
    return Encoded(quote(show(value).strip(), safe="!#$%&'()*+,/:;=?@[]~"))


#: Every filter that a template may use; those that understand a missing value stand in TOLERANT.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "upper": lambda value: show(value).upper(),
    "lower": lambda value: show(value).lower(),
    "title": as_title,
    "capitalize": lambda value: show(value).capitalize(),
    "trim": lambda value: known(show(value).strip()),
    "default": lambda value, other="", _falsy=False: other if not value and value != 0 else value,
    "date": as_date,
    "number": as_number,
    "round": as_rounded,
    "first": _first,
    "last": _last,
    "length": _length,
    "join": _join,
    "urlencode": url_part,
    "e": lambda value: value,
}
INTERNAL_FILTERS: Mapping[str, Callable[..., Any]] = {**FILTERS, "url_path": url_path, "url_whole": url_whole}
TOLERANT = frozenset(("default", "length"))


def apply_filter(name: str, value: Any, *arguments: Any) -> Any:
    """The value through a filter; a missing one stays missing."""
    if value is MISSING and name not in TOLERANT:
        return MISSING
    return INTERNAL_FILTERS[name](value, *arguments)


def compare(left: Any, operator: str, right: Any) -> bool:
    """A comparison as in rules: text regardless of case, and false when a value is missing or of another kind."""
    if left is MISSING or right is MISSING:
        return False
    if operator in {"in", "not in"}:
        return _contains(right, left) is (operator == "in")
    try:
        return bool(_COMPARISONS[operator](_folded(left), _folded(right)))
    except TypeError:
        return False


def _contains(container: Any, value: Any) -> bool:
    if isinstance(container, str):
        return show(value).casefold() in container.casefold()
    return any(_folded(entry) == _folded(value) for entry in entries(container))


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
