"""What the test SMTP server can be told to do: actions, and rules that say when."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """Reply with these lines (`\\n` between them; written as they are, with CRLF); 'close' hangs up afterwards."""

    text: str
    close: bool = False


@dataclass(frozen=True)
class Raw:
    """Write these octets, `times` over (0: without end, until the client hangs up)."""

    octets: bytes
    times: int = 1


@dataclass(frozen=True)
class Cut:
    """Close the line; `accept`: keep the mail first, as a relay whose 250 got lost (only at DOT)."""

    accept: bool = False


@dataclass(frozen=True)
class Stall:
    """Say and read nothing any more until the server stops."""


@dataclass(frozen=True)
class Wait:
    """Give the usual reply after `seconds`, or, if `until` is given, once that event is set."""

    seconds: float = 0.0
    until: threading.Event | None = None


@dataclass(frozen=True)
class Drip:
    """Write the usual reply octet by octet with `seconds` between them."""

    seconds: float


Action = Say | Raw | Cut | Stall | Wait | Drip


@dataclass
class Rule:
    """At `command` (CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, BODY, DOT, RSET, QUIT), do `action`.

    BODY is asked when the body's first octets have come. `match` is looked for in the command's line (for BODY and
    DOT: in the recipients), `times` bounds how often, `skip` lets the first ones through, `every` takes each nth only.
    """

    command: str
    action: Action
    match: str = ""
    times: int | None = None
    skip: int = 0
    every: int = 1
    seen: int = 0

    def applies(self, command: str, text: str) -> bool:
        if command != self.command or not re.search(self.match, text):
            return False
        self.seen += 1
        turn = self.seen - self.skip
        return turn > 0 and turn % self.every == 0 and (self.times is None or turn // self.every <= self.times)


def rule_from(text: str) -> Rule:
    """'RCPT=550 5.1.1 no', 'DOT=cut', 'DOT=cut-accepted', 'DATA=stall', 'DOT=wait 0.5'; 'DOT/10=…' takes each tenth."""
    where, _, what = text.partition("=")
    command, _, every = where.partition("/")
    word, _, number = what.partition(" ")
    actions: dict[str, Callable[[], Action]] = {
        "cut": Cut,
        "cut-accepted": lambda: Cut(accept=True),
        "stall": Stall,
        "wait": lambda: Wait(float(number)),
        "drip": lambda: Drip(float(number)),
    }
    return Rule(command.upper(), actions.get(word, lambda: Say(what))(), every=int(every or 1))
