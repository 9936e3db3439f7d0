"""Metrics: counted in batches, shared by children in files, added up for who asks, and naming nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from engine.domain.traffic import HitKind
from engine.runtime import instruments
from engine.runtime.exposition import Exposition, Snapshot
from engine.runtime.instruments import (
    BatchHistogram,
    DaemonInstruments,
    SenderInstruments,
    TrackerInstruments,
    forget_counts,
    share_counts,
)
from engine.service.advance import Advanced
from engine.service.gauges import Gauges
from engine.smtp.mailer import SendResult
from engine.smtp.replies import Outcome, OutcomeKind, Phase

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CHILD = """
import sys
from pathlib import Path
from engine.runtime.instruments import SenderInstruments, share_counts
from engine.smtp.mailer import SendResult
from engine.smtp.replies import Outcome, OutcomeKind, Phase
share_counts(Path(sys.argv[1]), sys.argv[2])
counts = SenderInstruments(["main"])
sent = SendResult(1, Outcome(OutcomeKind.ACCEPTED, Phase.DOT, 250), "main", None)
counts.talked("main", 0.2)
counts.passed(3, 0.004)
counts.recorded([sent, sent])
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def result(kind: OutcomeKind, relay: str = "main") -> SendResult:
    return SendResult(1, Outcome(kind, Phase.DOT), relay, NOW)


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = text_string_to_metric_families(text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in found for s in family.samples}


def shown(folder: Path, snapshot: Snapshot = Snapshot()) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return samples(Exposition(folder, lambda: snapshot).text()[0].decode())


def test_values_taken_at_once_fall_into_the_buckets_that_they_would_fall_into_one_by_one() -> None:
    amounts = [0.1, 0.5, 0.50001, 1.0, 7.0, 0.0, 1e9]
    both = CollectorRegistry(), CollectorRegistry()
    single, batch = (BatchHistogram("h", "h", buckets=(0.5, 1.0, 5.0), registry=registry) for registry in both)
    for amount in amounts:
        single.observe(amount)
    batch.observe_all(amounts)
    batch.observe_all([])
    expected, found = (
        [s[:3] for m in registry.collect() for s in m.samples if "created" not in s.name] for registry in both
    )
    assert found == expected


def test_sender_counts_attempts_by_relay_and_outcome() -> None:
    registry = CollectorRegistry()
    counts = SenderInstruments(["main", "backup"], registry)
    counts.recorded([result(OutcomeKind.ACCEPTED)] * 3 + [result(OutcomeKind.DEFERRED, "backup")])
    counts.recorded([result(OutcomeKind.ACCEPTED)])
    assert registry.get_sample_value("ripeline_mails_total", {"relay": "main", "outcome": "accepted"}) == 4
    assert registry.get_sample_value("ripeline_mails_total", {"relay": "backup", "outcome": "deferred"}) == 1
    assert registry.get_sample_value("ripeline_mails_total", {"relay": "main", "outcome": "unknown"}) == 0, (
        "from the start"
    )


def test_relay_that_config_does_not_name_makes_no_series() -> None:
    registry = CollectorRegistry()
    counts = SenderInstruments(["main"], registry)
    counts.talked("elsewhere", 1.0)
    counts.recorded([result(OutcomeKind.ACCEPTED, "elsewhere")])
    assert {s.labels.get("relay", "main") for metric in registry.collect() for s in metric.samples} == {"main"}


def test_conversations_are_counted_with_the_next_commit() -> None:
    registry = CollectorRegistry()
    counts = SenderInstruments(["main"], registry)
    counts.talked("main", 0.2)
    counts.talked("main", 0.4)
    assert registry.get_sample_value("ripeline_relay_seconds_count", {"relay": "main"}) == 0
    counts.recorded([result(OutcomeKind.ACCEPTED)])
    assert registry.get_sample_value("ripeline_relay_seconds_count", {"relay": "main"}) == 2
    assert registry.get_sample_value("ripeline_relay_seconds_sum", {"relay": "main"}) == pytest.approx(0.6)


def test_killed_child_leaves_its_counts_and_its_successor_goes_on_from_there(tmp_path: Path) -> None:
    for name in ("sender-1", "sender-1", "sender-2"):
        subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), name], cwd=ROOT, check=False, timeout=60)
    found = shown(tmp_path)
    assert found["ripeline_mails_total", (("outcome", "accepted"), ("relay", "main"))] == 6
    assert found["ripeline_gate_group_size_sum", ()] == 9
    assert found["ripeline_relay_seconds_count", (("relay", "main"),)] == 3
    assert len(list(tmp_path.iterdir())) == 4, "files belong to names, not to process numbers"
    forget_counts(tmp_path)
    assert not list(tmp_path.iterdir())


def test_room_for_the_counts_is_taken_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instruments.values, "ValueClass", instruments.values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    share_counts(tmp_path / "metrics", "sender-1")
    SenderInstruments([f"relay-{number}" for number in range(20)])
    sizes = {path.stat().st_size for path in (tmp_path / "metrics").iterdir()}
    assert sizes == {instruments.RESERVED_BYTES}, "twenty relays fit"


def test_full_disk_costs_the_metrics_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    before = instruments.values.ValueClass
    monkeypatch.setattr("os.posix_fallocate", full)
    share_counts(tmp_path, "sender-1")
    assert instruments.values.ValueClass is before
    assert "the metrics of sender-1 are not shown" in caplog.text
    assert "No space left on device" in caplog.text


def test_file_that_a_child_has_just_made_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "counter_sender-1.db").touch()
    assert shown(tmp_path)["ripeline_store_up", ()] == 0


GAUGES = Gauges(
    NOW,
    due=7,
    due_since=NOW - timedelta(seconds=90),
    look_since=NOW + timedelta(hours=1),
    in_flight={"sending": 2, "transmitting": 0, "deferred": 5, "put_aside": 1},
    unknown=3,
    alerts=("relay:main", "mail:welcome/hello"),
    held="paused by jane@acme.example: prices",
    bundle=(12, "0123456789abcdef0123"),
)


def test_what_the_store_says_is_shown(tmp_path: Path) -> None:
    found = shown(tmp_path, Snapshot(GAUGES, 4.5, 1024, {"daemon": True, "sender-1": False}))
    assert found["ripeline_due_mails", ()] == 7
    assert found["ripeline_due_lag_seconds", ()] == 90
    assert found["ripeline_look_lag_seconds", ()] == 0, "nobody is due before an hour"
    assert found["ripeline_mails_in_flight", (("state", "deferred"),)] == 5
    assert found["ripeline_unknown_mails", ()] == 3
    assert found["ripeline_alerts_open", ()] == 2
    assert found["ripeline_sending_held", ()] == 1
    assert found["ripeline_spool_age_seconds", ()] == 4.5
    assert found["ripeline_spool_bytes", ()] == 1024
    assert found["ripeline_process_up", (("name", "sender-1"),)] == 0
    assert found["ripeline_bundle_info", (("bundle", "12"), ("digest", "0123456789ab"))] == 1


def test_store_that_is_away_takes_only_its_own_figures_with_it(tmp_path: Path) -> None:
    found = shown(tmp_path, Snapshot(None, 70.0, 10, {"daemon": True}))
    assert found["ripeline_store_up", ()] == 0
    assert found["ripeline_spool_age_seconds", ()] == 70
    assert ("ripeline_due_mails", ()) not in found


def test_nothing_shown_names_a_person_or_grows_with_the_home(tmp_path: Path) -> None:
    exposition = Exposition(tmp_path, lambda: Snapshot(GAUGES, 0, 0, {"daemon": True, "sender-1": True}))
    registry = exposition.registry
    SenderInstruments(["main"], registry)
    TrackerInstruments(registry).hit(dict.fromkeys(HitKind, 1))
    daemon = DaemonInstruments(registry)
    daemon.decided(Advanced(leads=200))
    daemon.ticked(0.2)
    text = exposition.text()[0].decode()
    assert "@" not in text and "welcome" not in text and "jane" not in text
    assert set(re.findall(r"(\w+)=", text)) == {"relay", "outcome", "le", "kind", "name", "state", "bundle", "digest"}
    assert len(samples(text)) < 130


def test_form_is_what_the_reader_accepts(tmp_path: Path) -> None:
    exposition = Exposition(tmp_path, Snapshot)
    assert exposition.text("application/openmetrics-text; version=1.0.0")[0].endswith(b"# EOF\n")
    assert exposition.text("*/*")[1].startswith("text/plain")
