"""Real shells, in which somebody presses Tab."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

from engine.cli.completion_scripts import SCRIPTS

PATIENCE = 20.0


def _environment(program: Path) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name != "RIPELINE_HOME"}
    return {**found, "PATH": f"{program.parent}:{os.environ['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def in_bash(program: Path, home: Path, words: list[str]) -> list[str]:
    """What bash offers for the last of these words."""
    script = f"""
{SCRIPTS["bash"]}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ripeline
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    command = ["bash", "--norc", "-c", script, "bash", *words]
    done = subprocess.run(command, cwd=home, env=_environment(program), capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout.split()


def in_fish(program: Path, home: Path, words: list[str]) -> list[str]:
    """What fish offers for the last of these words."""
    script = f"{SCRIPTS['fish']}\ncomplete -C '{' '.join(words)}'"
    command = ["fish", "--no-config", "-c", script]
    done = subprocess.run(command, cwd=home, env=_environment(program), capture_output=True, text=True, check=True)
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


def typed_in(shell: str, program: Path, home: Path, line: str, hoped: str) -> str:
    """What a shell at a terminal shows after the line and Tab, as soon as that has what is hoped for."""
    script = home.parent / f"completion.{shell}"
    script.write_text(SCRIPTS[shell], "utf-8")
    prepare = {"bash": "", "zsh": "autoload -Uz compinit; compinit -D; "}[shell]
    start = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    terminal, inside = pty.openpty()
    environment = {**_environment(program), "PS1": "", "HISTFILE": ""}
    process = subprocess.Popen(
        start, cwd=home, env=environment, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
    )
    os.close(inside)
    try:
        os.write(terminal, f"{prepare}source {script}; echo re''ady\n".encode())
        assert "ready" in _read(terminal, "ready\r")
        os.write(terminal, f"{line}\t".encode())
        return _read(terminal, hoped)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _read(terminal: int, hoped: str) -> str:
    """What the terminal shows, until that has these words or patience ends."""
    found, deadline = "", time.monotonic() + PATIENCE
    while hoped not in found and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            found += os.read(terminal, 4096).decode(errors="replace")
    return found
