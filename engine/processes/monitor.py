"""What monitoring sees of a daemon: its metrics, its pulse, and whether the home does its work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from engine.processes.opening import metrics_folder
from engine.runtime.daemon import Observer
from engine.runtime.exposition import Exposition, Snapshot
from engine.runtime.instruments import DaemonInstruments, forget_counts
from engine.runtime.pulse import Pulse
from engine.service.advance import Advanced
from engine.service.gauges import Gauges, gauges_of
from engine.service.home import Home
from engine.service.readiness import Check, checks
from engine.service.uncertain import span_of
from engine.store.database import StoreError
from engine.web.operations import Operations, operations_site
from engine.web.server import Conditions, Role, ServerThread
from engine.web.spool import oldest_age, spooled_bytes

STORE_SECONDS = 5.0
"""A store that has not answered by then is away, for whoever asks now."""

METRICS = Role.configured("metrics page", "metrics")
CONDITIONS = Conditions(connections=50, finish=1)


class Monitor(Observer):
    """Listens to the daemon in its job thread, and answers monitoring in others."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._pulse = Pulse(span_of(home.config.delivery.tick, "delivery.tick").elapsed.total_seconds())
        self._children: Mapping[str, bool] = {}
        self._standing_still: Collection[str] = ()
        self._exposition = Exposition(metrics_folder(home), self.snapshot)
        self._counts = DaemonInstruments(self._exposition.registry)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="metrics")

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer on the port that config names while the block runs, unless config wants no answers.

        Raises:
            RipelineError: another program has the port.
        """
        forget_counts(metrics_folder(self._home))
        metrics = self._home.config.metrics
        if not metrics.enabled:
            yield
            return
        site = operations_site(Operations(self.metrics, self.health, self.ready))
        try:
            with ServerThread(site, metrics.host, metrics.port, CONDITIONS, METRICS):
                yield
        finally:
            self._reader.shutdown(wait=False, cancel_futures=True)

    # what the daemon says

    def standing_still(self, campaigns: Collection[str]) -> None:
        self._standing_still = campaigns

    def decided(self, batch: Advanced) -> None:
        self._counts.decided(batch)
        self._pulse.beat()

    def worked(self) -> None:
        """Hits were taken in."""
        self._pulse.beat()

    def ticked(self, seconds: float) -> None:
        self._counts.ticked(seconds)
        self._pulse.beat()

    def looked(self, children: Mapping[str, bool]) -> None:
        self._children = children

    # what monitoring asks

    def metrics(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics in the form that an Accept header asks for, and the Content-Type of that form."""
        return self._exposition.text(accept)

    def health(self) -> Check:
        """Whether the job thread does its work; nothing outside this process is asked."""
        silence = self._pulse.silence
        if self._pulse.is_felt:
            return Check("daemon", True, f"working; it got on with its work {silence:.0f} s ago")
        return Check("daemon", False, f"nothing was done for {silence:.0f} s; the log says where it stands")

    def ready(self) -> list[Check]:
        """Whether the home does its work."""
        relays = [relay.name for relay in self._home.config.relay]
        return list(checks(self._gauges(), relays, self._spool_age(), self._children))

    def snapshot(self) -> Snapshot:
        """The home as it is now."""
        processes = {"daemon": True, **self._children}
        return Snapshot(self._gauges(), self._spool_age(), spooled_bytes(self._home.spool), processes)

    def _spool_age(self) -> float:
        return oldest_age(self._home.spool, self._home.clock.now()).total_seconds()

    def _gauges(self) -> Gauges | None:
        """What the store says; None if it is away. One question at a time, however many ask."""
        asked = self._reader.submit(gauges_of, self._home, self._home.clock.now(), self._standing_still)
        try:
            return asked.result(STORE_SECONDS)
        except (StoreError, TimeoutError):
            asked.cancel()
            return None
