"""How long the command line takes to start, beside a Typer program that says hello."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from engine.service.starter import starter_folder

HELLO = "import typer\n\napp = typer.Typer()\n\n\n@app.command()\ndef hello() -> None:\n    print('hello')\n\n\napp()\n"
RIPELINE = (sys.executable, "-m", "engine.app")
ROUNDS = 9


@dataclass(frozen=True, slots=True)
class StartFigure:
    """Milliseconds beyond the hello program's: for help, for the version, for checking fifty campaigns."""

    hello: float
    help_more: float
    version_more: float
    check_more: float


def measure() -> StartFigure:
    """The median of several runs, taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "hello.py"
        program.write_text(HELLO)
        home = _fifty_campaigns(Path(folder) / "home")
        commands = (
            (sys.executable, str(program), "--help"),
            (*RIPELINE, "--help"),
            (*RIPELINE, "--version"),
            (*RIPELINE, "check", "--home", str(home)),
        )
        subprocess.run(commands[3], capture_output=True, check=True)
        hello, help_, version, check = _medians(commands)
        return StartFigure(hello, help_ - hello, version - hello, check - hello)


def _medians(commands: tuple[tuple[str, ...], ...]) -> list[float]:
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(ROUNDS):
        for command, found in zip(commands, times, strict=True):
            begun = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            found.append((time.perf_counter() - begun) * 1000)
    return [median(found) for found in times]


def _fifty_campaigns(home: Path) -> Path:
    """The shipped campaign, fifty times under other names."""
    shipped = starter_folder()
    shutil.copytree(shipped / "templates", home / "templates")
    shutil.copy(shipped / "config.toml", home)
    (home / "campaigns").mkdir()
    text = (shipped / "campaigns" / "clean-data.toml").read_text("utf-8")
    for number in range(50):
        (home / "campaigns" / f"clean-data-{number}.toml").write_text(text, "utf-8")
    return home


def main() -> None:
    figure = measure()
    print(
        f"--help +{figure.help_more:.0f} ms, --version {figure.version_more:+.0f} ms, check of 50 campaigns "
        f"+{figure.check_more / 1000:.2f} s beyond a Typer hello world ({figure.hello:.0f} ms); check is warm"
    )


if __name__ == "__main__":
    main()
