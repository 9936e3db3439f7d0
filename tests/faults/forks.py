"""The test's side of `tests.faults.dying`: has jobs done by processes, and finishes what they left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from tests.faults.daemons import ROOT
from tests.faults.dying import End, Job


class Forks:
    """A warm process that forks one for each job."""

    def __enter__(self) -> Forks:
        command = [sys.executable, "-m", "tests.faults.dying"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(self, *_: TracebackType | object) -> None:
        self._process.communicate(timeout=30)

    def do(self, job: Job) -> End:
        """Have the job done by a process of its own, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return End(**json.loads(self._process.stdout.readline()))


@contextmanager
def copy_of(home: Path, folder: Path) -> Iterator[Path]:
    """A copy of a home for one process to die in."""
    shutil.rmtree(folder, ignore_errors=True)
    yield Path(shutil.copytree(home, folder))
    shutil.rmtree(folder)
