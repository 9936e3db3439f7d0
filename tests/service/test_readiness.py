"""Readiness: each check tells in words how it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.service.gauges import Gauges
from engine.service.readiness import Check, checks

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FINE = Gauges(NOW, bundle=(3, "abc"))


def found(
    gauges: Gauges | None = FINE,
    relays: tuple[str, ...] = ("main", "backup"),
    age: float = 0.0,
    children: dict[str, bool] | None = None,
) -> dict[str, Check]:
    running = {"sender-1": True, "tracker-1": True} if children is None else children
    return {check.name: check for check in checks(gauges, relays, age, running)}


def test_home_that_does_its_work_is_ready() -> None:
    told = found()
    assert list(told) == ["store", "bundle", "sending", "relay", "lag", "spool", "children"]
    assert all(check.ok for check in told.values())
    assert told["bundle"].words == "bundle 3 runs"
    assert told["relay"].words == "fit: main, backup"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("bundle", {"gauges": Gauges(NOW)}, "nothing was applied yet: run `ripeline apply`"),
        (
            "sending",
            {"gauges": Gauges(NOW, held="paused by jo: prices")},
            "all sending is held: paused by jo: prices; `ripeline resume` goes on",
        ),
        (
            "relay",
            {"gauges": Gauges(NOW, alerts=("relay:main", "relay:backup"))},
            "none is fit: main, backup; `ripeline status` says why",
        ),
        (
            "lag",
            {"gauges": Gauges(NOW, due_since=NOW - timedelta(hours=1))},
            "the oldest due mail waits 3600 s, the oldest due lead 0 s",
        ),
        (
            "lag",
            {"gauges": Gauges(NOW, look_since=NOW - timedelta(minutes=11))},
            "the oldest due mail waits 0 s, the oldest due lead 660 s",
        ),
        ("spool", {"age": 61.0}, "the tracker's hits wait since 61 s; is the store away?"),
        (
            "children",
            {"children": {"sender-1": True, "tracker-1": False}},
            "not running, and started again: tracker-1; the log says why",
        ),
        ("children", {"children": {}}, "none was started yet"),
    ],
)
def test_what_is_wrong_is_told(name: str, given: dict[str, Any], words: str) -> None:
    assert found(**given)[name] == Check(name, False, words)


def test_one_relay_that_is_fit_is_enough() -> None:
    assert found(Gauges(NOW, alerts=("relay:main",)))["relay"] == Check("relay", True, "fit: backup")


def test_without_the_store_only_what_can_be_known_is_told() -> None:
    told = found(None)
    assert list(told) == ["store", "spool", "children"]
    assert told["store"] == Check("store", False, "it does not answer; the log says why")
