"""Reading a file of events: who did what and when, and whatever else stands beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import orjson

from engine.domain.identity import ANONYMOUS_ID, EMAIL, PUBLIC_ID, USER_ID, Address, Identity, Rejected, read_address
from engine.domain.leadfields import many_lines, moment, one_line
from engine.domain.leadrecord import EventRecord, Reject
from engine.inbound.leadfiles.columns import MappingError, plain
from engine.inbound.leadfiles.opening import LeadFileError, open_lead_file
from engine.inbound.leadfiles.rows import BadRow, is_json_lines, read_objects, read_table

EventItem: TypeAlias = EventRecord | Reject

_ROLES: Mapping[str, tuple[str, ...]] = {
    EMAIL: ("email", "emailaddress", "mail", "who", "address"),
    USER_ID: ("userid", "customerid", "externalid"),
    ANONYMOUS_ID: ("anonymousid",),
    PUBLIC_ID: ("ripelineid", "leadid"),
    "name": ("event", "eventname", "action", "activity", "type", "name"),
    "at": ("at", "time", "timestamp", "datetime", "date", "occurredat", "happenedat", "eventtime", "originaltimestamp"),
    "id": ("id", "eventid", "messageid"),
}
_IDENTITIES = (EMAIL, USER_ID, ANONYMOUS_ID, PUBLIC_ID)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")
_TRUTHS = {"true": True, "false": False}
_MOST_PROPERTIES = 100


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How to read events. `name` and `at` stand for files that have no such column, such as a webinar's attendance;
    `wanted` maps columns to `email`, `userId`, `name`, `at` or `id` by hand."""

    name: str = ""
    at: datetime | None = None
    wanted: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""


class EventFile:
    """An open file of events; iterate over it once. Closes with the `with` block.

    Raises:
        LeadFileError: from the constructor or the iteration, where the file cannot be read (on).
        MappingError: a column that `wanted` names does not exist.
    """

    def __init__(self, path: Path, settings: EventSettings) -> None:
        self._file = open_lead_file(path, settings.encoding)
        self._settings = settings
        try:
            self.header, self._rows = self._opened()
        except BaseException:
            self._file.close()
            raise

    def _opened(self) -> tuple[tuple[str, ...], Iterator[tuple[int, Mapping[str, object] | BadRow]]]:
        if is_json_lines(self._file):
            objects = read_objects(self._file)
            return (), ((number, found) for number, found in enumerate(objects, start=1) if found is not None)
        table, rows = read_table(self._file)
        _checked(table.header, self._settings)
        cells = enumerate(rows, start=2)
        return table.header, ((number, _named(table.header, row)) for number, row in cells if row)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[EventItem]:
        for number, found in self._rows:
            if isinstance(found, BadRow):
                yield Reject(number, "", found.reason, found.raw)
            else:
                yield self._event(number, found)

    @property
    def size(self) -> int:
        """Bytes of the file, as it lies on the disk."""
        return self._file.size

    @property
    def position(self) -> int:
        """Bytes read so far, of `size`."""
        return self._file.position()

    def _event(self, number: int, found: Mapping[str, object]) -> EventItem:
        raw = _raw(found, self.header)
        try:
            return _read(number, found, self._settings, raw)
        except _BadCellError as fault:
            return Reject(number, fault.column, fault.reason, raw)


class _BadCellError(Exception):
    """A cell that cannot be used; found deep inside, told at the row."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def _checked(header: Sequence[str], settings: EventSettings) -> None:
    unknown = [name for name in settings.wanted if plain(name) not in {plain(known) for known in header}]
    if unknown:
        raise MappingError(f"the file has no column '{unknown[0]}'; the columns are {', '.join(header)}")
    roles = _roles(header, settings)
    if not any(kind in roles for kind in _IDENTITIES):
        raise LeadFileError(f"no column says who: email, userId …; the columns are {', '.join(header)}")
    for role, given, option in (("name", settings.name, "--event NAME"), ("at", settings.at, "--at INSTANT")):
        if role not in roles and not given:
            what = "what happened (event)" if role == "name" else "when it happened (at)"
            raise LeadFileError(f"no column says {what}; add one, or give it for the whole file: {option}")


def _named(header: Sequence[str], row: list[str] | BadRow) -> Mapping[str, object] | BadRow:
    return row if isinstance(row, BadRow) else dict(zip(header, row, strict=False))


def _raw(found: Mapping[str, object], header: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(found.get(name, "")) for name in header) if header else (orjson.dumps(found).decode(),)


def _roles(keys: Sequence[str], settings: EventSettings) -> dict[str, str]:
    """Which key plays which role; what is left over are properties."""
    by_hand = {target: name for name, target in settings.wanted.items()}
    known = {plain(key): key for key in reversed(keys)}
    roles: dict[str, str] = {}
    for role, names in _ROLES.items():
        wanted = by_hand.get(role)
        key = known.get(plain(wanted)) if wanted else next((known[name] for name in names if name in known), None)
        if key is not None and key not in roles.values():
            roles[role] = key
    return roles


def _read(number: int, found: Mapping[str, object], settings: EventSettings, raw: tuple[str, ...]) -> EventRecord:
    roles = _roles(tuple(found), settings)
    identities, address = _who(found, roles)
    name = _text(found, roles.get("name", "")) or settings.name
    if not name:
        raise _BadCellError(roles.get("name", ""), "says not what happened")
    at = _when(found, roles.get("at", ""), settings)
    properties = _properties(found, frozenset(roles.values()))
    given = _text(found, roles.get("id", ""))
    source_id = f"file:{given}" if given else _fingerprint(identities[0], name, at, properties)
    email, domain = (address.written, address.domain) if address else ("", "")
    return EventRecord(number, identities, email, domain, name, at, source_id, properties, raw)


def _who(found: Mapping[str, object], roles: Mapping[str, str]) -> tuple[tuple[Identity, ...], Address | None]:
    identities: list[Identity] = []
    address = None
    for kind in _IDENTITIES:
        text = _text(found, roles.get(kind, ""))
        if not text:
            continue
        if kind == EMAIL:
            read = read_address(text)
            if isinstance(read, Rejected):
                raise _BadCellError(roles[kind], read.reason)
            address, text = read, read.identity
        identities.append(Identity(kind, text))
    if not identities:
        raise _BadCellError("", "says not who it was: no address and no other identity")
    return tuple(identities), address


def _when(found: Mapping[str, object], column: str, settings: EventSettings) -> datetime:
    raw = found.get(column) if column else None
    if raw in (None, ""):
        if settings.at is None:
            raise _BadCellError(column, "says not when it happened")
        return settings.at
    at = moment(raw)
    if isinstance(at, Rejected):
        raise _BadCellError(column, at.reason)
    return at


def _text(found: Mapping[str, object], column: str) -> str:
    raw = found.get(column) if column else None
    text = one_line(raw) if raw is not None else ""
    if isinstance(text, Rejected):
        raise _BadCellError(column, text.reason)
    return text


def _properties(found: Mapping[str, object], taken: frozenset[str]) -> dict[str, object]:
    nested = found.get("properties")
    given = {**found, **nested} if isinstance(nested, dict) else dict(found)
    if isinstance(nested, dict):
        given.pop("properties")
    kept: dict[str, object] = {}
    for key, raw in given.items():
        if (key in taken and not (isinstance(nested, dict) and key in nested)) or raw in (None, ""):
            continue
        kept[key] = _property(key, raw)
    if len(kept) > _MOST_PROPERTIES:
        raise _BadCellError("", f"has {len(kept)} properties; {_MOST_PROPERTIES} are kept at most")
    return kept


def _property(key: str, raw: object) -> object:
    """Plain numbers and truths as such, so that rules can compare them; other texts as they are."""
    if not isinstance(raw, str):
        return _json_property(key, raw)
    text = many_lines(raw)
    if isinstance(text, Rejected):
        raise _BadCellError(key, text.reason)
    if text.casefold() in _TRUTHS:
        return _TRUTHS[text.casefold()]
    return float(text) if _NUMBER.fullmatch(text) else text


def _json_property(key: str, raw: object) -> object:
    words = orjson.dumps(raw)
    if b"\\u0000" in words or len(words) > 10_000:
        raise _BadCellError(key, "holds a NUL" if len(words) <= 10_000 else "is longer than 10,000 bytes")
    return raw


def _fingerprint(who: Identity, name: str, at: datetime, properties: Mapping[str, object]) -> str:
    said = orjson.dumps([who.kind, who.value, name.casefold(), at, properties], option=orjson.OPT_SORT_KEYS)
    return f"file:{hashlib.sha256(said).hexdigest()[:40]}"
