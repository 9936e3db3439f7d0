"""Page views: the snippet that own pages load, and the beacons that it sends. Both are answered without the database.

Whatever does not come from one of the configured sites gets the tracker's one 404; a browser that asks not to be
tracked is answered as any other, and nothing of it is recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope

from engine.domain.page_views import BEACON_BYTES, TOKEN_LIFE, is_own_address, page_seen, read_beacon, with_token
from engine.domain.tokens import KeyRing, read_visit_token
from engine.domain.traffic import HitKind
from engine.web.answers import NO_SNIFF, NO_STORE, Answer, answer
from engine.web.recorder import Recorder

_SNIPPET = Path(__file__).parent / "snippet.js"
_VARY = (b"vary", b"origin")
_NO_TRACKING = {b"sec-gpc": b"1", b"dnt": b"1"}


class Beacons:
    """Answers `/s.js` and `/e` for these sites.

    Args:
        ring: the keys that sign and verify the tokens of followed links.
        recorder: where views go.
        sites: host names whose pages may report views; their subdomains may, too.
        consent: `asked`, or `given` where the page need not ask.
    """

    def __init__(self, ring: KeyRing, recorder: Recorder, sites: tuple[str, ...], consent: str) -> None:
        self._ring, self._recorder = ring, recorder
        self._sites = tuple(site.casefold() for site in sites)
        self._snippet, self._unchanged, self._etag = _snippet(consent)
        self._is_own = lru_cache(maxsize=4096)(lambda address: is_own_address(address, self._sites))

    def marked(self, target: str, delivery: int) -> str:
        """The target of a click; with the mark of the mail that led there, where it is one of our sites."""
        if not self._is_own(target):
            return target
        return with_token(target, self._ring, delivery, self._recorder.now())

    async def reply(self, path: str, scope: Scope, receive: Receive) -> Answer | None:
        """The answer; None for what is not ours."""
        method = scope["method"]
        if path == "/s.js" and method in ("GET", "HEAD"):
            return self._unchanged if _header(scope, b"if-none-match") == self._etag else self._snippet
        origin = _header(scope, b"origin")
        if path != "/e" or method not in ("POST", "OPTIONS") or not self._is_own(origin.decode("latin-1")):
            return None
        if method == "OPTIONS":
            return _permission(origin)
        return await self._view(scope, receive, origin)

    async def _view(self, scope: Scope, receive: Receive, origin: bytes) -> Answer | None:
        body = await _body(receive)
        beacon = read_beacon(body) if body is not None else None
        seen = page_seen(beacon, self._sites) if beacon is not None else None
        if beacon is None or seen is None:
            return None
        if not any(_header(scope, name) == value for name, value in _NO_TRACKING.items()):
            mail = read_visit_token(self._ring, beacon.token, self._recorder.now(), TOKEN_LIFE) if beacon.token else 0
            await self._recorder.traffic(HitKind.PAGE, mail or 0, scope, page=seen)
        return answer(204, [(b"access-control-allow-origin", origin), _VARY, NO_STORE])


def _snippet(consent: str) -> tuple[Answer, Answer, bytes]:
    """The script for this way of consent, the answer to whoever has it already, and its name among versions."""
    text = _SNIPPET.read_bytes().replace(b"{{mode}}", consent.encode())
    etag = b'"' + hashlib.sha256(text).hexdigest()[:16].encode() + b'"'
    shared = [(b"etag", etag), (b"cache-control", b"public, max-age=3600")]
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        NO_SNIFF,
        *shared,
    ]
    return answer(200, headers, text), answer(304, shared), etag


def _permission(origin: bytes) -> Answer:
    """What a browser asks before it sends JSON: whether it may."""
    headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"86400"),
        _VARY,
    ]
    return answer(204, headers)


def _header(scope: Mapping[str, Any], wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None if it is larger than any beacon, or was not sent to its end."""
    parts: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts += message.get("body", b"")
        if len(parts) > BEACON_BYTES:
            return None
        if not message.get("more_body", False):
            return parts
