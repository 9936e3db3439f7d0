"""A real server on loopback that never gets to the end of its answer: a byte at a time, for ever."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

PAUSE = 0.05
"""Seconds between two bytes, far below what the HTTP library waits for the next one."""


class DrippingServer:
    """Sends `at_once`, then `drop` again and again, one each `PAUSE`; counts those who came."""

    def __init__(self, at_once: bytes, drop: bytes = b"x") -> None:
        self.at_once, self.drop = at_once, drop
        self.visits = 0
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"

    def _serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                one, _ = self._listener.accept()
                self.visits += 1
                threading.Thread(target=self._drip, args=(one,), daemon=True).start()

    def _drip(self, one: socket.socket) -> None:
        with one, suppress(OSError):  # whoever asked has gone
            one.sendall(self.at_once)
            while not self._stopped.wait(PAUSE):
                one.sendall(self.drop)

    def __enter__(self) -> DrippingServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
