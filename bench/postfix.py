"""Postfix's own test programs, as the limit to measure against: unpacked from Debian's package, never installed.

`smtp-sink` takes mail and forgets it; `smtp-source` sends as fast as C can, with no rendering and no accounting.
"""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ripeline" / "postfix"


class PostfixMissingError(Exception):
    """The programs cannot be had on this machine; the text says why."""


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
    """The programs, downloaded on first use.

    Raises:
        PostfixMissingError: no apt here, no network, or libraries of the system missing.
    """
    postfix = Postfix(CACHE / "usr/sbin/smtp-source", CACHE / "usr/sbin/smtp-sink", CACHE / "usr/lib/postfix")
    if not postfix.sink.exists():
        _unpack(CACHE)
    _check(postfix)
    return postfix


@contextlib.contextmanager
def running_sink(postfix: Postfix, connections: int = 1024) -> Iterator[int]:
    """A sink on a free loopback port, for as long as the block lasts; the port is what is given."""
    port = _free_port()
    command = [str(postfix.sink), *_privileges(), f"127.0.0.1:{port}", str(connections)]
    with subprocess.Popen(command, env=postfix.environment) as process:
        try:
            _wait_until_open(port)
            yield port
        finally:
            process.terminate()


def source_seconds(postfix: Postfix, port: int, *, mails: int, connections: int, octets: int) -> float:
    """Seconds that `smtp-source -d` (many mails per connection) needs for these mails."""
    command = [str(postfix.source), "-d", "-s", str(connections), "-m", str(mails), "-l", str(octets)]
    start = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], env=postfix.environment, check=True, timeout=600)
    return time.perf_counter() - start


def _unpack(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as download:
        # apt drops its rights to a user of its own, who must be able to write here.
        Path(download).chmod(0o777)
        try:
            if _apt("download", "postfix", folder=download) != 0:
                _apt("update", folder=download)
                _apt("download", "postfix", folder=download)
            package = next(Path(download).glob("postfix_*.deb"))
            subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
        except (OSError, StopIteration, subprocess.SubprocessError) as fault:
            raise PostfixMissingError(f"cannot fetch Debian's postfix package: {fault!r}") from fault


def _apt(*arguments: str, folder: str) -> int:
    return subprocess.run(["apt-get", "-qq", *arguments], cwd=folder, check=False, capture_output=True).returncode


def _check(postfix: Postfix) -> None:
    try:
        found = subprocess.run([str(postfix.sink)], env=postfix.environment, check=False, capture_output=True)
    except OSError as fault:
        raise PostfixMissingError(f"{postfix.sink} does not run on {platform.machine()}: {fault}") from fault
    if b"usage:" not in found.stderr:
        raise PostfixMissingError(found.stderr.decode(errors="replace").strip())


def _privileges() -> list[str]:
    """smtp-sink refuses to run as root."""
    return ["-u", "nobody"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_open(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise PostfixMissingError(f"smtp-sink did not open port {port}")
