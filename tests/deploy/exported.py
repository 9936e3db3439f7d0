"""What the code exports: every metric, with its labels."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.domain.traffic import HitKind
from engine.runtime.exposition import Exposition, Snapshot
from engine.runtime.instruments import ApiInstruments, DaemonInstruments, SenderInstruments, TrackerInstruments
from engine.service.gauges import Gauges

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def exported(folder: Path) -> dict[str, set[str]]:
    """The names of all series with the labels that they carry, of every process together."""
    gauges = Gauges(datetime.now(UTC), in_flight={"sending": 0}, bundle=(1, "abc"))
    exposition = Exposition(folder, lambda: Snapshot(gauges, processes={"daemon": True}))
    SenderInstruments(["main"], exposition.registry)
    TrackerInstruments(exposition.registry).hit({HitKind.OPEN: 1})
    DaemonInstruments(exposition.registry)
    ApiInstruments(exposition.registry).answered("GET", "/leads", 200, 0.01)
    series: dict[str, set[str]] = {}
    for metric in exposition.registry.collect():
        for sample in metric.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series
