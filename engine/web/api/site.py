"""The API put together: one ASGI app from a gate and the services behind the endpoints."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import __version__
from engine.web.api.desks import Desks
from engine.web.api.guard import Gate
from engine.web.api.problems import ApiError, Kind, answer
from engine.web.event_clients import EventClients, Fork

log = logging.getLogger("ripeline.api")

PREFIX = "/api/v1"
BODY_BYTES = 1024 * 1024
"""The largest body that is read."""
THREADS = 12
"""How many requests work at once; the store has as many connections."""

Count = Callable[[str, str, int, float], None]
"""Told of each request: method, path as declared, status, seconds."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


def api_site(
    gate: Gate,
    routers: Sequence[APIRouter],
    count: Count | None = None,
    events: EventClients | None = None,
    desks: Desks | None = None,
) -> ASGIApp:
    """The whole API. Each router's routes stand behind the guard, and ask the desks; `count` hears of each request;
    `events` are the endpoints of event clients, which have a guard and answers of their own."""
    app: ASGIApp = api_app(gate, routers, desks)
    return Envelope(app if events is None else Fork(app, events), count)


def api_app(gate: Gate | None, routers: Sequence[APIRouter], desks: Desks | None = None) -> FastAPI:
    """The app without its envelope; without a gate it can only describe itself."""
    app = FastAPI(
        title="Ripeline",
        version=__version__,
        description="Lead nurturing as code: leads, events, campaigns, hand-offs and reports.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.gate, app.state.desks = gate, desks
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    app.add_exception_handler(HTTPException, _nowhere)
    _describe(app)
    return app


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    yield


async def _nowhere(_: Request, error: Exception) -> Response:
    """Addresses that do not exist, and methods that they do not know."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == Kind.METHOD.status:
        return answer(ApiError(Kind.METHOD, f"this address takes {headers.get('Allow', 'other methods')}", (), headers))
    where = f"there is nothing at this address; {PREFIX}/openapi.json lists what there is"
    return answer(ApiError(Kind.NOT_FOUND, where))


def _describe(app: FastAPI) -> None:
    """The description says how a key is sent, and that errors are problem details."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = plain()
            parts = found.setdefault("components", {})
            parts["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of `ripeline keys api new`."}
            }
            for path in found.get("paths", {}).values():
                for operation in path.values():
                    _only_problems(operation)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _only_problems(operation: dict[str, Any]) -> None:
    for status, response in operation.get("responses", {}).items():
        if status.startswith(("4", "5")):
            response.get("content", {}).pop("application/json", None)


class Envelope:
    """What goes around each request: its id, its size, the headers of its answer, one line in the log.

    The log has the address as it is declared, never as it was asked for: that may name a person.
    """

    def __init__(self, app: ASGIApp, count: Count | None = None) -> None:
        self._app, self._count = app, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, number, status = time.perf_counter(), secrets.token_hex(8), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS, (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self._app(scope, _bounded(scope, receive), sending)
        finally:
            self._tell(scope, number, status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, number: str, status: int, seconds: float) -> None:
        path, caller = scope.get("api_path", "(unknown)"), scope.get("api_caller")
        method = scope["method"] if scope["method"] in _METHODS else "(other)"
        if self._count:
            self._count(method, path, status, seconds)
        who = {"key": caller.name} if caller is not None else {}
        level = logging.ERROR if status >= 500 else logging.INFO
        extra = {"status": status, "ms": round(seconds * 1000), "request": number, **who}
        log.log(level, "%s %s", method, path, extra=extra)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Read no more of a body than `BODY_BYTES`."""
    size = 0
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")

    async def receiving() -> Message:
        nonlocal size
        if declared.isdigit() and int(declared) > BODY_BYTES:
            raise _too_large()
        message = await receive()
        size += len(message.get("body", b""))
        if size > BODY_BYTES:
            raise _too_large()
        return message

    return receiving


def _too_large() -> ApiError:
    return ApiError(Kind.TOO_LARGE, f"a body may have {BODY_BYTES // 1024} KB; send several smaller ones")
