"""One tick: everything that time and traffic make due. The schedulers only call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.traffic import Hit
from engine.service.advance import Advanced, advance_all
from engine.service.home import Home
from engine.service.page_views import join_followed, record_pages
from engine.service.running import Running
from engine.service.sales.clock import ring_due
from engine.service.traffic import record_hits, settle_due
from engine.service.uncertain import Settled, settle_uncertain, span_of, take_back


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did."""

    hits: int = 0
    judged: int = 0
    advanced: Advanced = field(default_factory=Advanced)
    settled: Settled = field(default_factory=Settled)

    @property
    def did_something(self) -> bool:
        return bool(self.hits or self.judged or self.advanced.leads)


def take_hits(home: Home, running: Running, hits: list[Hit]) -> int:
    """Write hits of the tracker down, under the home's quarantine."""
    quarantine = span_of(home.config.tracking.quarantine, "tracking.quarantine").elapsed
    return record_hits(home, hits, running.links, quarantine) + record_pages(home, hits)


def tick(home: Home, running: Running, now: datetime, after: Callable[[Advanced], None] | None = None) -> Ticked:
    """Judge traffic, take back what dead senders left, settle the uncertain, decide every lead that is due.

    `after` hears of each batch of leads once it is decided.
    """
    judged = 0
    while batch := settle_due(home, running.links, now):
        judged += batch
    if home.config.tracking.pages.sites:
        join_followed(home, now)
    take_back(home, now)
    settled = settle_uncertain(home, now)
    while ring_due(home, now):
        pass
    return Ticked(0, judged, advance_all(home.store, running.programme, now, after), settled)
