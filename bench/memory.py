"""Memory stays flat: the peak of a process that imports, and of one that decides and sends, at four times the size."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.import_leads import timed_import, write_csv
from bench.postfix import ensure_postfix, running_sink
from bench.send_path import one_round

ROUND = 5_000
SIZES = {"import": (100_000, 400_000), "send": (10_000, 40_000)}


def peak_megabytes(what: str, size: int) -> int:
    """The peak memory of a process of its own that does this once."""
    command = [sys.executable, "-m", "bench.memory", what, str(size)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _import(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder) / "leads.csv", rows)
        timed_import(Path(folder) / "leads.csv", Path(folder) / "import.db")


def _send(mails: int) -> None:
    """In rounds of one size, so that the store's own caches are full after the first few."""
    with running_sink(ensure_postfix()) as port:
        for _ in range(mails // ROUND):
            one_round(port, ROUND)


_WORK: dict[str, Callable[[int], None]] = {"import": _import, "send": _send}


def _own_peak() -> int:
    """Megabytes at most, since this program began: what the kernel calls the high-water mark.

    The figure of `getrusage` would do, did a new process not inherit that of the one which started it.
    """
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(kilobytes) // 1024


def main() -> None:
    for what, (small, large) in SIZES.items():
        few, many = peak_megabytes(what, small), peak_megabytes(what, large)
        growth = f"{few} MB at {small:,}, {many} MB at {large:,}"
        print(f"memory, {what:<8} {many / few:.2f}× at four times the size ({growth})")


if __name__ == "__main__":
    _WORK[sys.argv[1]](int(sys.argv[2]))
    print(_own_peak())
