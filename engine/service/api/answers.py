"""What sales answers, told by other programs."""

from __future__ import annotations

import importlib
import importlib.util
from datetime import datetime
from typing import Any

from engine.service.home import Home

_ANSWERS, _TASKS = "engine.service.answer_handoff", "engine.service.finish_task"


def answers_exist() -> bool:
    """Whether this version knows hand-offs that are answered."""
    return all(importlib.util.find_spec(name) is not None for name in (_ANSWERS, _TASKS))


class AnswerDesk:
    """Hands answers on to the services of sales, which say what is allowed when."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def accept(self, handoff: int, by: str) -> None:
        _of(_ANSWERS).accept(self._home, handoff, by)

    def reject(self, handoff: int, by: str, reason: str, note: str) -> None:
        _of(_ANSWERS).reject(self._home, handoff, by, reason, note)

    def snooze(self, handoff: int, by: str, until: datetime) -> None:
        _of(_ANSWERS).snooze(self._home, handoff, by, until)

    def touched(self, handoff: int, by: str) -> None:
        _of(_ANSWERS).touched(self._home, handoff, by)

    def finish(self, task: int, outcome: str, by: str) -> None:
        _of(_TASKS).finish_task(self._home, task, outcome, by)


def _of(module: str) -> Any:
    return importlib.import_module(module)
