import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.smtp.gate import GroupGate
from tests.smtp.warp import run_warped


class Ledger:
    """Commits as told, and remembers groups and threads."""

    def __init__(self, refused: set[int] | None = None) -> None:
        self.groups: list[list[int]] = []
        self.threads: set[int] = set()
        self.refused = refused or set()
        self.may_go = threading.Event()
        self.may_go.set()

    def commit(self, tickets: Sequence[int]) -> set[int]:
        self.may_go.wait(10)
        self.groups.append(list(tickets))
        self.threads.add(threading.get_ident())
        if -1 in tickets:
            raise OSError("disk full")
        return set(tickets) - self.refused


def test_each_ticket_gets_its_own_answer_from_the_writers_thread():
    async def run() -> list[bool]:
        with ThreadPoolExecutor(1) as writer:
            gate = GroupGate(ledger.commit, writer)
            return await asyncio.gather(*(gate.admit(ticket) for ticket in range(10)))

    ledger = Ledger(refused={3, 7})
    assert asyncio.run(run()) == [ticket not in {3, 7} for ticket in range(10)]
    assert sorted(ticket for group in ledger.groups for ticket in group) == list(range(10))
    assert len(ledger.threads) == 1
    assert threading.get_ident() not in ledger.threads


def test_while_one_commit_runs_the_next_group_gathers_and_is_bounded():
    async def run() -> None:
        with ThreadPoolExecutor(1) as writer:
            gate = GroupGate(ledger.commit, writer, limit=64)
            ledger.may_go.clear()
            first = asyncio.create_task(gate.admit(0))
            others = [asyncio.create_task(gate.admit(ticket)) for ticket in range(1, 101)]
            await asyncio.sleep(0)
            ledger.may_go.set()
            await asyncio.gather(first, *others)

    ledger = Ledger()
    asyncio.run(run())
    assert [len(group) for group in ledger.groups] == [64, 37]


def test_lone_ticket_after_a_large_group_waits_no_longer_than_the_linger():
    async def run() -> float:
        with ThreadPoolExecutor(1) as writer:
            gate = GroupGate(ledger.commit, writer, linger=3.0)
            await asyncio.gather(*(gate.admit(ticket) for ticket in range(20)))
            start = asyncio.get_running_loop().time()
            assert await gate.admit(20)
            return asyncio.get_running_loop().time() - start

    ledger = Ledger()
    assert 3.0 <= run_warped(run()) < 3.5


@pytest.mark.acceptance(row=10)
def test_group_whose_commit_fails_is_not_admitted_and_the_next_one_is():
    async def run() -> tuple[list[object], bool]:
        with ThreadPoolExecutor(1) as writer:
            gate = GroupGate(ledger.commit, writer)
            failed = await asyncio.gather(*(gate.admit(ticket) for ticket in (-1, 1)), return_exceptions=True)
            return failed, await gate.admit(2)

    ledger = Ledger()
    failed, admitted = asyncio.run(run())
    assert isinstance(failed[0], OSError)
    assert admitted


def test_waiter_that_is_cancelled_does_not_disturb_its_group():
    async def run() -> bool:
        with ThreadPoolExecutor(1) as writer:
            gate = GroupGate(ledger.commit, writer)
            ledger.may_go.clear()
            lost = asyncio.create_task(gate.admit(1))
            kept = asyncio.create_task(gate.admit(2))
            await asyncio.sleep(0)
            lost.cancel()
            ledger.may_go.set()
            return await kept

    ledger = Ledger()
    assert asyncio.run(run())
