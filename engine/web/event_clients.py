"""The endpoints that Segment's client libraries speak to, and those of others that kept its format.

They are answered as those libraries expect: exactly 200 with JSON, an error as `{"code", "message"}`, 429 with
Retry-After. A batch is 200 also where some of its messages are refused, as the libraries would otherwise send all of it
again or drop all of it; the answer, the log and `ripeline status` tell which were.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from traceback import format_tb
from typing import Any, Protocol

import orjson
from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.domain.api_keys import Caller, May
from engine.domain.api_keys import Scope as KeyScope
from engine.domain.segment import Call, Refused, messages_of
from engine.domain.segment.message import BATCH_BYTES
from engine.web.answers import Answer, answer
from engine.web.authorization import key_in

log = logging.getLogger("ripeline.api")

PREFIX = "/v1/"
"""Where all of them are."""

_CALLS: Mapping[str, str] = {"batch": "", "import": "", **{call.value: call.value for call in Call}}
_JSON = (b"content-type", b"application/json")


class Taken(Protocol):
    """What became of a batch."""

    @property
    def messages(self) -> int: ...
    @property
    def refused(self) -> Sequence[Refused]: ...


class Drawn(Protocol):
    @property
    def granted(self) -> bool: ...
    @property
    def wait(self) -> int: ...


@dataclass(frozen=True)
class EventGate:
    """What stands before the endpoints, and behind them.

    `caller` tells whose a key is, `draw` takes one request of a key's share of the minute, `take` takes messages in
    with the instant at which the client says that it sent them, and whether the key has a
    scope; `away` are the errors of a store that will come back.
    """

    caller: Callable[[str], Caller | None]
    draw: Callable[[int], Drawn]
    take: Callable[[Sequence[object], object, May], Taken]
    away: type[Exception]
    writer: asyncio.Lock = field(default_factory=asyncio.Lock)


class _RefusedError(Exception):
    """The request is refused as a whole: status, code, and words for whoever reads the client's log."""

    def __init__(self, status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


class Fork:
    """One ASGI app of two: calls of event clients go to their own endpoints, everything else to the other app."""

    def __init__(self, app: ASGIApp, events: EventClients) -> None:
        self._app, self._events = app, events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_event = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self._events if is_event else self._app)(scope, receive, send)


class EventClients:
    """The endpoints as one ASGI app."""

    def __init__(self, gate: EventGate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._taken(scope, receive)
        except _RefusedError as fault:
            reply = _answer(fault.status, {"code": fault.code, "message": fault.message}, fault.headers)
        except Exception as error:
            reply = self._failure(error)
        await send(reply.start)
        await send(reply.end)

    async def _taken(self, scope: Scope, receive: Receive) -> Answer:
        call = _call(scope)
        headers = dict(scope["headers"])
        body = _parsed(_unpacked(await _read(headers, receive), headers.get(b"content-encoding", b"")))
        caller = await self._admit(scope, headers, body)
        try:
            messages = messages_of(body, call)
        except ValueError as fault:
            raise _RefusedError(400, "no_batch", str(fault)) from fault
        async with self._gate.writer:
            taken = await run_sync(partial(self._gate.take, messages, body.get("sentAt"), caller.may))
        _tell(taken)
        if call and taken.refused:
            raise _RefusedError(400, "invalid", f"the message {taken.refused[0].reason}")
        return _answer(200, _told(taken))

    async def _admit(self, scope: Scope, headers: Mapping[bytes, bytes], body: Mapping[str, Any]) -> Caller:
        """Whoever asks, if they may: the write key is the user name of Basic, a Bearer, or stands in the body."""
        given = body.get("writeKey")
        key = key_in(headers.get(b"authorization", b"").decode("latin-1")) or (given if isinstance(given, str) else "")
        caller = await run_sync(self._gate.caller, key) if key else None
        if caller is None:
            why = "this write key is unknown, revoked or expired" if key else "there is no write key"
            raise _RefusedError(401, "no_key", f"{why}; `ripeline keys api new` makes one")
        scope["api_caller"] = caller
        if not caller.may(KeyScope.EVENTS_WRITE):
            raise _RefusedError(403, "scope", f"the key '{caller.name}' lacks the scope {KeyScope.EVENTS_WRITE.value}")
        drawn = self._gate.draw(caller.id)
        if not drawn.granted:
            wait = (b"retry-after", str(drawn.wait).encode())
            raise _RefusedError(429, "too_many", f"too many requests; the next may come in {drawn.wait} s", wait)
        return caller

    def _failure(self, error: Exception) -> Answer:
        if isinstance(error, self._gate.away):
            log.error("the store is away: %s", type(error).__name__)
            words = {"code": "away", "message": "the store is away; send it again"}
            return _answer(503, words, [(b"retry-after", b"5")])
        # without its message, which may quote what somebody sent
        log.error("%s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
        return _answer(500, {"code": "fault", "message": "a fault of Ripeline; its log says more"})


def _call(scope: Scope) -> str:
    """Which call an address is for; empty for a batch."""
    name = scope["path"].removeprefix(PREFIX).rstrip("/")
    if name not in _CALLS:
        known = ", ".join(f"{PREFIX}{one}" for one in _CALLS)
        raise _RefusedError(404, "not_found", f"there is nothing at this address; there are {known}")
    scope["api_path"] = f"{PREFIX}{name}"
    if scope["method"] != "POST":
        raise _RefusedError(405, "method", "this address takes POST", (b"allow", b"POST"))
    return _CALLS[name]


async def _read(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > BATCH_BYTES:
        raise _too_large()
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _RefusedError(400, "cut_off", "the request ended before its body did")
        parts += message.get("body", b"")
        if len(parts) > BATCH_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(parts)


def _too_large() -> _RefusedError:
    return _RefusedError(
        413, "too_large", f"a request may have {BATCH_BYTES // 1024} KB, unpacked; send smaller batches"
    )


def _unpacked(body: bytes, encoding: bytes) -> bytes:
    """The body without its gzip, which is known by its first bytes, whatever the headers say; never more than fits."""
    packed = body[:2] == b"\x1f\x8b"
    if not packed and encoding.strip().lower() not in (b"", b"identity", b"gzip", b"x-gzip"):
        raise _RefusedError(415, "encoding", "a body is sent as it is, or with gzip")
    if not packed:
        return body
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, BATCH_BYTES + 1)
    except zlib.error as fault:
        raise _RefusedError(400, "gzip", f"the body is no gzip: {fault}") from fault
    if len(found) > BATCH_BYTES:
        raise _too_large()
    if not unpacking.eof:
        raise _RefusedError(400, "gzip", "the gzip ends before it is complete")
    return found


def _parsed(body: bytes) -> Mapping[str, Any]:
    """The body as JSON, whatever its content type is called. What only Python's clients write (NaN, halves of
    characters) is read too, and left to the message that has it."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = _lenient(body)
    if not isinstance(found, dict):
        raise _RefusedError(400, "no_object", "the body is no JSON object")
    return found


def _lenient(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as fault:
        raise _RefusedError(400, "bad_json", "the body is no JSON") from fault


def _tell(taken: Taken) -> None:
    if taken.refused:
        first = taken.refused[0]
        said = "%d of %d messages were refused; the first %s"
        log.warning(said, len(taken.refused), taken.messages, first.reason)


def _told(taken: Taken) -> dict[str, Any]:
    refused = [{"index": one.place, "messageId": one.message_id, "message": one.reason} for one in taken.refused]
    return {"success": True, "taken": taken.messages - len(refused), "refused": refused}


def _answer(status: int, content: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    return answer(status, [_JSON, *headers], orjson.dumps(content))
