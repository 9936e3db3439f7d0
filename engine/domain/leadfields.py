"""Values of lead fields: what the config allows, what is stored, and the folded copy that rules compare.

Stored values are plain JSON: text, number, true or false, dates as `YYYY-MM-DD`, instants as
`YYYY-MM-DDTHH:MM:SS.ffffffZ`, tags as a list of texts. The rules' readers (`engine.domain.rules.values`) expect these.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

import orjson

from engine.config.model import FieldType, LeadField
from engine.domain.identity import CONTROLS, Rejected, control_character
from engine.domain.rules.values import NUMBER_LIMIT, canonical
from engine.errors import did_you_mean

Value: TypeAlias = str | float | bool | list[str]
Read: TypeAlias = Value | Rejected

LONGEST_TEXT = 10_000
MOST_TAGS = 1_000
BUILTINS = ("source", "lifecycle", "country", "language", "zone", "owner")
"""Built-in texts of a lead that a file may give; with `email_domain` they are folded under `~name`."""

MANY_LINES = frozenset(("note", "notes", "description", "comment", "comments", "message", "remarks", "bio", "street"))
"""A field whose name has one of these words may hold line breaks; all others are names that may end up in a header."""

_BLANKS = " \t\u00a0"
_LINES = re.compile(r"[\n\t]")
_WORD = re.compile(r"[^\W_]+")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ENGLISH_NUMBER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_GERMAN_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+")
_SLASHED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_TRUE = frozenset(("true", "yes", "y", "1", "on", "t", "x", "ja", "oui", "si", "sí", "wahr"))
_FALSE = frozenset(("false", "no", "n", "0", "off", "f", "nein", "non", "falsch"))


def coerce(name: str, declared: LeadField, raw: object) -> Read:
    """The value to store for the field `name`, or why `raw` cannot be one.

    `raw` is a cell's text, or a JSON value. The caller decides what an empty one means.
    """
    return coercer(name, declared)(raw)


def coercer(name: str, declared: LeadField) -> Callable[[object], Read]:
    """`coerce` for one field, made once for a whole file."""
    if declared.type == "text":
        return many_lines if MANY_LINES.intersection(_WORD.findall(name.casefold().replace("_", " "))) else one_line
    if declared.type == "choice":
        return _choice(declared.choices)
    return _COERCERS[declared.type]


def one_line(raw: object) -> str | Rejected:
    """A text that may stand in a header: no control character at all, line breaks included."""
    text = raw if isinstance(raw, str) else _as_text(raw)
    if isinstance(text, Rejected):
        return text
    text = text.strip(_BLANKS)
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT:
        return text
    if CONTROLS.search(text):
        return Rejected(f"holds {control_character(text)}; names and addresses are one line of plain characters")
    return _bounded(text)


def many_lines(raw: object) -> str | Rejected:
    """A text that may have lines; they end in LF alone, whatever the file had."""
    text = raw if isinstance(raw, str) else _as_text(raw)
    if isinstance(text, Rejected):
        return text
    text = text.replace("\r\n", "\n").strip(_BLANKS + "\n")
    found = control_character(_LINES.sub("", text))
    return Rejected(f"holds {found}") if found else _bounded(text)


def _bounded(text: str) -> str | Rejected:
    if len(text) > LONGEST_TEXT:
        return Rejected(f"is a text of {len(text):,} characters; {LONGEST_TEXT:,} are kept at most")
    return text


def _as_text(raw: object) -> str | Rejected:
    """JSON's numbers and truths as text, the way a file would write them."""
    match raw:
        case bool():
            return "true" if raw else "false"
        case int():
            return str(raw)
        case float():
            return f"{raw:.0f}" if raw.is_integer() else repr(raw)
        case _:
            return Rejected(f"is {_kind_of(raw)}, but a text was expected")


def number(raw: object) -> float | Rejected:
    """A finite double. Thousands may be marked where no doubt is left: 1,234.50 or 1.234,50, but not 1,234."""
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        return Rejected(f"is {_kind_of(raw)}, but a number was expected")
    found = _number_in(raw) if isinstance(raw, str) else raw
    if isinstance(found, Rejected):
        return found
    if not -NUMBER_LIMIT <= found <= NUMBER_LIMIT:  # also refuses nan
        return Rejected(
            f"is beyond what numbers here can be (1e15); declare the field as text to keep {_cut(raw)} whole"
        )
    return float(found)


def _number_in(raw: str) -> float | Rejected:
    text = raw.strip().replace("\u00a0", "").replace("\u2212", "-")
    if _PLAIN_NUMBER.fullmatch(text):
        return float(text)
    english, german = _ENGLISH_NUMBER.fullmatch(text), _GERMAN_NUMBER.fullmatch(text)
    if english and german:
        return Rejected(
            f"'{_cut(text)}' can be read in two ways; write {text.replace(',', '')} or {text.replace(',', '.')}"
        )
    if english:
        return float(text.replace(",", ""))
    if german:
        return float(text.replace(".", "").replace(",", "."))
    return Rejected(f"'{_cut(text)}' is no number, such as 1234.5")


def boolean(raw: object) -> bool | Rejected:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _TRUE or raw == 1:
        return True
    if word in _FALSE or raw == 0:
        return False
    return Rejected(f"'{_cut(raw)}' is neither true nor false (yes, no, 1, 0)")


def day(raw: object) -> str | Rejected:
    """A date as `YYYY-MM-DD`; of an instant, its UTC day."""
    found = moment(raw)
    return found if isinstance(found, Rejected) else f"{found.year:04d}-{found.month:02d}-{found.day:02d}"


def instant(raw: object) -> str | Rejected:
    """An instant in the store's text; without a zone it is meant in UTC, a date is its midnight."""
    found = moment(raw)
    return found if isinstance(found, Rejected) else canonical(found)


def moment(raw: object) -> datetime | Rejected:
    """The instant that a text means, in UTC: ISO 8601, or a date with dots or with slashes that leave no doubt."""
    if not isinstance(raw, str):
        return Rejected(f"is {_kind_of(raw)}, but a date was expected, such as '2026-11-30'")
    text = raw.strip()
    try:
        found = datetime.fromisoformat(_isoformat(text))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _local_date(text)


def _isoformat(text: str) -> str:
    return text[:-4] + "Z" if text.endswith(" UTC") else text


def _local_date(text: str) -> datetime | Rejected:
    slashed, dotted = _SLASHED_DATE.fullmatch(text), _DOTTED_DATE.fullmatch(text)
    found = slashed or dotted
    if found is None:
        return Rejected(f"'{_cut(text)}' is no date; write the year first, such as 2026-11-30 or 2026-11-30T09:00Z")
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    if slashed and first <= 12 and second <= 12 and first != second:
        return Rejected(f"'{text}' can be a date in two ways; write the year first, {year}-{second:02d}-{first:02d}")
    month, day_of_month = (first, second) if slashed and second > 12 else (second, first)
    try:
        return datetime(year, month, day_of_month, tzinfo=UTC)
    except ValueError:
        return Rejected(f"'{text}' is no day of the calendar")


def tags(raw: object) -> list[str] | Rejected:
    """Tags, each once: a JSON list, or a text with , ; or | between them and quotes where a tag has one of these."""
    items = _tag_items(raw) if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)):
        return Rejected(f"is {_kind_of(raw)}, but a list of tags was expected")
    if len(items) > MOST_TAGS:
        return Rejected(f"are {len(items):,} tags; {MOST_TAGS:,} are kept at most")
    found: dict[str, str] = {}
    for item in items:
        tag = one_line(item)
        if isinstance(tag, Rejected):
            return tag
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())


def _tag_items(text: str) -> object:
    text = text.strip()
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    separator = next((mark for mark in ("|", ";", ",") if mark in text), ",")
    if '"' in text:
        separator = "," if "," in text else separator
        return next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    return text.split(separator)


def tags_text(values: list[str]) -> str:
    """Tags as one cell that `tags` reads back as they were."""
    plain = "; ".join(values)
    return plain if tags(plain) == values else orjson.dumps(values).decode()


def _choice(choices: tuple[str, ...]) -> Callable[[object], Read]:
    spelled = {choice.casefold(): choice for choice in choices}

    def choose(raw: object) -> Read:
        text = one_line(raw)
        if isinstance(text, Rejected):
            return text
        known = spelled.get(text.casefold())
        if known is not None:
            return known
        hint = did_you_mean(text, choices) or f"allowed are {', '.join(choices) or 'none yet'}"
        return Rejected(f"'{_cut(text)}' is none of this field's choices; {hint}")

    return choose


_COERCERS: Mapping[FieldType, Callable[[object], Read]] = {
    "number": number,
    "boolean": boolean,
    "date": day,
    "datetime": instant,
    "tags": tags,
}


_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    type(None): "empty",
}


def _cut(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 40 else text[:39] + "…"


def _kind_of(raw: object) -> str:
    kinds: Mapping[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(raw), "empty" if raw is None else "an object")


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    return text.casefold()


def folded(values: Mapping[str, Value], builtins: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The casefolded copies that rules compare: texts and tags by name, built-in texts under `~name`."""
    copies: dict[str, str | list[str]] = {}
    for name, value in values.items():
        if isinstance(value, str):
            copies[name] = value.casefold()
        elif isinstance(value, list):
            copies[name] = [tag.casefold() for tag in value]
    for name, text in builtins.items():
        if text:
            copies[f"~{name}"] = _fold(text)
    return copies
