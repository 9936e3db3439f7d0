"""A real HTTP server on loopback that answers as it is told, and remembers what was posted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    content: bytes


class HookServer:
    """Answers each request with the next of `answers` (status, headers, content), the last one for ever."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers) or [(204, {}, b"")]
        self.posted: list[Posted] = []
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                hooks.posted.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, content))
                status, headers, body = hooks.answers.pop(0) if len(hooks.answers) > 1 else hooks.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET = do_PATCH = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.answers = [(status, headers, content)]

    def __enter__(self) -> HookServer:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
