"""The templates' folder: what can be found where, and nothing outside it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.content.mails import MailKey, MailWanted, SourceFile
from engine.errors import Place, Problem, did_you_mean

FORMATS = (".md", ".html", ".mjml")
MAX_FILE = 2_000_000
_PAGE = re.compile(
    r"(?P<name>[A-Za-z0-9][\w-]*)(?:\.(?P<language>[a-z]{2,3}(?:-[A-Za-z]{2,4})?))?(?P<format>\.(?:md|html|mjml))"
)
_RESERVED = ("layouts", "partials", "assets")


@dataclass(frozen=True, slots=True)
class Page:
    """A mail's template as found: its key, its path relative to the folder, and a written text part or ''."""

    key: MailKey
    path: str
    text_path: str = ""
    operational: bool = False

    @property
    def format(self) -> str:
        return PurePosixPath(self.path).suffix


class OutsideError(Exception):
    """A path that leaves the templates' folder; its text says how."""


@dataclass
class Library:
    """Reads files below `root` and remembers which were read. `shown` is the folder as people know it."""

    root: Path
    shown: str = "templates"
    used: dict[str, SourceFile] = field(default_factory=dict)
    _listing: dict[str, list[str]] = field(default_factory=dict)

    def place(self, path: str, line: int = 0, column: int = 0, width: int = 1) -> Place:
        return Place(f"{self.shown}/{path}", line, column, width)

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            OutsideError: the path leaves the folder, by `..`, absolutely or by a link, or is too large.
            FileNotFoundError: there is no such file.
        """
        target = self.resolve(path)
        if not target.is_file():
            raise FileNotFoundError(path)
        if target.stat().st_size > MAX_FILE:
            raise OutsideError(f"'{path}' is larger than {MAX_FILE // 1_000_000} MB")
        content = target.read_bytes()
        self.used[path] = SourceFile(path, content_hash(content))
        return content

    def resolve(self, path: str) -> Path:
        """Where the file lies.

        Raises:
            OutsideError: the path leaves the folder.
        """
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path or ":" in path:
            raise OutsideError(f"'{path}' leaves the folder {self.shown}/")
        target = self.root / pure
        if not target.resolve().is_relative_to(self.root.resolve()):
            raise OutsideError(f"'{path}' is a link that leaves the folder {self.shown}/")
        return target

    def exists(self, path: str) -> bool:
        try:
            return self.resolve(path).is_file()
        except OutsideError:
            return False

    def names(self, folder: str) -> list[str]:
        """The files directly in a folder, sorted."""
        if folder not in self._listing:
            path = self.root / folder
            found = sorted(entry.name for entry in path.iterdir() if not entry.is_dir()) if path.is_dir() else []
            self._listing[folder] = found
        return self._listing[folder]

    def find(self, name: str, folders: tuple[str, ...]) -> str | None:
        """The first of `folder/name` that exists."""
        candidates = (f"{folder}/{name}" if folder else name for folder in folders)
        return next((path for path in candidates if self.exists(path)), None)


def content_hash(content: bytes) -> str:
    """The name of a content: 20 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:20]


def places_of(wanted: MailWanted) -> tuple[str, ...]:
    """The folders where a mail is looked for, nearest first."""
    near = (f"{wanted.theme}/{wanted.stage}",) if wanted.theme and wanted.stage else ()
    return (*near, *((wanted.theme,) if wanted.theme else ()), "shared")


def find_pages(library: Library, wanted: MailWanted) -> tuple[list[Page], list[Problem]]:
    """A mail's templates, one per language, from the nearest folder that has it."""
    unsafe = next((part for part in (wanted.theme, wanted.stage, wanted.name) if not _safe(part)), None)
    if unsafe is not None:
        message = f"'{unsafe}' is no name of a template, stage or theme: it would leave {library.shown}/"
        return [], [Problem("E301", message, library.place(""), "use letters, digits, - and _")]
    found: dict[str, Page] = {}
    problems: list[Problem] = []
    for folder in places_of(wanted):
        for language, paths in _candidates(library, folder, wanted.name).items():
            if len(paths) > 1:
                problems.append(_ambiguous(library, paths))
            found.setdefault(language, _page(library, wanted, language, paths[0]))
    if not found:
        problems.append(_missing(library, wanted))
    return [found[language] for language in sorted(found)], problems


def _safe(part: str) -> bool:
    return not part or re.fullmatch(r"[A-Za-z0-9][\w-]*(/[A-Za-z0-9][\w-]*)*", part) is not None


def _candidates(library: Library, folder: str, name: str) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for file in library.names(folder):
        match = _PAGE.fullmatch(file)
        if match and match["name"] == name:
            paths.setdefault(match["language"] or "", []).append(f"{folder}/{file}")
    return paths


def _page(library: Library, wanted: MailWanted, language: str, path: str) -> Page:
    text_path = str(PurePosixPath(path).with_suffix(".txt"))
    key = MailKey(wanted.theme, wanted.stage, wanted.name, language)
    return Page(key, path, text_path if library.exists(text_path) else "", wanted.operational)


def _ambiguous(library: Library, paths: list[str]) -> Problem:
    others = ", ".join(PurePosixPath(path).name for path in paths[1:])
    return Problem("E303", f"this mail is written twice: also {others}", library.place(paths[0]), "keep one of them")


def _missing(library: Library, wanted: MailWanted) -> Problem:
    looked = ", ".join(f"{library.shown}/{folder}/" for folder in places_of(wanted))
    expected = f"{places_of(wanted)[0]}/{wanted.name}.md"
    known = {
        match["name"]
        for folder in places_of(wanted)
        for file in library.names(folder)
        if (match := _PAGE.fullmatch(file))
    }
    hint = did_you_mean(wanted.name, known) or f"write {library.shown}/{expected}"
    message = f"there is no template '{wanted.name}' (.md, .html or .mjml); looked in {looked}"
    return Problem("E302", message, library.place(expected), hint)
