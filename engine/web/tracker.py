"""The tracker's hot path, in bare ASGI: pixels, redirects and pictures.

It needs no database: targets are signed, hits go to the spool and are on disk before the answer. Whatever is not
exactly ours gets one and the same 404, and nothing is recorded. Everything else goes to the pages.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import idna
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.domain.recipient import UnavailableError
from engine.domain.tokens import KeyRing, Purpose, read_link_token, read_mail_token
from engine.domain.traffic import HitKind
from engine.web.answers import NO_INDEX, NO_REFERRER, NO_STORE, Answer, answer
from engine.web.assets import AssetShelf
from engine.web.beacons import Beacons
from engine.web.recorder import Recorder

# 1 × 1 transparent GIF89a: header, two-colour table, transparency, one pixel
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b",
)
# no header more than needed: each costs its share of every open
_PIXEL = answer(200, [(b"content-type", b"image/gif"), NO_STORE], PIXEL)
_HEALTHY = answer(200, [(b"content-type", b"text/plain; charset=utf-8"), NO_STORE], b"ok\n")
_AWAY = answer(503, [(b"retry-after", b"10"), NO_STORE])
_HOST = re.compile(r"(https?://(?:[^/?#@]*@)?)([^/?#:]*)", re.IGNORECASE)
_TARGET = re.compile(r"(?:https?://[^/\\?#\s][^\x00-\x1f\x7f]*|mailto:[^\x00-\x1f\x7f]+)", re.IGNORECASE)

PAGES = ("/u/", "/p/", "/v/", "/s/", "/h/", "/k/")
"""Where people read something: recipients, and salespeople who answer."""

Route = Callable[[str, Scope], Awaitable[Answer]]


class Tracker:
    """The whole tracker as one ASGI app.

    Args:
        ring: the keys that verify tokens.
        recorder: where hits go; its spool is closed when the server shuts down.
        shelf: pictures of templates.
        pages: the app for everything that people read (`PAGES`).
        nothing: the 404 that everything invalid gets.
        beacons: views of own pages; None where no site may report any.
    """

    def __init__(
        self,
        ring: KeyRing,
        recorder: Recorder,
        shelf: AssetShelf,
        pages: ASGIApp,
        nothing: Answer,
        beacons: Beacons | None = None,
    ) -> None:
        self._beacons = beacons
        self._ring, self._recorder, self._shelf = ring, recorder, shelf
        self._pages, self._nothing = pages, nothing
        self._routes: dict[str, Route] = {
            "/o/": self._pixel,
            "/c/": self._click,
            "/a/": self._asset,
            "/he": self._health,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        path: str = scope["path"]
        start = path[:3]
        if start in PAGES:
            await self._pages(scope, receive, send)
            return
        route = self._routes.get(start)
        known = route is not None and scope["method"] in ("GET", "HEAD")
        reply = await route(path, scope) if route and known else None
        if route is None and self._beacons is not None:
            reply = await self._beacons.reply(path, scope, receive)
        reply = reply or self._nothing
        await send(reply.start)
        await send(reply.end)

    async def _pixel(self, path: str, scope: Scope) -> Answer:
        mail = read_mail_token(self._ring, Purpose.TRACK, path[3:-4]) if path.endswith(".gif") else None
        if mail is None:
            return self._nothing
        await self._recorder.traffic(HitKind.OPEN, mail.delivery, scope)
        return _PIXEL

    async def _click(self, path: str, scope: Scope) -> Answer:
        token, _, link_token = path[3:].partition("/")
        mail = read_mail_token(self._ring, Purpose.TRACK, token)
        link = read_link_token(self._ring, mail, link_token) if mail else None
        if mail is None or link is None or not _TARGET.fullmatch(link.target):
            return self._nothing
        await self._recorder.traffic(HitKind.CLICK, mail.delivery, scope, link=link.index, target=link.target)
        target = link.target if self._beacons is None else self._beacons.marked(link.target, mail.delivery)
        return answer(302, [(b"location", location(target)), NO_STORE, NO_REFERRER, NO_INDEX])

    async def _asset(self, path: str, _: Scope) -> Answer:
        digest, _slash, name = path[3:].partition("/")
        try:
            return await self._shelf.find(digest, name) or self._nothing
        except UnavailableError:
            return _AWAY

    async def _health(self, path: str, _: Scope) -> Answer:
        return _HEALTHY if path == "/health" else self._nothing

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._recorder.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def location(target: str) -> bytes:
    """A target as a Location header: as it is, but for letters beyond ASCII.

    They are percent-encoded (RFC 3987, section 3.1); in the host's name, which not all clients decode, by IDNA.
    """
    if target.isascii():
        return target.encode()
    found = _HOST.match(target)
    if found is None:
        return _quoted(target)
    return _quoted(found[1]) + _host(found[2]) + _quoted(target[found.end() :])


def _quoted(text: str) -> bytes:
    """The text with what is beyond ASCII percent-encoded."""
    return "".join(char if char.isascii() else quote(char) for char in text).encode()


def _host(name: str) -> bytes:
    try:
        return name.encode() if name.isascii() else idna.encode(name, uts46=True)
    except idna.IDNAError:
        return _quoted(name)
