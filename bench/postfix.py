"""Postfix's own test programs, as the limit to measure against.

`smtp-sink` takes mail and forgets it; `smtp-source` sends as fast as C can, with no rendering and no accounting.
"""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.debian import ProgramMissingError, await_port, free_port, unpacked


@dataclass(frozen=True, slots=True)
class Postfix:
    """Where the programs and their own libraries lie."""

    source: Path
    sink: Path
    libraries: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}


def ensure_postfix() -> Postfix:
    """The programs, fetched on first use.

    Raises:
        ProgramMissingError: no apt here, no network, or libraries of the system missing.
    """
    folder = unpacked("postfix", ["postfix"])
    postfix = Postfix(folder / "usr/sbin/smtp-source", folder / "usr/sbin/smtp-sink", folder / "usr/lib/postfix")
    _check(postfix)
    return postfix


@contextlib.contextmanager
def running_sink(postfix: Postfix, connections: int = 1024) -> Iterator[int]:
    """A sink on a free loopback port, for as long as the block lasts; the port is what is given."""
    port = free_port()
    command = [str(postfix.sink), *_privileges(), f"127.0.0.1:{port}", str(connections)]
    with subprocess.Popen(command, env=postfix.environment) as process:
        try:
            await_port(port, "smtp-sink")
            yield port
        finally:
            process.terminate()


def source_seconds(postfix: Postfix, port: int, *, mails: int, connections: int, octets: int) -> float:
    """Seconds that `smtp-source -d` (many mails per connection) needs for these mails."""
    command = [str(postfix.source), "-d", "-s", str(connections), "-m", str(mails), "-l", str(octets)]
    start = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], env=postfix.environment, check=True, timeout=600)
    return time.perf_counter() - start


def _check(postfix: Postfix) -> None:
    try:
        found = subprocess.run([str(postfix.sink)], env=postfix.environment, check=False, capture_output=True)
    except OSError as fault:
        raise ProgramMissingError(f"{postfix.sink} does not run on {platform.machine()}: {fault}") from fault
    if b"usage:" not in found.stderr:
        raise ProgramMissingError(found.stderr.decode(errors="replace").strip())


def _privileges() -> list[str]:
    """smtp-sink refuses to run as root."""
    return ["-u", "nobody"] if os.geteuid() == 0 else []
