"""What stands before every endpoint: key, scope, rate, parameters, repeats – and what its refusals look like.

An endpoint is a plain function with `@needs(Scope.…)` on a router whose `route_class` is `Guarded`. It runs in a
thread; those that write run one after the other, without holding a thread while they wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from traceback import format_tb
from typing import Any, Protocol, TypeVar

import orjson
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine.domain.api_keys import Caller, Scope
from engine.domain.refusals import Fault
from engine.domain.repeats import LONGEST_KEY, Answer
from engine.errors import RipelineError
from engine.web.api.limits import Buckets
from engine.web.api.problems import MEDIA_TYPE, ApiError, Kind, Problem, answer, misread, told
from engine.web.authorization import key_in

log = logging.getLogger("ripeline.api")

REPEAT = "idempotency-key"
_F = TypeVar("_F", bound=Callable[..., Any])
_SCOPE = "__api_scope__"


class Keys(Protocol):
    """Who knows the keys."""

    def caller(self, key: str) -> Caller | None:
        """Whose key this is."""


class Repeated(Protocol):
    """Who keeps the answers of requests that may be sent again."""

    def begin(self, caller: int, key: str, request: str) -> Answer | None: ...
    def finish(self, caller: int, key: str, answer: Answer) -> None: ...
    def give_up(self, caller: int, key: str) -> None: ...


@dataclass(frozen=True)
class Gate:
    """What the guard asks. `away` are the errors of a store that will come back; `writer` lets one write at a time."""

    keys: Keys
    repeats: Repeated
    buckets: Buckets
    away: type[Exception]
    writer: asyncio.Lock = field(default_factory=asyncio.Lock)


def needs(scope: Scope) -> Callable[[_F], _F]:
    """Say which scope an endpoint asks for; `Guarded` refuses to be made without."""

    def marked(endpoint: _F) -> _F:
        setattr(endpoint, _SCOPE, scope)
        return endpoint

    return marked


def scope_of(endpoint: Callable[..., Any]) -> Scope:
    """The scope that an endpoint asks for.

    Raises:
        TypeError: it does not say.
    """
    found = getattr(endpoint, _SCOPE, None)
    if not isinstance(found, Scope):
        raise TypeError(f"{endpoint.__name__} does not say which scope it needs")
    return found


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": " · ".join(kind.words for kind in Kind if kind.status == status),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in sorted(Counter(kind.status for kind in Kind))
    if status not in (405, 500)
}
"""What every endpoint may answer instead, for its description."""


class Guarded(APIRoute):
    """A route behind the guard."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.asked = scope_of(endpoint)
        extra = dict(options.pop("openapi_extra", None) or {})
        extra.setdefault("security", [{"key": [self.asked.value]}])
        options["responses"] = {**REFUSALS, **(options.get("responses") or {})}
        super().__init__(path, endpoint, openapi_extra=extra, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        work = super().get_route_handler()
        known = frozenset(_parameters(self.dependant.query_params))

        async def handler(request: Request) -> Response:
            request.scope["api_path"] = self.path_format
            gate: Gate = request.app.state.gate
            try:
                return await self._guarded(request, gate, known, work)
            except Exception as error:
                return answer(refusal(error, gate.away))

        return handler

    async def _guarded(self, request: Request, gate: Gate, known: frozenset[str], work: Any) -> Response:
        caller = await authenticated(request, gate)
        drawn = gate.buckets.draw(caller.id)
        limits = gate.buckets.headers(drawn)
        if not drawn.granted:
            raise ApiError(Kind.TOO_MANY, f"too many requests; the next may come in {drawn.wait} s", (), limits)
        try:
            response = await self._allowed(request, gate, caller, known, work)
        except Exception as error:
            response = answer(refusal(error, gate.away))
        response.headers.update(limits)
        return response

    async def _allowed(
        self, request: Request, gate: Gate, caller: Caller, known: frozenset[str], work: Any
    ) -> Response:
        if not caller.may(self.asked):
            raise ApiError(
                Kind.SCOPE, f"the key '{caller.name}' may not do this: it takes the scope {self.asked.value}"
            )
        _check_text(request)
        _check_parameters(request, known)
        if request.method in ("GET", "HEAD"):
            return await _ran(request, gate, work)
        body = await request.body()
        self.check_body(request, body)
        async with gate.writer:
            return await _repeatable(request, gate, caller, body, work)

    def check_body(self, request: Request, body: bytes) -> None:
        """Whether the body is of a kind that is read here.

        Raises:
            ApiError: it is not.
        """
        encoding = request.headers.get("content-encoding", "identity").strip().casefold()
        if encoding != "identity":
            raise ApiError(Kind.MEDIA, "the body is compressed; send it as it is")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if body and kind != "application/json":
            raise ApiError(Kind.MEDIA, "the body has to be JSON; say so: Content-Type: application/json")
        _check_json(body)


def _parameters(declared: Iterable[Any]) -> Iterator[str]:
    """The names of query parameters; those that stand together in a model are its fields."""
    for one in declared:
        kind = one.field_info.annotation
        yield from kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else (one.alias,)


async def authenticated(request: Request, gate: Gate) -> Caller:
    """Who asks.

    Raises:
        ApiError: no key, or none that is good.
    """
    key = key_in(request.headers.get("authorization", ""))
    caller = await run_sync(gate.keys.caller, key) if key else None
    if caller is None:
        why = "this key is unknown, revoked or expired" if key else "send a key: Authorization: Bearer ripe_…"
        more = "; `ripeline keys api new` makes one" if key else ""
        raise ApiError(Kind.NO_KEY, why + more, headers={"www-authenticate": 'Bearer realm="ripeline"'})
    request.scope["api_caller"] = caller
    return caller


def caller_of(request: Request) -> Caller:
    """Who asks, within an endpoint."""
    found: Caller = request.scope["api_caller"]
    return found


def repeat_of(request: Request) -> str:
    """The Idempotency-Key of a request with its caller's number, by which what it makes is named; empty without one."""
    key = request.headers.get(REPEAT, "")
    return f"{caller_of(request).id}:{key}" if key else ""


def _check_text(request: Request) -> None:
    """A NUL cannot be stored, nor be looked for."""
    if "\0" in request.scope["path"] or any("\0" in value for value in request.query_params.values()):
        raise ApiError(Kind.MALFORMED, "the address holds a NUL, which no text here has")


def _check_json(body: bytes) -> None:
    """Strict JSON (RFC 8259) in UTF-8: no NaN, no half of a surrogate pair, no NUL, no endless nesting."""
    if b"\\u0000" in body:
        raise ApiError(Kind.MALFORMED, "the body holds a NUL (\\u0000), which no text here has")
    try:
        orjson.loads(body or b"null")
    except orjson.JSONDecodeError as error:
        fault = Fault(f"body:{error.lineno}:{error.colno}", error.msg)
        raise ApiError(Kind.MALFORMED, f"the body is not JSON: {error.msg}", [fault]) from None


def _check_parameters(request: Request, known: frozenset[str]) -> None:
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise ApiError(Kind.UNKNOWN_PARAMETER, f"'{name[:40]}' is no parameter of this address; {takes}")
        if count > 1:
            raise ApiError(Kind.UNKNOWN_PARAMETER, f"the parameter '{name}' is given {count} times")


async def _repeatable(request: Request, gate: Gate, caller: Caller, body: bytes, work: Any) -> Response:
    """The work, or the answer that the same request got before."""
    key = request.headers.get(REPEAT, "")
    if request.method != "POST" or not key:
        return await _ran(request, gate, work)
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise ApiError(Kind.MALFORMED, f"an Idempotency-Key has 1 to {LONGEST_KEY} plain characters")
    before = await run_sync(gate.repeats.begin, caller.id, key, _digest(request, body))
    if before is not None:
        kind = "application/json" if before.status < 400 else MEDIA_TYPE
        return Response(before.content, before.status, {"idempotent-replayed": "true"}, kind)
    try:
        response = await _ran(request, gate, work)
    except BaseException:
        await run_sync(gate.repeats.give_up, caller.id, key)
        raise
    if response.status_code >= 500:
        await run_sync(gate.repeats.give_up, caller.id, key)
    else:
        kept = Answer(response.status_code, bytes(response.body))
        await run_sync(gate.repeats.finish, caller.id, key, kept)
    return response


def _digest(request: Request, body: bytes) -> str:
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return blake2b(target + body, digest_size=16).hexdigest()


async def _ran(request: Request, gate: Gate, work: Any) -> Response:
    """The endpoint's answer; what it refuses is an answer too, which a repeated request gets again."""
    try:
        response: Response = await work(request)
    except Exception as error:
        return answer(refusal(error, gate.away))
    return response


def refusal(error: Exception, away: type[Exception]) -> ApiError:
    """What a failure of an endpoint is answered as."""
    match error:
        case ApiError():
            return error
        case RequestValidationError():
            return misread(error)
        case HTTPException():
            return _of_http(error)
        case _ if isinstance(error, away):
            log.error("the store is away: %s", type(error).__name__)
            return ApiError(Kind.AWAY, "the store is away; try again", headers={"retry-after": "5"})
        case RipelineError():
            return told(error)
        case _:
            # without its message, which may quote what somebody sent
            log.error("%s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
            return ApiError(Kind.FAULT, "a fault of Ripeline; its log says more under this request's id")


def _of_http(error: HTTPException) -> ApiError:
    kind = next((kind for kind in Kind if kind.status == error.status_code), Kind.MALFORMED)
    return ApiError(kind, str(error.detail), headers=error.headers)


def in_thread(work: Callable[..., Any], *given: Any) -> Coroutine[Any, Any, Any]:
    """Blocking work in a thread of the pool, for endpoints that are coroutines."""
    return run_sync(partial(work, *given))
