"""Programs to measure against, from Debian's packages: fetched and unpacked beside the checkout, never installed."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ripeline"


class ProgramMissingError(Exception):
    """A program cannot be had on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and the folder of libraries that came with it."""

    path: Path
    libraries: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}


def unpacked(name: str, packages: Sequence[str]) -> Path:
    """The folder in which these packages lie unpacked; fetched on first use.

    Raises:
        ProgramMissingError: no apt here, or no network.
    """
    folder = CACHE / name
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=_made(CACHE)) as draft:
            for package in packages:
                _unpack(package, Path(draft))
            Path(draft).rename(folder)
            Path(draft).mkdir()  # the block takes away the folder that it gave
    return folder


def ensure_nginx() -> Program:
    """The web server nginx, whose `empty_gif` is the goal of a pixel."""
    folder = unpacked("nginx", ["nginx"])
    return Program(folder / "usr/sbin/nginx", folder / "usr/lib")


def ensure_wrk() -> Program:
    """The load generator wrk, with the library that it needs."""
    folder = unpacked("wrk", ["wrk", "libluajit-5.1-2"])
    (libraries,) = (folder / "usr/lib").glob("*-linux-*")
    return Program(folder / "usr/bin/wrk", libraries)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int, what: str) -> None:
    """Wait until somebody listens there.

    Raises:
        ProgramMissingError: nobody does after 20 seconds.
    """
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise ProgramMissingError(f"{what} did not open port {port}")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _unpack(package: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as download:
        # apt drops its rights to a user of its own, who must be able to write here.
        Path(download).chmod(0o777)
        try:
            if _apt("download", package, folder=download) != 0:
                _apt("update", folder=download)
                _apt("download", package, folder=download)
            found = next(Path(download).glob(f"{package}_*.deb"))
            subprocess.run(["dpkg", "-x", str(found), str(folder)], check=True)
        except (OSError, StopIteration, subprocess.SubprocessError) as fault:
            raise ProgramMissingError(f"cannot fetch Debian's package {package}: {fault!r}") from fault


def _apt(*arguments: str, folder: str) -> int:
    return subprocess.run(["apt-get", "-qq", *arguments], cwd=folder, check=False, capture_output=True).returncode
