"""What a new home begins with: the shipped campaigns, templates and config, however the package was installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import engine
from engine.errors import RipelineError

PARTS = ("config.toml", "campaigns", "templates")


def starter_folder() -> Path:
    """Where the shipped files lie: inside the installed package, or at the top of a checkout.

    Raises:
        RipelineError: the installation is incomplete.
    """
    package = Path(engine.__file__).parent
    for folder in (package / "starter", package.parent):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise RipelineError("this installation lacks the campaigns that it should ship; install Ripeline again")


def starter_files() -> Iterator[tuple[Path, str]]:
    """Every shipped file, with its path in a home."""
    folder = starter_folder()
    for part in PARTS:
        top = folder / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.name.startswith("."):
                yield path, path.relative_to(folder).as_posix()
