"""Log files: one for each process, begun anew by a day or a size, the oldest forgotten."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.config.model import Logs
from engine.config.rotation import Rotation, parse_rotation
from engine.errors import RipelineError
from engine.runtime.logfile import DAEMON, file_of, log_file

FILE = "var/log/ripeline.log"


@contextmanager
def opened(logs: Logs, home: Path, process: str = DAEMON) -> Iterator[logging.Handler]:
    handler = log_file(logs, home, process)
    assert handler is not None
    try:
        yield handler
    finally:
        handler.close()


def say(handler: logging.Handler, text: str, at: datetime | None = None) -> None:
    record = logging.LogRecord("ripeline.daemon", logging.INFO, "", 0, text, (), None)
    if at is not None:
        record.created = at.timestamp()
    handler.handle(record)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("daily", Rotation()),
        ("Daily", Rotation()),
        ("50 MB", Rotation(50_000_000)),
        ("10kb", Rotation(10_000)),
        ("1 GB", Rotation(1_000_000_000)),
    ],
)
def test_rotation_is_a_day_or_a_size(text: str, meant: Rotation) -> None:
    assert parse_rotation(text) == meant


@pytest.mark.parametrize("text", ["", "weekly", "50", "50 MiB", "-1 MB", "9 KB", "0 GB"])
def test_anything_else_is_told_with_what_to_write(text: str) -> None:
    told = parse_rotation(text)
    assert isinstance(told, str)
    assert "write " in told


def test_each_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    logs = Logs(file=FILE)
    for process in (DAEMON, "sender-1", "tracker-2"):
        with opened(logs, tmp_path, process) as handler:
            say(handler, process)
    files = {path.name: path.read_text("utf-8") for path in (tmp_path / "var/log").iterdir()}
    assert files == {
        "ripeline.log": "daemon\n",
        "ripeline-sender-1.log": "sender-1\n",
        "ripeline-tracker-2.log": "tracker-2\n",
    }


def test_process_that_nobody_named_logs_to_standard_error(tmp_path: Path) -> None:
    assert log_file(Logs(file=FILE), tmp_path, "") is None
    assert log_file(Logs(), tmp_path, DAEMON) is None


def test_full_file_is_put_aside_and_the_oldest_is_forgotten(tmp_path: Path) -> None:
    with opened(Logs(file=FILE, rotate="10 KB", keep=2), tmp_path) as handler:
        for number in range(60):
            say(handler, f"{number:02} {'x' * 996}")
    files = sorted(path.name for path in (tmp_path / "var/log").iterdir())
    assert files == ["ripeline.log", "ripeline.log.1", "ripeline.log.2"]
    kept = "".join((tmp_path / "var/log" / name).read_text("utf-8") for name in reversed(files))
    numbers = [int(line[:2]) for line in kept.splitlines()]
    assert numbers == list(range(numbers[0], 60)), "no line is lost before its file is forgotten"


def test_new_day_begins_a_new_file_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_text("of yesterday\n", "utf-8")
    yesterday = datetime.now(UTC).timestamp() - 24 * 3600
    os.utime(path, (yesterday, yesterday))
    with opened(Logs(file=FILE), tmp_path) as handler:
        say(handler, "of today")
    assert path.read_text("utf-8") == "of today\n"
    day = datetime.fromtimestamp(yesterday, UTC).date().isoformat()
    assert path.with_name(f"ripeline.log.{day}").read_text("utf-8") == "of yesterday\n"


def test_old_days_are_forgotten_and_other_processes_files_are_not(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    for name in ("ripeline.log.2026-01-01", "ripeline.log.2026-01-02", "ripeline-sender-1.log.2026-01-01"):
        path.with_name(name).touch()
    path.write_text("of yesterday\n", "utf-8")
    os.utime(path, (0, 0))
    with opened(Logs(file=FILE, keep=2), tmp_path) as handler:
        say(handler, "of today")
    left = {found.name for found in path.parent.iterdir()}
    assert "ripeline.log.2026-01-02" in left
    assert "ripeline-sender-1.log.2026-01-01" in left
    assert len([name for name in left if name.startswith("ripeline.log.")]) == 2


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(
        RipelineError, match=r"the log file .*ripeline\.log cannot be written \(.*\); see \[logs\] file"
    ):
        log_file(Logs(file=FILE), tmp_path, DAEMON)


def test_name_without_an_ending_works_too() -> None:
    assert file_of(Path("log/ripeline"), "sender-1") == Path("log/ripeline-sender-1")
