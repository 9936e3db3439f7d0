"""An SMTP server on this machine that keeps every mail in memory, for the demo."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from socket import create_server
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller

from engine.service.keepsakes import parsed


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it came in: for whom, in order of arrival, byte by byte."""

    number: int
    recipient: str
    message: bytes

    @property
    def parsed(self) -> EmailMessage:
        return parsed(self.message)


class Inbox:
    """Takes mail for everybody; `start` and `stop` run it in a thread."""

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._lock = Lock()
        self._port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, ready_timeout=20)

    def start(self) -> int:
        """Listen on a free port, and say which."""
        self._controller.start()
        return self._port

    def stop(self) -> None:
        self._controller.stop()

    def all(self) -> list[Received]:
        """Every mail so far."""
        return self.since(0)

    def since(self, number: int) -> list[Received]:
        """The mails that came after the first `number`."""
        with self._lock:
            return self._received[number:]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd calls this for every mail."""
        with self._lock:
            number = len(self._received)
            self._received.append(Received(number, envelope.rcpt_tos[0], envelope.content))
        return f"250 2.0.0 kept as number {number}"


def _free_port() -> int:
    """A port that was free just now: aiosmtpd cannot be asked to choose one by itself."""
    with create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
