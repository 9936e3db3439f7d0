"""Who may use a relay now: a first-come queue for as many turns as the relay bears, and a limit of mails per time."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

_MAILS_PER_STEP = 50
"""So many accepted mails in a row earn one more connection."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Place(Generic[T]):
    """Somebody's place in the queue, and what they want the turn for."""

    turn: asyncio.Future[None]
    wanted_for: T


class Turns(Generic[T]):
    """At most `limit` turns at a time, given in the order of asking; the limit moves between 1 and `most`."""

    def __init__(self, most: int) -> None:
        self.limit = most
        self.taken = 0
        self._most = most
        self._streak = 0
        self._queue: deque[Place[T]] = deque()
        self._all_back = asyncio.Event()
        self._all_back.set()

    async def take(self, wanted_for: T) -> None:
        """Wait for a turn; whoever takes one must `give` it back."""
        if self.taken < self.limit and not self._queue:
            self._hand_over()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(Place(turn, wanted_for))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            raise

    def first(self) -> Place[T] | None:
        """Who waits longest, if anybody does."""
        while self._queue and self._queue[0].turn.done():
            self._queue.popleft()
        return self._queue[0] if self._queue else None

    def call_out(self) -> Place[T]:
        """Take the `first` out of the queue: they get a turn by `grant`, or come back to its head by `put_back`."""
        return self._queue.popleft()

    def grant(self, place: Place[T]) -> bool:
        """Give a turn to somebody called out, one more than the limit until the caller gives back theirs; False if
        they do not want it any more."""
        if place.turn.done():
            return False
        self._hand_over()
        place.turn.set_result(None)
        return True

    def put_back(self, place: Place[T]) -> None:
        self._queue.appendleft(place)
        self._serve_queue()

    def give(self) -> None:
        self.taken -= 1
        self._serve_queue()
        if self.taken == 0:
            self._all_back.set()

    def lower(self) -> None:
        """The relay had enough: one connection fewer than are in use."""
        self.limit = max(1, min(self.limit, self.taken) - 1)
        self._streak = 0

    def earn(self) -> None:
        """A mail was accepted: after some in a row one more connection is dared."""
        self._streak += 1
        if self._streak >= _MAILS_PER_STEP and self.limit < self._most:
            self._streak = 0
            self.limit += 1
            self._serve_queue()

    async def all_back(self) -> None:
        """Wait until no turn is taken and nobody waits for one."""
        await self._all_back.wait()

    def _serve_queue(self) -> None:
        while self._queue and self.taken < self.limit:
            self.grant(self._queue.popleft())

    def _hand_over(self) -> None:
        self.taken += 1
        self._all_back.clear()


class Pace:
    """Evenly spaced mails: no more than `per_second`, whatever the burst that asks (GCRA with a burst of one)."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1.0 / per_second
        self._next = float("-inf")

    def reserve(self, now: float) -> float:
        """Take the next free instant; returns the seconds to wait for it. `now` is monotonic, in seconds."""
        at = max(self._next, now)
        self._next = at + self._interval
        return at - now
