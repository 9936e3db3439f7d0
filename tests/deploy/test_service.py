"""The systemd unit: systemd itself reads it, and it leaves the daemon what it needs and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.runtime.daemon import PATIENCE
from tests.deploy.exported import DEPLOY

UNIT = DEPLOY / "systemd/ripeline.service"
_SYSTEMD = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(_SYSTEMD is None, reason="systemd is not installed")

HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
}


def directives() -> dict[tuple[str, str], list[str]]:
    """The unit's values by section and key, in order."""
    found: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in UNIT.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
        elif line and not line.startswith("#"):
            key, mark, value = line.partition("=")
            assert section and mark, f"no directive: {line}"
            assert re.fullmatch(r"[A-Z]\w+", key), f"no key: {line}"
            found.setdefault((section, key), []).append(value)
    return found


def of_service(key: str) -> str:
    (value,) = directives()["Service", key]
    return value


@pytest.mark.parametrize(("key", "value"), HARDENED.items())
def test_service_has_no_privilege(key: str, value: str) -> None:
    assert of_service(key) == value


def test_service_writes_only_where_the_home_is_written() -> None:
    assert of_service("ReadWritePaths") == f"{of_service('WorkingDirectory')}/var"


def test_service_may_talk_to_relays_and_databases() -> None:
    assert set(of_service("RestrictAddressFamilies").split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}


def test_service_is_started_again_and_ends_its_children_in_order() -> None:
    assert of_service("Restart") == "always"
    assert directives()["Unit", "StartLimitIntervalSec"] == ["0"], "for ever"
    assert of_service("KillMode") == "mixed", "SIGTERM to the daemon alone"
    assert int(of_service("TimeoutStopSec")) > 2 * PATIENCE, "mails under way are finished"


def test_only_one_service_is_described() -> None:
    assert {section for section, _ in directives()} == {"Unit", "Service", "Install"}
    assert of_service("ExecStart").endswith("/ripeline run")


def _analyzed(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert _SYSTEMD
    return subprocess.run([_SYSTEMD, *words, str(path)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program that this machine has."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8"), flags=re.MULTILINE)
    path = tmp_path / UNIT.name
    path.write_text(text, "utf-8")
    return path


@needs_systemd
def test_systemd_reads_every_directive(installed: Path) -> None:
    done = _analyzed(installed, "verify")
    told = [line for line in done.stderr.splitlines() if installed.name in line]
    assert (done.returncode, told) == (0, []), done.stderr


@needs_systemd
def test_systemd_finds_little_exposed(installed: Path) -> None:
    """0 is nothing, 10 everything; what is left is that it talks over the network."""
    done = _analyzed(installed, "security", "--offline=yes", "--no-pager")
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stdout + done.stderr
    assert float(level[1]) <= 2.0, done.stdout
