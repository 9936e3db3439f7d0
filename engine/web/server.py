"""Serving: uvicorn with conditions, for the daemon in a process of its own, for the demo and tests in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from asyncio import TimerHandle
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from engine.errors import RipelineError

REQUEST_BYTES = 32 * 1024
REQUEST_SECONDS = 15.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one worker bears, and whom it believes.

    `connections` beyond which it answers 503; seconds that an idle connection is kept; seconds that requests in hand
    get to finish when the server stops; addresses of the proxies whose X-Forwarded-For is believed, separated by
    commas; bytes that a request may have, with its head.
    """

    connections: int = 2000
    keep_alive: int = 10
    finish: int = 10
    trusted_proxies: str = ""
    request_bytes: int = REQUEST_BYTES


@dataclass(frozen=True, slots=True)
class Role:
    """What a server is for: its name in messages, and what to do when its address is taken."""

    name: str
    advice: str

    @classmethod
    def configured(cls, name: str, section: str) -> Role:
        """Of the daemon, which listens where this section of config.toml says."""
        return cls(name, f"Is another daemon running? Choose another with [{section}] host and port in config.toml.")


TRACKER = Role.configured("tracker", "tracking")


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with bounds: by itself it limits neither a request's size nor how slowly a client sends it."""

    limit = REQUEST_BYTES
    _size = 0
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self.limit:
            self.send_400_response("Request too large.")
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def on_message_complete(self) -> None:
        self._calm()
        super().on_message_complete()

    def _calm(self) -> None:
        self._size = 0
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.abort()


def _bounded(request_bytes: int) -> type[BoundedHttp]:
    return type("BoundedHttp", (BoundedHttp,), {"limit": request_bytes})


class _Server(uvicorn.Server):
    """Tells when it listens, and leaves signals to whoever started it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, *, shared: bool = False, role: Role = TRACKER) -> socket.socket:
    """A listening socket; port 0 takes a free one, `shared` lets several workers listen on the same.

    Raises:
        RipelineError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise RipelineError(
            f"The {role.name} cannot listen on {host}:{port}: {error.strerror or error}. {role.advice}"
        ) from error
    return listener


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    conditions: Conditions = Conditions(),
    *,
    shared: bool = False,
    role: Role = TRACKER,
) -> None:
    """Serves until SIGTERM or SIGINT, then lets requests in hand finish and returns. Call it in the main thread.

    `shared` says that other workers listen on the same port.
    """
    listener = listen(host, port, shared=shared, role=role)
    server = _server(app, conditions)
    _run(server, _until_signal(server, listener))


def _run(server: _Server, work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(work)


async def _until_signal(server: _Server, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    await server.serve(sockets=[listener])


def _server(app: ASGIApp, conditions: Conditions) -> _Server:
    # uvicorn reads forwarded_allow_ips even when proxy_headers is off
    settings: dict[str, Any] = {
        "proxy_headers": bool(conditions.trusted_proxies),
        "forwarded_allow_ips": conditions.trusted_proxies,
    }
    config = uvicorn.Config(
        app,
        http=_bounded(conditions.request_bytes),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=conditions.connections,
        timeout_keep_alive=conditions.keep_alive,
        timeout_graceful_shutdown=conditions.finish,
        **settings,
    )
    return _Server(config)


class ServerThread:
    """A server in a thread of this process; port 0 takes a free one."""

    def __init__(
        self,
        app: ASGIApp,
        host: str = "127.0.0.1",
        port: int = 0,
        conditions: Conditions = Conditions(),
        role: Role = TRACKER,
    ) -> None:
        self._role = role
        self._listener = listen(host, port, role=role)
        self._server = _server(app, conditions)
        self._thread = threading.Thread(target=self._run, name=role.name, daemon=True)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._listener.getsockname()[1]}"

    def start(self, timeout: float = 10) -> None:
        """Returns when requests are answered.

        Raises:
            RipelineError: it does not come up within `timeout` seconds.
        """
        self._thread.start()
        if not self._server.listening.wait(timeout):
            raise RipelineError(f"The {self._role.name} at {self.url} did not start within {timeout:g} s.")

    def stop(self, timeout: float = 15) -> None:
        """Lets requests in hand finish, ends the app and returns."""
        self._server.should_exit = True
        self._thread.join(timeout)
        self._listener.close()

    def __enter__(self) -> ServerThread:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        _run(self._server, self._server.serve(sockets=[self._listener]))
