"""The metrics of a running home: what each process counts, and how children share their counts with the daemon.

A child keeps its counts in files of its own in the home's `var/metrics/`, named after the child and not after its
process number: its successor goes on where it ended, so a total never falls, and there are never more files than
children. The daemon removes all of them when it starts, and adds them up for whoever asks.

Mails are counted by the commit that records them and never one by one, so that counting costs next to nothing.
"""

from __future__ import annotations

import logging
import os
from bisect import bisect_left
from collections import Counter as Count
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.values import MultiProcessValue

from engine.domain.traffic import HitKind
from engine.service.advance import Advanced
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind

log = logging.getLogger("ripeline.metrics")

RESERVED_BYTES = 256 * 1024
"""Room for a child's counts, taken beforehand: a full disk would kill a process that writes to a mapped file."""

_COMMIT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_TALK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_TICK = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_GROUP = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def share_counts(folder: Path, name: str) -> None:
    """Let what this process counts from now on stand in files that the daemon reads; `name` is the child's.

    Where there is no room for them the process works on, and its counts are not shown.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in ("counter", "histogram"):
            _reserve(folder / f"{kind}_{name}.db")
    except OSError as error:
        log.warning("the metrics of %s are not shown, as %s cannot be written: %s", name, folder, error.strerror)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


def forget_counts(folder: Path) -> None:
    """Remove what an earlier daemon's children counted; one of them that still lives counts on, and nobody sees it."""
    for path in folder.glob("*.db"):
        path.unlink(missing_ok=True)


def _reserve(path: Path) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(file).st_size < RESERVED_BYTES:
            os.posix_fallocate(file, 0, RESERVED_BYTES)
    finally:
        os.close(file)


class BatchHistogram(Histogram):
    """A histogram that takes many values at once, at the price of one for each bucket that they fall into."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        if not amounts:
            return
        self._sum.inc(sum(amounts))
        bounds = self._upper_bounds
        for bucket, number in Count(bisect_left(bounds, amount) for amount in amounts).items():
            self._buckets[bucket].inc(number)


class SenderInstruments:
    """What a sending process counts; `relays` are the names of those it may use."""

    def __init__(self, relays: Iterable[str], registry: CollectorRegistry | None = None) -> None:
        mails = Counter(
            "ripeline_mails_total",
            "Attempts to hand a mail to a relay that are on record, by how they ended.",
            ("relay", "outcome"),
            registry=registry,
        )
        talks = BatchHistogram(
            "ripeline_relay_seconds",
            "How long a mail's conversation with the relay took, the gate and a new connection's greeting included.",
            ("relay",),
            buckets=_TALK,
            registry=registry,
        )
        self._gate = Histogram(
            "ripeline_gate_seconds",
            "How long the first mail of a group waited at 354 for the commit that lets it go.",
            buckets=_COMMIT,
            registry=registry,
        )
        self._group = Histogram(
            "ripeline_gate_group_size", "How many mails one commit let go together.", buckets=_GROUP, registry=registry
        )
        self._mails = {(relay, kind): mails.labels(relay, kind.value) for relay in relays for kind in OutcomeKind}
        self._talks = {relay: talks.labels(relay) for relay, _ in self._mails}
        self._told: dict[str, deque[float]] = {relay: deque() for relay in self._talks}

    def talked(self, relay: str, seconds: float) -> None:
        """A conversation is over; it is counted with the next commit. For the event loop's thread."""
        if relay in self._told:
            self._told[relay].append(seconds)

    def passed(self, mails: int, seconds: float) -> None:
        """The gate answered a group."""
        self._gate.observe(seconds)
        self._group.observe(mails)

    def recorded(self, results: Sequence[SendResult]) -> None:
        """A commit put these attempts on record."""
        for key, number in Count((one.relay, one.outcome.kind) for one in results).items():
            if key in self._mails:
                self._mails[key].inc(number)
        for relay, told in self._told.items():
            self._talks[relay].observe_all([told.popleft() for _ in range(len(told))])


class TrackerInstruments:
    """What a tracker counts."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        hits = Counter(
            "ripeline_hits_total",
            "Hits that the tracker recorded, of people and machines alike, by kind.",
            ("kind",),
            registry=registry,
        )
        self._hits = {kind: hits.labels(kind.value) for kind in HitKind}

    def hit(self, counts: Mapping[HitKind, int]) -> None:
        """So many hits of each kind were recorded since the last time."""
        for kind, number in counts.items():
            self._hits[kind].inc(number)


class ApiInstruments:
    """What the API's process counts."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._requests = Counter(
            "ripeline_api_requests_total",
            "Requests of the API that were answered, by endpoint as declared and status.",
            ("method", "path", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "ripeline_api_seconds", "How long the API took to answer.", buckets=_COMMIT, registry=registry
        )

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.observe(seconds)


class DaemonInstruments:
    """What the daemon counts in its job thread."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._ticks = Histogram(
            "ripeline_tick_seconds", "How long a tick of the daemon took.", buckets=_TICK, registry=registry
        )
        self._leads = Counter(
            "ripeline_leads_decided_total", "Leads that were looked at and decided.", registry=registry
        )

    def ticked(self, seconds: float) -> None:
        self._ticks.observe(seconds)

    def decided(self, batch: Advanced) -> None:
        self._leads.inc(batch.leads)
