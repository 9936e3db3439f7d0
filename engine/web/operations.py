"""What monitoring asks the daemon: `/metrics`, `/health` and `/ready`. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

_FRESH = {"cache-control": "no-store"}


class Check(Protocol):
    """One thing that must be so, whether it is, and how it is, in words."""

    @property
    def name(self) -> str: ...

    @property
    def ok(self) -> bool: ...

    @property
    def words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Operations:
    """Who answers; each is called in a thread of its own, and must answer within seconds.

    metrics: the metrics in the form that an Accept header asks for, and their Content-Type · health: whether the
    daemon does its work, in a check · ready: all checks of the home
    """

    metrics: Callable[[str], tuple[bytes, str]]
    health: Callable[[], Check]
    ready: Callable[[], Sequence[Check]]


def operations_site(asked: Operations) -> ASGIApp:
    """The pages as an ASGI app."""

    def metrics(request: Request) -> Response:
        body, content_type = asked.metrics(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type, **_FRESH})

    def health(_: Request) -> Response:
        found = asked.health()
        return Response(f"{found.words}\n", _status(found.ok), _FRESH, "text/plain")

    def ready(_: Request) -> Response:
        checks = asked.ready()
        ok = all(check.ok for check in checks)
        told = {check.name: {"ok": check.ok, "words": check.words} for check in checks}
        return JSONResponse({"ready": ok, "checks": told}, _status(ok), _FRESH)

    pages = {"/metrics": metrics, "/health": health, "/ready": ready}
    return Starlette(routes=[Route(path, page) for path, page in pages.items()])


def _status(ok: bool) -> int:
    return 200 if ok else 503
