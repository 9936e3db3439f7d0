"""Hits are counted one by one and reported together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from engine.domain.traffic import HitKind
from engine.web.tally import HitTally


def test_hits_are_reported_together() -> None:
    told: list[Mapping[HitKind, int]] = []

    async def play() -> None:
        tally = HitTally(told.append, pause=0.001)
        tally.add(HitKind.OPEN)
        tally.add(HitKind.OPEN)
        tally.add(HitKind.CLICK)
        assert not told
        while not told:
            await asyncio.sleep(0)
        tally.add(HitKind.VIEW)
        tally.flush()
        tally.flush()

    asyncio.run(play())
    assert told == [{HitKind.OPEN: 2, HitKind.CLICK: 1}, {HitKind.VIEW: 1}]


def test_where_nobody_listens_nothing_is_counted() -> None:
    HitTally().add(HitKind.OPEN)  # outside of any event loop: it would have to plan a report there
