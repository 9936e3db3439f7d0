"""A real SMTP server for tests that does what it is told to, and writes down everything it hears.

In a test: `with SmtpServer(Rule("RCPT", Say("550 5.1.1 no such user"), match="bob@")) as server: …` runs it in a
thread of its own; `await server.start()` runs it in the test's loop.
As a process: `python -m tests.smtpserver --ledger FILE` appends one JSON line per accepted mail, on disk before its
250 is sent, so that a test can kill what it likes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests import smtpcerts
from tests.smtpscript import Cut, Drip, Raw, Rule, Say, Stall, Wait, rule_from

# ── what it writes down ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Command:
    session: int
    line: str
    encrypted: bool


@dataclass(frozen=True)
class Accepted:
    """A mail as taken: `octets` as they were on the line (dots stuffed, without the final dot), `message` unstuffed."""

    session: int
    sender: str
    recipients: tuple[str, ...]
    octets: bytes
    parameters: str = ""
    login: str = ""
    encrypted: bool = False

    @property
    def message(self) -> bytes:
        lines = self.octets.split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


class SmtpServer:
    """`tls` is 'none', 'starttls' or 'tls'; `certificate` is one of `smtpcerts.server_context`'s.

    `logins` maps names to passwords.
    """

    def __init__(
        self,
        *rules: Rule,
        pipelining: bool = True,
        eightbit: bool = True,
        smtputf8: bool = False,
        size: int | None = 10_000_000,
        tls: str = "none",
        certificate: str = "good",
        logins: dict[str, str] | None = None,
        port: int = 0,
        ledger: str = "",
    ) -> None:
        self.rules = rules
        self.pipelining, self.eightbit, self.smtputf8, self.size = pipelining, eightbit, smtputf8, size
        self.tls, self.certificate, self.logins = tls, certificate, logins or {}
        self.host, self.port, self.ledger = "127.0.0.1", port, ledger
        self.commands: list[Command] = []
        self.accepted: list[Accepted] = []
        self.unfinished: list[bytes] = []  # bodies whose dot never came
        self.sessions = self.open_now = self.open_most = 0
        self.changed = threading.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None

    # in the test's own loop

    async def start(self) -> None:
        context = smtpcerts.server_context(self.certificate) if self.tls == "tls" else None
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=context, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # aborted lines close in the loop's next round

    # in a thread

    def __enter__(self) -> SmtpServer:
        started = threading.Event()

        async def run() -> None:
            self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
            await self.start()
            started.set()
            await self._leave.wait()
            await self.stop()

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), name="smtpserver")
        self._thread.start()
        started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(10)

    def script(self, *rules: Rule) -> None:
        """Put other rules in force, from any thread."""
        self.rules = rules

    def wait_for(self, condition: Callable[[SmtpServer], bool], timeout: float = 10.0) -> None:
        """Wait, in another thread, until what was written down fulfils the condition."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), timeout):
                raise AssertionError(f"not so after {timeout:g} s: {self.lines()}, {len(self.accepted)} accepted")

    def lines(self, session: int | None = None) -> list[str]:
        return [each.line for each in self.commands if session in (None, each.session)]

    # inside

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        conversation = _Conversation(self, self._greeted(), reader, writer)
        try:
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError, _HungUpError):
                await conversation.run()
        finally:
            self.open_now -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    def _greeted(self) -> int:
        self.sessions += 1
        return self.sessions

    def note(self, into: list[Any], what: Any) -> None:
        with self.changed:
            into.append(what)
            self.changed.notify_all()

    def keep(self, mail: Accepted) -> None:
        if self.ledger:
            _append(self.ledger, _ledger_line(len(self.accepted) + 1, mail))
        self.note(self.accepted, mail)


class _HungUpError(Exception):
    pass


class _Conversation:
    def __init__(
        self, server: SmtpServer, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.number, self.reader, self.writer = server, number, reader, writer
        self.encrypted = server.tls == "tls"
        self.login = ""
        self.clear()

    complete: Accepted | None = None

    def clear(self) -> None:
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []

    async def run(self) -> None:
        await self.act("CONNECT", "", self.greet)
        while line := await self.reader.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.server.note(self.server.commands, Command(self.number, text, self.encrypted))
            verb = text.split(" ")[0].upper()
            handler: Callable[[str], Coroutine[Any, Any, None]] = getattr(self, f"do_{verb.lower()}", self.do_unknown)
            await self.act(verb, text, lambda handler=handler, text=text: handler(text))

    async def act(self, command: str, text: str, usual: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do what the first rule that applies says, else the usual."""
        rule = next((rule for rule in self.server.rules if rule.applies(command, text)), None)
        match rule.action if rule else None:
            case None:
                await usual()
            case Say(said, close):
                await self.say(*said.split("\n"))
                if close:
                    raise _HungUpError
            case Raw(octets, times):
                for _ in itertools.repeat(None, times) if times else itertools.count():
                    self.writer.write(octets)
                    await self.writer.drain()
                    await asyncio.sleep(0)
            case Cut(accept):
                if accept and self.complete is not None:
                    self.server.keep(self.complete)
                raise _HungUpError
            case Stall():
                # Not even reading, so that a long body backs up to its sender.
                await asyncio.Event().wait()
            case Wait(seconds, until):
                await (asyncio.to_thread(until.wait, 60) if until else asyncio.sleep(seconds))
                await usual()
            case Drip(seconds):
                self.drip = seconds
                await usual()
                self.drip = 0.0

    drip = 0.0

    async def say(self, *lines: str) -> None:
        octets = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
        for piece in [octets[i : i + 1] for i in range(len(octets))] if self.drip else [octets]:
            self.writer.write(piece)
            await self.writer.drain()
            if self.drip:
                await asyncio.sleep(self.drip)

    async def greet(self) -> None:
        await self.say("220 test.example ESMTP")

    async def do_ehlo(self, text: str) -> None:
        server = self.server
        offers = [
            *(["PIPELINING"] if server.pipelining else []),
            *([f"SIZE {server.size}"] if server.size is not None else []),
            *(["8BITMIME"] if server.eightbit else []),
            *(["SMTPUTF8"] if server.smtputf8 else []),
            *(["STARTTLS"] if server.tls == "starttls" and not self.encrypted else []),
            *(["AUTH PLAIN LOGIN"] if server.logins else []),
            "ENHANCEDSTATUSCODES",
        ]
        lines = ["test.example", *offers]
        await self.say(*(f"250{'-' if i < len(lines) - 1 else ' '}{line}" for i, line in enumerate(lines)))

    async def do_starttls(self, text: str) -> None:
        await self.say("220 2.0.0 go ahead")
        await self.writer.start_tls(smtpcerts.server_context(self.server.certificate))
        self.encrypted = True
        self.clear()

    async def do_auth(self, text: str) -> None:
        _, method, *initial = text.split(" ")
        if method == "PLAIN":
            _, user, password = base64.b64decode(initial[0]).decode().split("\0")
        else:
            user = base64.b64decode(initial[0]).decode()
            await self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode((await self.reader.readline()).strip()).decode()
        if self.server.logins.get(user) != password:
            await self.say("535 5.7.8 wrong user or password")
            return
        self.login = user
        await self.say("235 2.7.0 welcome")

    async def do_mail(self, text: str) -> None:
        match = re.match(r"(?i)MAIL FROM:<([^>]*)>(.*)", text)
        if match is None or self.sender is not None:
            await self.say("503 5.5.1 out of order")
        elif self.server.logins and not self.login:
            await self.say("530 5.7.0 log in first")
        else:
            self.sender, self.parameters = match[1], match[2].strip()
            await self.say("250 2.1.0 ok")

    async def do_rcpt(self, text: str) -> None:
        match = re.match(r"(?i)RCPT TO:<([^>]+)>", text)
        if match is None or self.sender is None:
            await self.say("503 5.5.1 out of order")
        else:
            self.recipients.append(match[1])
            await self.say("250 2.1.5 ok")

    async def do_data(self, text: str) -> None:
        if not self.recipients:
            await self.say("554 5.5.1 no valid recipients")
            return
        await self.say("354 end with a dot")
        await self.take_body()

    async def take_body(self) -> None:
        who = " ".join(self.recipients)
        octets = bytearray()
        try:
            octets += await self.reader.readline()
            await self.act("BODY", who, self.nothing)
            while not octets.endswith(b"\r\n.\r\n") and octets != b".\r\n":
                line = await self.reader.readline()
                if not line:
                    raise _HungUpError
                octets += line
        except BaseException:
            self.server.note(self.server.unfinished, bytes(octets))
            raise
        await self.finish(who, bytes(octets[:-3]))

    async def finish(self, who: str, octets: bytes) -> None:
        mail = Accepted(
            self.number,
            self.sender or "",
            tuple(self.recipients),
            octets,
            self.parameters,
            self.login,
            self.encrypted,
        )
        self.clear()

        async def accept() -> None:
            self.server.keep(mail)
            await self.say("250 2.0.0 queued")

        self.complete = mail
        await self.act("DOT", who, accept)

    async def nothing(self) -> None:
        return

    async def do_rset(self, text: str) -> None:
        self.clear()
        await self.say("250 2.0.0 ok")

    async def do_noop(self, text: str) -> None:
        await self.say("250 2.0.0 ok")

    async def do_quit(self, text: str) -> None:
        await self.say("221 2.0.0 bye")
        raise _HungUpError

    async def do_unknown(self, text: str) -> None:
        await self.say("500 5.5.2 what?")


# ── as a process ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _ledger_line(number: int, mail: Accepted) -> bytes:
    head = re.search(rb"(?im)^message-id:\s*(\S+)", mail.message)
    entry = {
        "number": number,
        "session": mail.session,
        "sender": mail.sender,
        "recipients": mail.recipients,
        "message_id": head[1].decode("ascii", "replace") if head else "",
        "size": len(mail.message),
        "sha256": hashlib.sha256(mail.message).hexdigest(),
    }
    return json.dumps(entry).encode() + b"\n"


def _append(path: str, line: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", required=True, help="file to which a line per accepted mail is appended")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rule", action="append", default=[], help=rule_from.__doc__)
    arguments = parser.parse_args()

    async def run() -> None:
        rules = [rule_from(text) for text in arguments.rule]
        server = SmtpServer(*rules, ledger=arguments.ledger, port=arguments.port)
        await server.start()
        print(f"listening {server.host} {server.port}", flush=True)  # noqa: T201
        await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


if __name__ == "__main__":
    main()
