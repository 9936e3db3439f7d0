"""Views of own pages: what a beacon may say, and how little of it is kept.

A beacon comes from a browser, and so from anybody. It may say which page was seen, by which visitor's own id; it can
not say who that is. Only the signed token of a followed link can, and only after the click was taken for a person's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit, urlunsplit

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from engine.domain.tokens import KeyRing, visit_token
from engine.domain.traffic import PageSeen

BEACON_BYTES = 4096
TOKEN_NAME = "rl_v"  # noqa: S105 -- the parameter's name, not its value
TOKEN_LIFE = timedelta(minutes=30)
"""How long after the click a page may still say by which link it was reached: a visitor may read before agreeing."""

_VISITOR = re.compile(r"[A-Za-z0-9-]{16,64}")
_LONGEST_PATH, _LONGEST_TITLE, _LONGEST_UTM = 200, 200, 500


class Beacon(Struct):
    """What the snippet sends."""

    id: str
    url: str
    title: str = ""
    referrer: str = ""
    token: str = ""


_decode = Decoder(Beacon).decode


def read_beacon(body: bytes) -> Beacon | None:
    """The beacon; None for anything else."""
    try:
        found = _decode(body)
    except (MsgspecError, UnicodeDecodeError):
        return None
    return found if _VISITOR.fullmatch(found.id) else None


def page_seen(beacon: Beacon, sites: Sequence[str]) -> PageSeen | None:
    """The view that a beacon tells of; None if the page is not one of our sites'."""
    page = _address(beacon.url)
    if page is None or not is_own_site(page, sites):
        return None
    before = _address(beacon.referrer)
    referrer = before.hostname or "" if before is not None and not is_own_site(before, sites) else ""
    utm = "&".join(pair for pair in page.query.split("&") if pair.startswith("utm_"))
    return PageSeen(
        beacon.id,
        page.hostname or "",
        _plain(page.path)[:_LONGEST_PATH] or "/",
        _plain(beacon.title)[:_LONGEST_TITLE],
        referrer,
        _plain(utm)[:_LONGEST_UTM],
    )


def is_own_address(address: str, sites: Sequence[str]) -> bool:
    """Whether an address (or an Origin) is of one of these sites, or of a subdomain of one."""
    found = _address(address)
    return found is not None and is_own_site(found, sites)


def is_own_site(address: SplitResult, sites: Sequence[str]) -> bool:
    host = (address.hostname or "").casefold()
    return any(host == site or host.endswith(f".{site}") for site in sites)


def with_token(target: str, ring: KeyRing, delivery: int, now: datetime) -> str:
    """The target of a followed link with the token that says whose mail led there."""
    found = urlsplit(target)
    pair = f"{TOKEN_NAME}={visit_token(ring, delivery, now)}"
    return urlunsplit(found._replace(query=f"{found.query}&{pair}" if found.query else pair))


def _address(text: str) -> SplitResult | None:
    try:
        found = urlsplit(text)
        return found if found.scheme in ("http", "https") and found.hostname else None
    except ValueError:
        return None


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(character for character in text if character.isprintable())
