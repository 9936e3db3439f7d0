"""A sending process: claims flow to connections, outcomes flow back, each database step shared by many mails.

The feeder claims mails and writes them a little ahead of the connections, workers hand them to connections, and
the gate's commits, in the process's one writer thread, take along the outcomes of mails that ended meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from engine.service.deliver import Batch, Dispatch, Sent
from engine.service.letters import Letter
from engine.smtp.gate import GroupGate, Watch
from engine.smtp.health import Use
from engine.smtp.mailer import Mailer
from engine.store.database import StoreError
from engine.store.deliveries import Claimed

log = logging.getLogger("ripeline.sender")

CLAIM = 256
IDLE_SECONDS = 1.0
LINGERS = 4
LINGER_SECONDS = 0.06
"""Outcomes wait so long for a gate's commit to take them along."""
HEARTBEAT_SECONDS = 60.0
Result = TypeVar("Result")


class SendingLine:
    """Sends whatever is due, until told to stop; `watch` hears of each group that passed the gate.

    For each of the relays' `connections` two mails are under way: one on the line, and one that may follow it there.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        mailer: Mailer,
        connections: int,
        writer: ThreadPoolExecutor,
        watch: Watch | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._mailer = mailer
        self._workers = connections * 2
        self._writer = writer
        self._gate = GroupGate(dispatch.admit, writer, expected=lambda: mailer.relays.on_the_line, watch=watch)
        self._under_way = 0
        self._letters: asyncio.Queue[Letter] = asyncio.Queue(maxsize=connections)
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claim nothing more; mails under way are finished, those not begun are given back."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until `stop`; a fault nobody foresaw ends the process, which its supervisor starts again."""
        await self._run(until_empty=False)
        await self._mailer.close(drain=True)

    async def run_dry(self) -> None:
        """Send everything that is due now: for a stepped clock."""
        await self._run(until_empty=True)

    async def _run(self, *, until_empty: bool) -> None:
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self._work()) for _ in range(self._workers)]
            others.append(tasks.create_task(self._beat()))
            recorder = tasks.create_task(self._record())
            await self._feed(until_empty=until_empty)
            await self._drained()
            for other in others:
                other.cancel()
            await self._all_written()
            recorder.cancel()

    async def _feed(self, *, until_empty: bool) -> None:
        while not self._stopping.is_set():
            batch = await self._claim(CLAIM if until_empty else self._appetite())
            if batch is not None:
                await self._write(batch)
            await self._put_aside()
            if batch is None:
                if until_empty:
                    return
                await self._idle()

    def _appetite(self) -> int:
        """How many mails to claim: none while every relay rests, one to try a relay whose rest is over."""
        states = self._mailer.relays.states()
        if any(state.use is Use.FIT for state in states):
            return CLAIM
        now = self._dispatch.now()
        return int(any(s.use is Use.RESTING and s.retry_at is not None and s.retry_at <= now for s in states))

    async def _claim(self, limit: int) -> Batch | None:
        if not limit:
            return None
        try:
            return await self._in_writer(partial(self._dispatch.claim, limit))
        except StoreError as error:
            log.error("nothing can be claimed now: %s", error)
            return None

    async def _write(self, batch: Batch) -> None:
        """Write the mails a little ahead of the connections; what is left when told to stop is given back."""
        for number, claim in enumerate(batch.claims):
            if self._stopping.is_set() or self._dispatch.is_stale(batch):
                await self._give_back(batch.claims[number:])
                return
            letter = self._dispatch.write(batch, claim)
            if letter is not None:
                await self._letters.put(letter)

    async def _give_back(self, claims: Sequence[Claimed]) -> None:
        """What the database does not take back now is given back before the next claim, or once this process ended."""
        try:
            await self._in_writer(partial(self._dispatch.give_back, claims))
        except StoreError as error:
            log.error("%d mails could not be given back now: %s", len(claims), error)

    async def _put_aside(self) -> None:
        try:
            await self._in_writer(self._dispatch.put_aside)
        except StoreError as error:
            log.error("mails that cannot be written are not noted yet: %s", error)

    async def _idle(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), IDLE_SECONDS)

    async def _work(self) -> None:
        while True:
            letter = await self._letters.get()
            self._under_way += 1
            try:
                self._dispatch.note(Sent(letter, await self._mailer.send(letter.outgoing, self._gate)))
                self._ended.set()
            finally:
                self._under_way -= 1
                self._letters.task_done()

    async def _record(self) -> None:
        """Write outcomes that no gate's commit took along soon."""
        while True:
            await self._ended.wait()
            self._ended.clear()
            await self._linger()
            await self._flush()

    async def _linger(self) -> None:
        """While mails are under way, the next gate's commit is near."""
        for _ in range(LINGERS):
            await asyncio.sleep(LINGER_SECONDS)
            if not self._under_way or not self._dispatch.noted:
                return

    async def _flush(self) -> None:
        """Keep outcomes until the database takes them: it may be away for a while, they must not be."""
        while self._dispatch.noted:
            try:
                await self._in_writer(self._dispatch.flush)
            except StoreError as error:
                log.error("%d outcomes wait to be written: %s", self._dispatch.noted, error)
                await asyncio.sleep(IDLE_SECONDS)

    async def _drained(self) -> None:
        """Mails under way end; when stopping, those that wait for a connection or the relay's pace come back unsent."""
        if self._stopping.is_set():
            await asyncio.gather(self._mailer.close(drain=True), self._letters.join())
        else:
            await self._letters.join()

    async def _all_written(self) -> None:
        await self._flush()
        await self._put_aside()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._in_writer(self._dispatch.heartbeat)
            except StoreError as error:
                log.error("no heartbeat now: %s", error)

    async def _in_writer(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)
