import asyncio

import pytest

from engine.smtp.turns import Pace, Turns


def test_turns_are_given_in_the_order_of_asking():
    async def run() -> list[int]:
        turns, order = Turns(1), []

        async def ask(number: int) -> None:
            await turns.take(None)
            order.append(number)
            await asyncio.sleep(0)
            turns.give()

        await asyncio.gather(*(ask(number) for number in range(20)))
        await turns.all_back()
        return order

    assert asyncio.run(run()) == list(range(20))


def test_turn_of_a_cancelled_waiter_goes_to_the_next():
    async def run() -> int:
        turns = Turns(1)
        await turns.take(None)
        waiters = [asyncio.create_task(turns.take(None)) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        turns.give()
        waiters[1].cancel()  # it has been given the turn, and has not run since
        await asyncio.wait(waiters)
        assert waiters[1].cancelled()
        assert waiters[2].result() is None
        return turns.taken

    assert asyncio.run(run()) == 1


def test_relay_that_had_enough_gets_fewer_lines_and_earns_them_back():
    async def run() -> None:
        turns = Turns(4)
        for _ in range(4):
            await turns.take(None)
        turns.lower()
        assert turns.limit == 3
        for _ in range(5):
            turns.lower()
        assert turns.limit == 1
        for _ in range(1000):
            turns.earn()
        assert turns.limit == 4

    asyncio.run(run())


@pytest.mark.parametrize("rate", [0.5, 1, 10, 1000])
def test_pace_spaces_a_burst_evenly(rate):
    pace = Pace(rate)
    waits = [pace.reserve(100.0) for _ in range(10)]
    assert waits == pytest.approx([n / rate for n in range(10)])


def test_pace_does_not_save_up_idle_time():
    pace = Pace(10)
    assert pace.reserve(0.0) == 0.0
    assert [pace.reserve(60.0) for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])
