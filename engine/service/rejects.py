"""The rejects file: every row that was not imported, with the reason before it, to be mended and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from engine.domain.leadrecord import Reject
from engine.errors import RipelineError
from engine.inbound.leadfiles.rows import neutralised

HEADER = ("rejected_row", "rejected_column", "rejected_because")
_SUFFIXES = (".gz", ".csv", ".jsonl", ".ndjson", ".txt", ".tsv")


def rejects_path(source: Path) -> Path:
    """`leads.rejects.csv` beside `leads.csv.gz`."""
    name = source.name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return source.with_name(f"{name}.rejects.csv")


class RejectsFile:
    """Written only if there is a reject; readable by its owner alone, as it holds people's data."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.count = 0
        self._header = header
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rejects: Sequence[Reject]) -> None:
        """Write these rows down.

        Raises:
            RipelineError: the file cannot be written beside the imported one.
        """
        for reject in rejects:
            if self._file is None:
                self._open()
            row = (str(reject.row), reject.column, reject.reason, *reject.raw)
            self._writer.writerow([neutralised(cell) for cell in row])
            self.count += 1

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        try:
            number = os.open(self.path, flags, 0o600)
        except OSError as fault:
            raise RipelineError(
                f"the rejected rows cannot be written to {self.path} ({fault.strerror}); name another file for them"
            ) from fault
        self._file = os.fdopen(number, "w", encoding="utf-8-sig", newline="", errors="backslashreplace")
        self._writer = csv.writer(self._file)
        self._writer.writerow([neutralised(cell) for cell in (*HEADER, *(self._header or ("row",)))])
