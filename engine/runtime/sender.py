"""A sending process: claims flow to connections, outcomes flow back, each database step shared by many mails.

Four kinds of tasks run side by side on one loop: the feeder claims and writes mails ahead of the connections, a worker
for each connection sends them, the gate and the recorder commit in groups through the process's one writer thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from engine.service.deliver import Dispatch, Sent
from engine.service.letters import Letter
from engine.smtp.gate import GroupGate
from engine.smtp.mailer import Mailer
from engine.store.database import StoreError

log = logging.getLogger("ripeline.sender")

CLAIM = 128
GROUP = 64
IDLE_SECONDS = 1.0
HEARTBEAT_SECONDS = 60.0
Result = TypeVar("Result")


class SendingLine:
    """Sends whatever is due, until told to stop."""

    def __init__(self, dispatch: Dispatch, mailer: Mailer, workers: int, writer: ThreadPoolExecutor) -> None:
        self._dispatch = dispatch
        self._mailer = mailer
        self._workers = workers
        self._writer = writer
        self._gate = GroupGate(dispatch.admit, writer, limit=GROUP)
        self._letters: asyncio.Queue[Letter] = asyncio.Queue(maxsize=CLAIM)
        self._ended: asyncio.Queue[Sent] = asyncio.Queue()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claim nothing more; mails under way are finished, those not begun are given back."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until `stop`; a fault of the database ends the process, which its supervisor starts again."""
        async with asyncio.TaskGroup() as tasks:
            recorder = tasks.create_task(self._record_all())
            heart = tasks.create_task(self._beat())
            workers = [tasks.create_task(self._work()) for _ in range(self._workers)]
            await self._feed(until_empty=False)
            await self._give_back()
            await self._finish(workers)
            heart.cancel()
            recorder.cancel()
        await self._mailer.close(drain=True)

    async def run_dry(self) -> int:
        """Send everything that is due now, and return how many attempts ended: for a stepped clock."""
        before = self._count
        async with asyncio.TaskGroup() as tasks:
            recorder = tasks.create_task(self._record_all())
            workers = [tasks.create_task(self._work()) for _ in range(self._workers)]
            await self._feed(until_empty=True)
            await self._finish(workers)
            recorder.cancel()
        return self._count - before

    _count = 0

    async def _feed(self, *, until_empty: bool) -> None:
        while not self._stopping.is_set():
            letters = await self._claim()
            for letter in letters:
                await self._letters.put(letter)
            if letters:
                continue
            if until_empty:
                return
            await self._idle()

    async def _claim(self) -> list[Letter]:
        try:
            return await self._in_writer(lambda: self._dispatch.claim(CLAIM))
        except StoreError as error:
            log.error("nothing can be claimed now: %s", error)
            return []

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    async def _work(self) -> None:
        while True:
            letter = await self._letters.get()
            try:
                result = await self._mailer.send(letter.outgoing, self._gate)
                self._ended.put_nowait(Sent(letter, result))
            finally:
                self._letters.task_done()

    async def _record_all(self) -> None:
        while True:
            group = [await self._ended.get()]
            while len(group) < GROUP and not self._ended.empty():
                group.append(self._ended.get_nowait())
            await self._record(group)
            for _ in group:
                self._ended.task_done()

    async def _record(self, group: list[Sent]) -> None:
        """Keep outcomes until the database takes them: it may be away for a while, they must not be."""
        while True:
            try:
                await self._in_writer(lambda: self._dispatch.record(group))
                break
            except StoreError as error:
                log.error("%d outcomes wait to be written: %s", len(group), error)
                await asyncio.sleep(IDLE_SECONDS)
        self._count += len(group)

    async def _give_back(self) -> None:
        """Put back what was claimed and not begun."""
        waiting = []
        while not self._letters.empty():
            waiting.append(self._letters.get_nowait())
            self._letters.task_done()
        if waiting:
            await self._in_writer(lambda: self._dispatch.give_back(waiting))

    async def _finish(self, workers: list[asyncio.Task[None]]) -> None:
        """Let every mail under way end and be written down."""
        await self._letters.join()
        for worker in workers:
            worker.cancel()
        await self._ended.join()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._in_writer(self._dispatch.heartbeat)

    async def _in_writer(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)
