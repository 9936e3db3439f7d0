"""What the tracker and its pages need from the rest of the engine; the consumer says it, services provide it.

All of these are called in the writer's thread, never in the event loop. Each may raise
`engine.domain.recipient.UnavailableError` when the store is out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from engine.domain.recipient import Ack, Asset, Choices, Wish
from engine.domain.sales.sheet import Question, Said, Sheet


class Unsubscriber(Protocol):
    """Takes a recipient off; durable when it returns. Repeating it changes nothing."""

    def unsubscribe(self, delivery: int, how: str, at: datetime, evidence: Mapping[str, str]) -> Ack: ...

    def undo(self, delivery: int, at: datetime, evidence: Mapping[str, str]) -> Ack: ...


class Preferences(Protocol):
    """What a recipient chose, by any of its mails; None if that mail's lead is gone."""

    def choices(self, delivery: int) -> Choices | None: ...

    def choose(self, delivery: int, wish: Wish, at: datetime, evidence: Mapping[str, str]) -> Ack: ...


class WebView(Protocol):
    """The HTML of a mail as it was sent; None once retention has ended."""

    def mail_as_sent(self, delivery: int) -> str | None: ...


class SalesDesk(Protocol):
    """A lead's sheet and what its salesperson is asked; None where nobody by this fingerprint is asked (any more)."""

    def sheet(self, kind: str, number: int, person: bytes) -> tuple[Sheet, Question] | None: ...

    def answer(self, kind: str, number: int, person: bytes, said: Said) -> str:
        """Carry the answer out; what came of it, in words for the person."""


class Sharing(Protocol):
    """A mail for whoever its reader passes it on to; None once retention has ended."""

    def mail_to_share(self, delivery: int) -> str | None: ...

    def bring(self, delivery: int, name: str, address: str, at: datetime, evidence: Mapping[str, str]) -> bool:
        """Somebody who got the mail so says who they are; False for what is no address."""
        ...


class Assets(Protocol):
    """Pictures of templates by the hash of their content; None for an unknown one."""

    def asset(self, digest: str) -> Asset | None: ...
