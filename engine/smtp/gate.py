"""The gate at 354: the last word before a mail leaves, given for many connections by one commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

Commit = Callable[[Sequence[int]], set[int]]
"""Marks the tickets' deliveries as `transmitting` in one durable commit and returns those that may go."""

Watch = Callable[[int, float], None]
"""Hears of each group that the gate answered: how many mails, and the seconds that the first of them waited."""


class Gate(Protocol):
    """Asked once per mail, after 354 and before its first byte. Whatever it raises defers the mail."""

    async def admit(self, ticket: int) -> bool: ...


_Waiting = tuple[int, asyncio.Future[bool], float]
"""A ticket, what its connection waits for, and since when."""


class GroupGate:
    """Collects tickets from waiting connections and commits them in one call, in the writer's own thread.

    A group goes as soon as it is as large as can be expected, at the latest after `linger` seconds or at `limit`
    tickets; while one commit runs, the next group gathers by itself. One commit is under way at a time.

    `expected` says how many mails are under way, all of which may come to the gate; without it, a group is expected
    to be as large as the last one was. `watch` is called once for each group, in the event loop.
    """

    def __init__(
        self,
        commit: Commit,
        executor: Executor,
        *,
        limit: int = 64,
        linger: float = 0.005,
        expected: Callable[[], int] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._commit = commit
        self._executor = executor
        self._limit = limit
        self._linger = linger
        self._watch = watch
        self._waiting: list[_Waiting] = []
        self._last = 1
        self._expected = expected or (lambda: self._last)
        self._timer: asyncio.TimerHandle | None = None
        self._committing: asyncio.Task[None] | None = None

    async def admit(self, ticket: int) -> bool:
        """Whether the mail may go.

        Raises:
            Exception: what `commit` raised; then nothing of the group may go.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((ticket, answer, time.perf_counter()))
        if self._committing is None:
            self._start_or_linger(loop)
        return await answer

    def _start_or_linger(self, loop: asyncio.AbstractEventLoop) -> None:
        if len(self._waiting) >= min(self._expected(), self._limit):
            self._start()
        elif self._timer is None:
            self._timer = loop.call_later(self._linger, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._committing is None and self._waiting:
            self._committing = asyncio.get_running_loop().create_task(self._commit_next())

    async def _commit_next(self) -> None:
        group, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        self._last = len(group)
        try:
            await self._commit_group(group)
            if self._watch is not None:
                self._watch(len(group), time.perf_counter() - group[0][2])
        finally:
            self._committing = None
            if self._waiting:
                self._start_or_linger(asyncio.get_running_loop())

    async def _commit_group(self, group: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        tickets = [ticket for ticket, _, _ in group]
        try:
            admitted = await loop.run_in_executor(self._executor, self._commit, tickets)
        except Exception as fault:
            for answer in _unanswered(group):
                answer.set_exception(fault)
            return
        for ticket, answer, _ in group:
            if not answer.done():
                answer.set_result(ticket in admitted)


def _unanswered(group: list[_Waiting]) -> list[asyncio.Future[bool]]:
    return [answer for _, answer, _ in group if not answer.done()]
