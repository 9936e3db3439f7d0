"""Lay out campaigns, scenarios and config in one way: blanks, equals signs, quotes and comments.

No comment is lost, and what a file says stays the same. Without FILE all of the home are laid out. A file with a
mistake of form is told as `check` does, and not touched. Ends with 1 if there is one, or with --check if a file is not
laid out yet.

Examples:

  ripeline fmt
  ripeline fmt --check --diff     change nothing, show what would be
  ripeline fmt campaigns/clean-data.toml
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, root_of, shown
from engine.cli.screen import Line, counted, say, show
from engine.service.tidy import Tidied, files_of, tidied, write_tidied

EXIT_UNTIDY = 1
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def command(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]…", help="Only these files.")] = None,
    home: HomeOption = HERE,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 if a file would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes.")] = False,
) -> None:
    """Lay out what can be laid out, tell the rest, and end accordingly."""
    found = list(tidied(files or _of_home(home)))
    changed = [one for one in found if one.changed]
    broken = [problem for one in found for problem in one.problems]
    shown(broken)
    for one in changed:
        if diff:
            show(_difference(one))
        if not check:
            write_tidied(one)
    _tell(changed, len(found), check=check)
    if broken or (check and changed):
        raise typer.Exit(EXIT_UNTIDY)


def _of_home(home: Path) -> list[Path]:
    root, here = root_of(home), Path.cwd()
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in files_of(root)]


def _difference(one: Tidied) -> Iterator[Line]:
    name = one.path.as_posix()
    lines = difflib.unified_diff(one.before.splitlines(), one.after.splitlines(), name, name, lineterm="")
    return ([(line, _STYLES.get(line[:1], ""))] for line in lines)


def _tell(changed: list[Tidied], count: int, *, check: bool) -> None:
    for one in changed:
        say(f"{'would change' if check else 'laid out'}  {one.path.as_posix()}")
    if not changed:
        say(f"{counted(count, 'file')}, nothing to lay out.")
