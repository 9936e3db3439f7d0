"""An editor's side of the Language Server Protocol, as far as these tests need it: Tombi's real server over pipes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

PATIENCE = 20.0
TOMBI = str(Path(sys.executable).with_name("tombi"))

T = TypeVar("T")


def _labels(answer: Any) -> set[str]:
    items = answer if isinstance(answer, list) else (answer or {}).get("items", [])
    return {item["label"].strip() for item in items}


def _shown(answer: Any) -> str:
    return answer["contents"]["value"] if answer else ""


class Editor:
    """A running language server with one folder open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [TOMBI, "lsp", "--offline"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0

    def __enter__(self) -> Editor:
        folder = {"uri": self.folder.as_uri(), "name": "home"}
        self.ask("initialize", processId=None, rootUri=folder["uri"], workspaceFolders=[folder], capabilities={})
        self.tell("initialized")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def opened(self, name: str, text: str) -> str:
        """The address of a file that the editor shows with this text."""
        uri = (self.folder / name).as_uri()
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "toml", "version": 1, "text": text})
        return uri

    def completions(self, name: str, text: str, hoped: set[str]) -> set[str]:
        """The labels that are offered where `|` stands in the text."""
        return self._asked("completion", name, text, _labels, lambda found: hoped <= found)

    def hover(self, name: str, text: str, hoped: str) -> str:
        """What is shown where `|` stands in the text."""
        return self._asked("hover", name, text, _shown, lambda found: hoped in found)

    def _asked(self, what: str, name: str, text: str, read: Callable[[Any], T], enough: Callable[[T], bool]) -> T:
        """The answer, as soon as it is what is hoped for: the server reads its settings and texts beside answering."""
        deadline = time.monotonic() + PATIENCE
        uri, at = self._at_cursor(name, text)
        while True:
            found = read(self.ask(f"textDocument/{what}", textDocument={"uri": uri}, position=at))
            if enough(found) or time.monotonic() > deadline:
                return found

    def _at_cursor(self, name: str, text: str) -> tuple[str, dict[str, int]]:
        before, after = text.split("|")
        lines = before.split("\n")
        return self.opened(name, before + after), {"line": len(lines) - 1, "character": len(lines[-1])}

    def tell(self, method: str, **params: Any) -> None:
        self._write({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        """The server's answer; its own questions and notices in between are passed over."""
        self.number += 1
        self._write({"id": self.number, "method": method, "params": params})
        while True:
            message = self._read()
            if "method" in message and "id" in message:
                items = (message.get("params") or {}).get("items", [])
                self._write({"id": message["id"], "result": [{} for _ in items] if items else None})
            elif message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))
