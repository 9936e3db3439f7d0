"""What sales answers, told by other programs."""

from __future__ import annotations

from datetime import datetime

from engine.service.api.pages import Lists
from engine.service.home import Home
from engine.service.sales.answer import accept, reject, snooze, touched
from engine.service.sales.finish_task import finish_task


class AnswerDesk:
    """Hands answers on to the services of sales, which say what is allowed when; `by` is the colleague who answers.

    All of them raise MissingError if there is no such hand-off or task, and RipelineError where it cannot be answered
    so.
    """

    def __init__(self, home: Home) -> None:
        self._home, self._lists = home, Lists(home)

    def accept(self, handoff: int, by: str) -> None:
        self._lists.one("handoffs", handoff)
        accept(self._home, handoff, by)

    def reject(self, handoff: int, by: str, reason: str, note: str) -> None:
        self._lists.one("handoffs", handoff)
        reject(self._home, handoff, by, reason, note)

    def snooze(self, handoff: int, by: str, until: datetime) -> None:
        self._lists.one("handoffs", handoff)
        snooze(self._home, handoff, by, until)

    def touched(self, handoff: int, by: str) -> None:
        self._lists.one("handoffs", handoff)
        touched(self._home, handoff, by)

    def finish(self, task: int, outcome: str, by: str) -> None:
        self._lists.action(task)
        finish_task(self._home, task, outcome, by)
