"""What Prometheus reads: the daemon's counts, those of its children added up, and figures asked for when it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from engine.service.gauges import Gauges


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A home at one instant. `gauges` is None if the store does not answer.

    spool_age: seconds that the oldest hit in the spool has waited · spool_bytes: how large the spool is ·
    processes: whether each process runs, by name
    """

    gauges: Gauges | None = None
    spool_age: float = 0.0
    spool_bytes: int = 0
    processes: Mapping[str, bool] = field(default_factory=dict)


class Exposition:
    """Everything that `/metrics` shows of a home.

    Args:
        folder: where children share their counts.
        snapshot: reads the home as it is now; must not raise.
    """

    def __init__(self, folder: Path, snapshot: Callable[[], Snapshot]) -> None:
        # they double what is stored, and nobody asks for them
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Children(folder))
        self.registry.register(_Home(snapshot))
        ProcessCollector(registry=self.registry)

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """The metrics now, in the form that an Accept header asks for, and the Content-Type of that form."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type


class _Children(Collector):
    """The children's counts, added up from their files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        # a file that its child has just made is still empty, and none yet
        files = [str(path) for path in sorted(self._folder.glob("*.db")) if path.stat().st_size]
        found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found


class _Home(Collector):
    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        now = self._snapshot()
        yield _one("ripeline_store_up", "Whether the store answers.", now.gauges is not None)
        yield _one("ripeline_spool_age_seconds", "How long the oldest hit in the spool has waited.", now.spool_age)
        yield _one("ripeline_spool_bytes", "How large the tracker's spool is.", now.spool_bytes)
        yield _many("ripeline_process_up", "Whether a process of this home runs.", "name", now.processes)
        if now.gauges is not None:
            yield from _of_store(now.gauges)


def _of_store(gauges: Gauges) -> Iterator[Metric]:
    yield _one("ripeline_due_mails", "Mails that are due and not begun, those of paused campaigns too.", gauges.due)
    due_lag = "How long the oldest due mail has waited, paused campaigns and stopped steps apart."
    yield _one("ripeline_due_lag_seconds", due_lag, gauges.due_lag)
    yield _one("ripeline_look_lag_seconds", "How long the oldest due lead waits to be decided.", gauges.look_lag)
    in_flight = "Mails on their way that are not due: claimed, past the gate, deferred by the relay, or put aside."
    yield _many("ripeline_mails_in_flight", in_flight, "state", gauges.in_flight)
    yield _one("ripeline_unknown_mails", "Mails of unknown fate that leads wait for.", gauges.unknown)
    yield _one("ripeline_alerts_open", "Alerts to the operator that are not over.", len(gauges.alerts))
    yield _one("ripeline_sending_held", "1 while all sending is held.", bool(gauges.held))
    yield _bundle(gauges.bundle)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, float(value))


def _many(name: str, words: str, label: str, found: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in found.items():
        family.add_metric([key], float(value))
    return family


def _bundle(bundle: tuple[int, str] | None) -> Metric:
    family = GaugeMetricFamily("ripeline_bundle_info", "The bundle that runs.", labels=["bundle", "digest"])
    if bundle is not None:
        number, digest = bundle
        family.add_metric([str(number), digest[:12]], 1.0)
    return family
