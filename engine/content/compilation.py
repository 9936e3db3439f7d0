"""Compiles the templates that campaigns want, safely: the work is done by a child that can be killed.

No limit inside of one process stops a template that asks for 100 MB or spins; the operating system's does.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.content.library import Library, OutsideError, Page, content_hash, find_pages
from engine.content.mails import CompiledMail, MailKey, MailWanted, SourceFile, problems_from
from engine.content.settings import CompileSettings
from engine.errors import Problem

VERSION = "5"  # of what the compiler writes: a new one compiles everything again
MAX_ANSWER = 32_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use for one template: bytes of address space, and seconds."""

    memory: int = 1_000_000_000
    seconds: int = 10


def compile_templates(
    root: Path,
    wanted: Sequence[MailWanted],
    settings: CompileSettings,
    cache: MutableMapping[str, CompiledMail] | None = None,
    limits: Limits | None = None,
) -> tuple[dict[MailKey, CompiledMail], list[Problem]]:
    """All wanted mails in all their languages, and all problems of all of them, sorted by place.

    `cache` maps `cache_key`s to mails compiled before; those whose files are unchanged are taken from it, new ones are
    put into it.
    """
    mails: dict[MailKey, CompiledMail] = {}
    problems: list[Problem] = []
    hashes = _Hashes(Library(root))
    with _Child(root, settings, limits or Limits()) as child:
        for page in _pages(root, wanted, problems):
            mail, found = _one(hashes, page, cache if cache is not None else {}, child)
            problems += found
            if mail is not None:
                mails[page.key] = mail
    return mails, sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.code, problem.message))


def _pages(root: Path, wanted: Sequence[MailWanted], problems: list[Problem]) -> list[Page]:
    library = Library(root, root.name)
    marketing = {replace(mail, operational=False) for mail in wanted if not mail.operational}
    pages: list[Page] = []
    for mail in sorted({mail for mail in wanted if replace(mail, operational=False) not in marketing} | marketing):
        found, wrong = find_pages(library, mail)
        pages += found
        problems += wrong
    return pages


@dataclass
class _Hashes:
    """What files contain now; each is read once a run."""

    library: Library
    known: dict[str, str] = field(default_factory=dict)

    def of(self, path: str) -> str:
        """The name of a file's content; empty if it cannot be read."""
        if path and path not in self.known:
            try:
                self.known[path] = content_hash(self.library.read(path))
            except (OutsideError, OSError):
                self.known[path] = ""
        return self.known.get(path, "")


def _one(
    hashes: _Hashes, page: Page, cache: MutableMapping[str, CompiledMail], child: _Child
) -> tuple[CompiledMail | None, Sequence[Problem]]:
    key = _cache_key(hashes, page, child.settings_json)
    known = cache.get(key)
    if known is not None and all(hashes.of(source.path) == source.hash for source in known.sources):
        return known, known.warnings
    answer = child.ask(page)
    problems = problems_from(answer["problems"])
    if not answer["mail"]:
        return None, problems
    mail = CompiledMail.from_json(answer["mail"])
    sources = tuple(SourceFile(**source) for source in answer["sources"])
    mail = replace(mail, cache_key=key, sources=sources, warnings=problems)
    cache[key] = mail
    return mail, problems


def _cache_key(hashes: _Hashes, page: Page, settings: str) -> str:
    """What a page's own files and the settings come to."""
    parts = (VERSION, settings, json.dumps(asdict(page)), hashes.of(page.path), hashes.of(page.text_path))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass
class _Child:
    """The process that compiles; started when first needed, killed when it takes too long, started again."""

    root: Path
    settings: CompileSettings
    limits: Limits
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    settings_json: str = field(init=False)

    def __post_init__(self) -> None:
        self.settings_json = self.settings.to_json()

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, page: Page) -> Mapping[str, Any]:
        """The child's answer for a page; a problem if it dies or does not come in time."""
        process = self.process or self._start()
        answer = None
        try:
            _write(process, asdict(page))
            answer = _read_line(process, time.monotonic() + self.limits.seconds)
        except (BrokenPipeError, TimeoutError):
            pass
        if answer is None:
            self._stop()
            return _failed(page, self.root.name, self.limits)
        decoded: Mapping[str, Any] = json.loads(answer)
        return decoded

    def _start(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {home!r}); from engine.content.worker import serve; serve()"
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "", "PYTHONHASHSEED": "0"},
        )
        self.process = process
        first = {
            "root": str(self.root),
            "shown": self.root.name,
            "settings": self.settings_json,
            **asdict(self.limits),
        }
        _write(process, first)
        return process

    def _stop(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.communicate()
        self.process = None


def _write(process: subprocess.Popen[bytes], document: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(document).encode() + b"\n")
    process.stdin.flush()


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """One line of the child's; None if it died. Raises TimeoutError after the deadline (of the monotonic clock)."""
    assert process.stdout is not None
    received = bytearray()
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(deadline - time.monotonic(), 0))
        if not ready or len(received) > MAX_ANSWER:
            raise TimeoutError
        chunk = os.read(process.stdout.fileno(), 1 << 20)
        if not chunk:
            return None
        received += chunk
    return bytes(received)


def _failed(page: Page, shown: str, limits: Limits) -> Mapping[str, Any]:
    library = Library(Path(), shown)
    message = f"this template needs more than {limits.seconds} s or {limits.memory // 1_000_000} MB to compile"
    problem = Problem("E326", message, library.place(page.path), "what does it repeat?")
    return {"mail": None, "problems": [asdict(problem)], "sources": []}
