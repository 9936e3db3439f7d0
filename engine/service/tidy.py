"""Laying out the TOML files of a home in one way; a file with a mistake of form is told, and not touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.authoring.home import CAMPAIGNS
from engine.authoring.policy import CONFIG_FILE
from engine.authoring.toml_layout import UnfaithfulError, laid_out
from engine.authoring.toml_source import read_document, read_text
from engine.errors import Problem, RipelineError
from engine.service.whole_file import with_ends_of, write_whole


@dataclass(frozen=True, slots=True)
class Tidied:
    """A file as it was and as it should be, or the problems that keep it from being laid out."""

    path: Path
    before: str = ""
    after: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after


def files_of(home: Path) -> list[Path]:
    """The config, campaigns and scenarios of a home."""
    config = home / CONFIG_FILE
    campaigns = (path for path in (home / CAMPAIGNS).glob("*.toml") if not path.name.startswith("."))
    return [*([config] if config.is_file() else []), *sorted(campaigns)]


def tidied(paths: Iterable[Path]) -> Iterator[Tidied]:
    """Each file with its layout; nothing is written.

    Raises:
        RipelineError: a file cannot be read, or cannot be laid out without changing what it says.
    """
    return (_tidied(path) for path in paths)


def _tidied(path: Path) -> Tidied:
    shown = path.as_posix()
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise RipelineError(f"{shown} cannot be read: {(fault.strerror or str(fault)).lower()}") from fault
    text = read_text(shown, raw)
    if isinstance(text, Problem):
        return Tidied(path, problems=(text,))
    _, problems = read_document(shown, text)
    if problems:
        return Tidied(path, problems=tuple(problems))
    try:
        made = laid_out(text)
    except UnfaithfulError as fault:
        message = (
            f"{shown} cannot be laid out without changing what it says, and stays as it is. Please report this file."
        )
        raise RipelineError(message) from fault
    return Tidied(path, text, made)


def write_tidied(found: Tidied) -> None:
    """Write a file's layout as a whole, with the line ends that it had.

    Raises:
        RipelineError: it cannot be written.
    """
    write_whole(found.path, with_ends_of(found.after, found.path.read_bytes()))
