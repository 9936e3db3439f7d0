"""Recording: from a request to a hit in the spool, without keeping who it was."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import count
from typing import Any

from engine.clock import Clock
from engine.domain.traffic import Hit, HitKind, clean_header
from engine.web.spool import Spool
from engine.web.tally import HitTally

log = logging.getLogger("ripeline.tracker")

_PURPOSE_HEADERS = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})


def hit_ids(run: str) -> Iterator[str]:
    """Ids that never repeat, as long as `run` is new in each run of each worker."""
    return (f"{run}-{number}" for number in count(1))


class HitMaker:
    """Makes hits of requests.

    Args:
        clock: tells when a request came.
        run: a text that no other run of any worker has, such as 96 random bits.
        visitor_key: the key under which addresses are hashed; without it nobody can go back from hash to address.
    """

    def __init__(self, clock: Clock, run: str, visitor_key: bytes) -> None:
        self._clock, self._ids = clock, hit_ids(run)
        self._origin = lru_cache(maxsize=4096)(lambda host: _origin(visitor_key, host))

    def now(self) -> datetime:
        return self._clock.now()

    def hit(self, kind: HitKind, delivery: int, scope: Mapping[str, Any], **details: Any) -> Hit:
        agent, purpose = b"", []
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name in _PURPOSE_HEADERS:
                purpose.append(clean_header(value))
        client = scope["client"]
        network, visitor = self._origin(client[0] if client else "")
        return Hit(
            id=next(self._ids),
            kind=kind,
            delivery=delivery,
            at=self._clock.now(),
            method=scope["method"],
            user_agent=clean_header(agent),
            network=network,
            visitor=visitor,
            purpose=", ".join(purpose),
            **details,
        )


class Recorder:
    """Makes hits, spools them and counts them in `tally`; `close` it with the server."""

    def __init__(self, spool: Spool, maker: HitMaker, tally: HitTally | None = None) -> None:
        self.spool, self.maker, self.tally = spool, maker, tally or HitTally()

    async def close(self) -> None:
        """Write and report what waits; nothing may be recorded afterwards."""
        await self.spool.close()
        self.tally.flush()

    def now(self) -> datetime:
        """The instant that a hit would have."""
        return self.maker.now()

    async def traffic(self, kind: HitKind, delivery: int, scope: Mapping[str, Any], **details: Any) -> None:
        """Returns when the hit is on disk, or cannot be: who clicks must arrive even if our disk is full."""
        hit = self.maker.hit(kind, delivery, scope, **details)
        try:
            await self.spool.append(hit)
        except OSError:
            log.exception("A hit on delivery %d could not be written to the spool and is lost.", delivery)
            return
        self.tally.add(kind)


def _origin(key: bytes, host: str) -> tuple[str, str]:
    """The network (/24 or /48) of an address and its keyed hash of 80 bits; both empty for what is no address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "", ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    kept, width = (24, 32) if address.version == 4 else (48, 128)
    base = ip_address(address.packed[: kept // 8] + bytes((width - kept) // 8))
    return f"{base}/{kept}", hmac.digest(key, address.packed, hashlib.sha256)[:10].hex()
