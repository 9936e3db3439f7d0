"""Which home a command works in, and opening it: every command finds it the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.authoring.home import read_bundle_texts, read_home
from engine.authoring.policy import CONFIG_FILE
from engine.authoring.toml_source import read_text
from engine.cli.screen import show
from engine.config.model import Config
from engine.errors import Problem, RipelineError

if TYPE_CHECKING:  # the store's toolkit takes a third of a second to load, and files are checked without it
    from engine.service.home import Home

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        metavar="DIR",
        envvar="RIPELINE_HOME",
        help="The home's folder; the current one by default.",
        show_default=False,
    ),
]

HERE = Path()


def root_of(path: Path) -> Path:
    """The folder of the home.

    Raises:
        RipelineError: there is none at this path.
    """
    root = path.resolve()
    if (root / CONFIG_FILE).is_file() or (root / "campaigns").is_dir():
        return root
    if not root.exists():
        raise RipelineError(f"there is no folder {root}. `ripeline init {path}` lays out a new home there.")
    raise RipelineError(
        f"{root} is no home: it has no config.toml. Go to your home's folder, name it with --home DIR, "
        "or lay out a new one with `ripeline init DIR`."
    )


def config_of(root: Path) -> Config:
    """The home's config; its mistakes are shown as `check` does, and end the command.

    Campaigns are read only if they must be: where a rule of the config asks for one of them.
    """
    file = root / CONFIG_FILE
    if not file.is_file():
        return Config()
    text = read_text(CONFIG_FILE, file.read_bytes())
    if isinstance(text, Problem):
        raise refused([text], root)
    config, _, problems = read_bundle_texts({CONFIG_FILE: text})
    if not any(problem.is_error for problem in problems):
        return config
    found = read_home(root)
    if found.config_usable:
        return found.config
    raise refused([problem for problem in found.problems if problem.place.path == CONFIG_FILE], root)


def refused(problems: Sequence[Problem], root: Path, texts: Mapping[str, str] | None = None) -> typer.Exit:
    """Show these problems with their lines, of files or of `texts` by name; what to raise then."""
    shown(problems, root, texts)
    return typer.Exit(1)


def shown(problems: Sequence[Problem], root: Path = HERE, texts: Mapping[str, str] | None = None) -> None:
    """Show problems as `check` does."""
    from engine.cli.problems import problem_lines
    from engine.service.source_lines import Sources

    show(problem_lines(problems, Sources(root, texts or {})))


def opened(path: Path) -> Home:
    """The home at `path`, with its store.

    Raises:
        RipelineError: there is no home, or its store cannot be opened.
    """
    from engine.service.home import open_home

    root = root_of(path)
    return open_home(root, config_of(root))


def has_store(root: Path, config: Config) -> bool:
    """Whether this home has data already; looking must not create any."""
    if not config.store.startswith("sqlite"):
        return True
    return (root / config.store.partition("///")[2]).is_file()
