"""One line to a relay: bytes out, whole replies in, everything bounded in size and time.

Used from one task at a time. It knows replies, not mail: what they mean is the transaction's business.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from functools import lru_cache
from typing import cast

from msgspec import Struct

from engine.smtp.replies import TEXT_LIMIT, split_enhanced

LONGEST_LINE = 4096
"""Octets; RFC 5321 asks for 512, real servers write more."""
MOST_LINES = 100
"""Of one reply."""
MOST_UNREAD = 8
"""Replies nobody has asked for yet; a pipelined group has three."""

_REPLY_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?\Z", re.DOTALL)


class Reply(Struct, frozen=True, gc=False):
    """A whole reply: its code, the RFC 3463 code or an empty string, and the rest of the text, cleaned and bounded."""

    code: int
    enhanced: str
    text: str


class LineError(Exception):
    """The line is of no more use: closed, silent for too long, or not speaking SMTP. The text says which."""


class Wire(asyncio.Protocol):
    """An asyncio protocol that takes over a connected transport and never leaves memory or time to the peer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._fault: LineError | None = None
        self._deadline = 0.0
        self._otherwise = ""
        self._alarm: asyncio.TimerHandle | None = None

    # what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Paused as soon as anything waits in this process: so `push` knows whether the last byte has left it.
        # Not 0: asyncio's TLS transport pauses at size >= high, so 0 would pause it when empty, and for good.
        self._transport.set_write_buffer_limits(high=1)

    def data_received(self, data: bytes) -> None:
        if self._fault is not None:
            return
        octets = bytes(self._buffer) + data if self._buffer else data
        *lines, rest = octets.split(b"\n")
        self._buffer[:] = rest
        for line in lines:
            if not self._take_line(line.rstrip(b"\r")):
                return
        if len(rest) > LONGEST_LINE:
            self._fail("garbled reply: a line without end")
        self._wake()

    def eof_received(self) -> bool:
        # Closing politely would still flush what is buffered, perhaps a final dot whose mail counts as deferred.
        self._fail("the relay closed the line")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the relay closed the line" if exc is None else f"the line broke: {exc}")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    # what the transaction asks

    @property
    def is_open(self) -> bool:
        return self._fault is None and self._transport is not None and not self._transport.is_closing()

    @property
    def has_spoken(self) -> bool:
        """Whether replies wait to be read, which they can be even after the line has closed."""
        return bool(self._replies)

    @property
    def is_quiet(self) -> bool:
        """Open, and the peer has said nothing that nobody asked for."""
        return self.is_open and not (self._replies or self._buffer or self._lines)

    def write(self, data: bytes) -> None:
        """Hand over commands, which are short.

        Raises:
            LineError: the line is closed.
        """
        self._open_transport().write(data)

    async def push(self, data: bytes, timeout: float) -> bool:
        """Hand over a block and wait until all of it has left this process.

        False if a reply came first: the peer has made up its mind, and at least the block's last byte is still here.

        Raises:
            LineError: the line closed, or the block did not leave within `timeout` seconds; its last byte never will.
        """
        self._open_transport().write(data)
        deadline = self._loop.time() + timeout
        while self._paused and not self._replies:
            await self._wait(deadline, f"the relay took no data for {timeout:g} s")
        return not self._paused

    async def reply(self, timeout: float) -> Reply:
        """The next reply, waiting at most `timeout` seconds for the whole of it.

        Raises:
            LineError: the line closed, stayed silent, or spoke something that is not SMTP.
        """
        deadline = self._loop.time() + timeout
        while not self._replies:
            await self._wait(deadline, f"the relay did not reply within {timeout:g} s")
        return self._replies.popleft()

    def abort(self, why: str = "closed by us") -> None:
        """Close at once; nothing that is still in this process is sent."""
        self._fail(why)

    async def quit(self, timeout: float) -> None:
        """Say goodbye and close; a peer that does not answer is not waited for."""
        try:
            self.write(b"QUIT\r\n")
            await self.reply(timeout)
        except LineError:
            pass
        finally:
            self.abort()

    # inside

    def _open_transport(self) -> asyncio.Transport:
        if self._fault is not None:
            raise self._fault
        if self._transport is None or self._transport.is_closing():
            raise LineError("the line is closed")
        return self._transport

    async def _wait(self, deadline: float, otherwise: str) -> None:
        """Until something happened; the deadline is the whole wait's, so that a peer cannot drip its way past it."""
        if self._fault is not None:
            raise self._fault
        self._waiter = self._loop.create_future()
        self._deadline, self._otherwise = deadline, otherwise
        if self._alarm is None or self._alarm.when() > deadline:
            self._set_alarm()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_alarm(self) -> None:
        """One alarm for many waits: it is not taken back when a wait ends, and looks at the latest deadline when it
        rings. A timer for each wait would cost a mail more than reading the relay's replies."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None:
            return
        if self._loop.time() >= self._deadline:
            self._fail(self._otherwise)
        else:
            self._set_alarm()

    def _take_line(self, line: bytes) -> bool:
        """Add one line to the reply under way; False if the line is now faulty."""
        match = _REPLY_LINE.match(line)
        if match is None or len(line) > LONGEST_LINE or (self._lines and self._lines[0][:3] != match[1]):
            return self._fail(f"garbled reply: {_readable(line)}")
        self._lines.append(line)
        if match[2] == b"-":
            return len(self._lines) < MOST_LINES or self._fail("garbled reply: lines without end")
        if len(self._replies) >= MOST_UNREAD:
            return self._fail("garbled reply: replies that nobody asked for")
        self._replies.append(_assembled(self._lines))
        self._lines = []
        return True

    def _fail(self, text: str) -> bool:
        if self._fault is None:
            self._fault = LineError(text)
            self._buffer.clear()
            if self._alarm is not None:
                self._alarm.cancel()
            if self._transport is not None:
                self._transport.abort()
        self._wake()
        return False

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _assembled(lines: list[bytes]) -> Reply:
    if len(lines) == 1:
        return _read_reply(lines[0])
    parts = [_read_reply(line) for line in lines]
    text = " ".join(part.text for part in parts).strip()[:TEXT_LIMIT]
    return Reply(parts[0].code, parts[0].enhanced, text)


@lru_cache(maxsize=512)
def _read_reply(line: bytes) -> Reply:
    """Most replies of a relay are the same few lines over and over."""
    enhanced, text = split_enhanced(line[4:].decode("utf-8", "replace"))
    return Reply(int(line[:3]), enhanced, text)


def _readable(line: bytes) -> str:
    return split_enhanced(line[:80].decode("utf-8", "replace"))[1]
