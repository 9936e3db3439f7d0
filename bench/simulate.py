"""Simulating 10,000 leads for 90 days with the shipped campaigns: the whole command, from its start to its JSON.

`python -m bench simulate` prints the seconds; templates are compiled before, as in a home that was checked.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEADS, DAYS = 10_000, 90
TO_REACH = 20.0


@dataclass(frozen=True, slots=True)
class SimulateSpeed:
    """Seconds of the command, those of the processor among them (of all processes), and the mails that it played."""

    seconds: float
    processor: float
    mails: int
    processes: int


def measure(leads: int = LEADS, days: int = DAYS) -> SimulateSpeed:
    """One run in a home that is laid out for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in ("campaigns", "templates"):
            shutil.copytree(ROOT / part, home / part)
        shutil.copy(ROOT / "config.toml", home)
        _run(home, "check")
        began, used = time.perf_counter(), _used()
        wanted = ("--leads", str(leads), "--days", str(days), "--start", "2026-11-02", "--json", str(home / "out.json"))
        _run(home, "simulate", *wanted)
        seconds, used = time.perf_counter() - began, _used() - used
        mails = json.loads((home / "out.json").read_text("utf-8"))["mails"]["value"]
        return SimulateSpeed(seconds, used, mails, os.cpu_count() or 1)


def _used() -> float:
    """Processor seconds of all children that have ended, and of theirs."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def _run(home: Path, *words: str) -> None:
    command = [sys.executable, "-m", "engine.app", words[0], "--home", str(home), *words[1:]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def main() -> None:
    found = measure()
    played = f"{LEADS:,} leads × {DAYS} days, {found.mails:,} mails, {found.processes} processes"
    busy = f"{found.processor:.1f} s of the processor"
    print(f"simulate  {found.seconds:6.1f} s   {played}, {busy}   (to reach {TO_REACH:.0f} s)")


if __name__ == "__main__":
    main()
