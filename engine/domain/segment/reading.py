"""Reading messages liberally: what clients really send, in every spelling of it that was met.

The format is Segment's HTTP tracking API, which RudderStack and others speak, too. One unusable message is refused with
its reason; it never takes the others of its batch with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from engine.domain.identity import Address, Rejected, read_address
from engine.domain.leadfields import moment, one_line
from engine.domain.segment.message import LONGEST_NAME, MESSAGE_BYTES, MOST_PROPERTIES, Call, Refused, Said
from engine.errors import did_you_mean

SKEW = timedelta(minutes=1)
"""A client's clock is corrected when it differs from ours by more; less is the way through the network."""

_LONGEST_ID = 500
_LONGEST_PROPERTY = 10_000
_NOBODY = "says not who: give userId, anonymousId or traits.email"
_MILLISECONDS_SINCE = 100_000_000_000
"""Numbers above it are milliseconds since 1970, and below it seconds; the border lies in 1973 and in the year 5138."""


class _UnusableError(Exception):
    """Why a message cannot be used, found deep inside; becomes its `Refused`."""


def messages_of(body: Mapping[str, Any], call: str = "") -> list[Any]:
    """The messages of a request: those of its `batch`, or the one that the body itself is, of the call's type.

    Raises:
        ValueError: there is no batch where one was expected; the text says so.
    """
    if call:
        return [{**body, "type": call}]
    found = body.get("batch")
    if not isinstance(found, list):
        raise ValueError("the body has no 'batch', a list of messages")
    shared = {name: body[name] for name in ("context", "integrations") if isinstance(body.get(name), dict)}
    if not shared:
        return found
    return [{**shared, **message} if isinstance(message, dict) else message for message in found]


def read_message(raw: object, place: int, sent_at: object, received_at: datetime) -> Said | Refused:
    """The message at that place of a batch.

    Args:
        raw: the message as JSON had it.
        sent_at: when the client says that it sent the batch; by it a wrong clock is found. Anything may stand there.
        received_at: when it came to us, in UTC; nothing happened later.
    """
    if not isinstance(raw, dict):
        return Refused(place, "", "is no object")
    message_id = _id(raw, "messageId", "message_id")
    try:
        return _read(raw, place, message_id, _skew(raw, sent_at, received_at), received_at)
    except _UnusableError as fault:
        return Refused(place, message_id, str(fault))


def _read(raw: Mapping[str, Any], place: int, message_id: str, skew: timedelta, received_at: datetime) -> Said:
    words = _weighed(raw)
    call = _call(raw)
    traits = _traits(raw, call)
    user, address = _who(raw, traits if call is not Call.GROUP else _object(_object(raw, "context"), "traits"))
    said = Said(
        call,
        place,
        _source_id(message_id, words, received_at, place, timed=_given_time(raw) is not None),
        _when(raw, skew, received_at),
        user,
        _id(raw, "anonymousId", "anonymous_id"),
        address,
        _name(raw, call),
        _id(raw, "previousId", "previous_id"),
        _bounded(traits, "traits"),
        _properties(raw, call),
        _evidence(raw, message_id),
    )
    if not (said.user or said.anonymous or said.address):
        raise _UnusableError(_NOBODY)
    if call is Call.ALIAS and not (said.previous and said.user):
        raise _UnusableError("an alias needs previousId and userId")
    return said


def _weighed(raw: Mapping[str, Any]) -> bytes:
    """The message as bytes, in one order of keys."""
    try:
        words = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError) as fault:
        raise _UnusableError(f"holds what cannot be kept: {fault}") from fault
    if len(words) > MESSAGE_BYTES:
        raise _UnusableError(f"weighs {len(words) // 1024 + 1} KB; {MESSAGE_BYTES // 1024} KB are the most")
    return words


def _call(raw: Mapping[str, Any]) -> Call:
    word = raw.get("type")
    name = word.strip().casefold() if isinstance(word, str) else ""
    known = {str(call): call for call in Call}
    if name in known:
        return known[name]
    if not name:
        raise _UnusableError("has no type; known are " + ", ".join(Call))
    raise _UnusableError(f"has the unknown type '{name[:40]}'; {did_you_mean(name, Call) or ', '.join(Call)}")


def _traits(raw: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """The person's traits (or the company's, in a group call); those of the message win over those of its context."""
    own = _object(raw, "traits")
    return own if call is Call.GROUP else {**_object(_object(raw, "context"), "traits"), **own}


def _who(raw: Mapping[str, Any], traits: Mapping[str, Any]) -> tuple[str, Address | None]:
    """The person's id with the client, and the address; many clients give the address as the id."""
    user = _id(raw, "userId", "user_id")
    for given in (traits.get("email"), user):
        found = read_address(given) if isinstance(given, str) and "@" in given else Rejected("is none")
        if isinstance(found, Address):
            return user, found
    return user, None


def _name(raw: Mapping[str, Any], call: Call) -> str:
    """What happened: an event's name, a page's name or path; the company's id in a group call."""
    if call is Call.TRACK:
        found = _line(raw.get("event"), "event")
        if not found:
            raise _UnusableError("says not what happened: a track call needs 'event'")
        return found
    if call is Call.GROUP:
        found = _id(raw, "groupId", "group_id")
        if not found:
            raise _UnusableError("says not which company: a group call needs 'groupId'")
        return found
    if call in (Call.PAGE, Call.SCREEN):
        properties, page = _object(raw, "properties"), _object(_object(raw, "context"), "page")
        given = (
            raw.get("name"),
            properties.get("name"),
            properties.get("path"),
            page.get("path"),
            properties.get("url"),
        )
        return next((found for one in given if (found := _line(one, "name"))), call.value)
    return ""


def _line(value: object, what: str) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = one_line(value)
    if isinstance(text, Rejected):
        raise _UnusableError(f"has a '{what}' that {text.reason}")
    if len(text) > LONGEST_NAME:
        raise _UnusableError(f"has a '{what}' of {len(text)} characters; {LONGEST_NAME} are the most")
    return text


def _id(raw: Mapping[str, Any], *names: str) -> str:
    """An id under any of its names; null, empty and missing are the same, and a number is taken as its digits."""
    for name in names:
        value = raw.get(name)
        text = one_line(value) if value is not None and not isinstance(value, (dict, list)) else ""
        if isinstance(text, str) and text:
            return text[:_LONGEST_ID]
    return ""


def _object(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _properties(raw: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """What is known of the event, bounded; a page's path, title and category are among them."""
    if not call.happens:
        return {}
    found = _object(raw, "properties")
    if call is not Call.TRACK:
        page = _object(_object(raw, "context"), "page")
        told = {"path": page.get("path"), "title": page.get("title"), "category": raw.get("category")}
        found = {**{name: text for name, text in told.items() if isinstance(text, str) and text}, **found}
    return _bounded(found, "properties")


def _bounded(found: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The values as they are, but none that a database refuses (a NUL), none endless, and not too many."""
    if len(found) > MOST_PROPERTIES:
        raise _UnusableError(f"has {len(found)} {what}; {MOST_PROPERTIES} are the most")
    kept: dict[str, Any] = {}
    for name, value in found.items():
        words = orjson.dumps([name, value])
        if len(words) > _LONGEST_PROPERTY:
            raise _UnusableError(f"has '{name[:40]}' in its {what}, which is longer than {_LONGEST_PROPERTY:,} bytes")
        if value is not None:
            kept[name.replace("\0", "")] = _without_nul(value) if b"\\u0000" in words else value
    return kept


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {name.replace("\0", ""): _without_nul(one) for name, one in value.items()}
    return value


def _given_time(raw: Mapping[str, Any]) -> datetime | None:
    """When the client says that it happened, by its own clock."""
    for name in ("originalTimestamp", "timestamp"):
        found = _instant(raw.get(name))
        if found is not None:
            return found
    return None


def _instant(value: object) -> datetime | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS_SINCE else value, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    found = moment(value) if isinstance(value, str) else None
    return found if isinstance(found, datetime) else None


def _skew(raw: Mapping[str, Any], sent_at: object, received_at: datetime) -> timedelta:
    """How far the client's clock is behind ours, where the difference cannot be the network's."""
    sent = _instant(raw.get("sentAt")) or _instant(sent_at)
    behind = received_at - sent if sent is not None else timedelta()
    return behind if abs(behind) > SKEW else timedelta()


def _when(raw: Mapping[str, Any], skew: timedelta, received_at: datetime) -> datetime:
    """When it happened by our clock; now, where the client does not say, or says what nobody can read."""
    given = _given_time(raw)
    if given is None:
        return received_at
    try:
        return min(given + skew, received_at)
    except OverflowError:
        return received_at


def _source_id(message_id: str, words: bytes, received_at: datetime, place: int, *, timed: bool) -> str:
    """The message's own id; without one, what it says, and where it does not even say when, its arrival."""
    if message_id:
        return f"segment:{message_id}"
    arrival = b"" if timed else f"{received_at.isoformat()} {place}".encode()
    return f"segment:~{hashlib.sha256(words + arrival).hexdigest()[:40]}"


def _evidence(raw: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    library = _object(_object(raw, "context"), "library")
    program = " ".join(str(library[name])[:60] for name in ("name", "version") if library.get(name))
    said = {
        "message": message_id,
        "library": program.replace("\0", ""),
        "anonymousId": _id(raw, "anonymousId", "anonymous_id"),
        "timestamp": str(raw.get("originalTimestamp") or raw.get("timestamp") or "")[:60].replace("\0", ""),
    }
    return {name: text for name, text in said.items() if text}
