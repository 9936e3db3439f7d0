"""The child process in which templates are compiled and rendered for the first time, with little memory and time.

It reads one JSON document a line and answers each with one. It has no secrets in its environment, writes no files, and
may be killed at any moment; the parent starts another.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from engine.authoring.silence import needless, without_silenced
from engine.content.compiler import compile_page
from engine.content.library import Library, Page
from engine.content.mails import CompiledMail, MailKey
from engine.content.sample import first_render
from engine.content.settings import CompileSettings
from engine.errors import Problem


def serve() -> None:
    """Answers until its input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    start = json.loads(sys.stdin.readline())
    _limit(start["memory"])
    settings = CompileSettings.from_json(start["settings"])
    for line in sys.stdin:
        _limit_time(start["seconds"])
        _answer(answers, _compiled(json.loads(line), Path(start["root"]), start["shown"], settings))


def compile_one(library: Library, page: Page, settings: CompileSettings) -> tuple[CompiledMail | None, list[Problem]]:
    """A page, compiled and rendered once; whatever goes wrong becomes a problem of this page.

    Findings that the page's head silences are not among the problems; a silence of none is.
    """
    try:
        mail, problems, silences = compile_page(library, page, settings)
        if mail is not None:
            problems += first_render(mail, settings, library.place(page.path))
    except (MemoryError, RecursionError):
        message = "this template needs more memory than a mail may use"
        return None, [Problem("E326", message, library.place(page.path), "what does it repeat?")]
    told, used = without_silenced(problems, silences)
    if any(problem.is_error for problem in problems):
        return None, told
    return mail, [*told, *needless(silences, used)]


def _compiled(request: dict[str, Any], root: Path, shown: str, settings: CompileSettings) -> dict[str, Any]:
    page = Page(**request | {"key": MailKey(**request["key"])})
    library = Library(root, shown)
    mail, problems = compile_one(library, page, settings)
    sources = sorted(library.used.values())
    return {
        "mail": mail.to_json() if mail else None,
        "problems": [asdict(problem) for problem in problems],
        "sources": [asdict(source) for source in sources],
    }


def _answer(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _limit(memory: int) -> None:
    """`memory` bytes of address space; no files written, no core."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: int) -> None:
    """So much processor time for the next page."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds + 1, hard))
