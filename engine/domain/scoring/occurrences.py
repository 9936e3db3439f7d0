"""When something happened that points are given for: a rule's one pattern, made a function once and for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from engine.domain.actor import Actor
from engine.domain.rules import FactsView, Node
from engine.domain.rules.nodes import EventHappened, MailHappened, Replied
from engine.domain.rules.readers import events_reader, mails_reader


class ScoredView(FactsView, Protocol):
    """What scoring asks beyond rules."""

    def reply_times(self) -> Sequence[datetime]:
        """When a person answered one of our mails, ever."""


Times = Callable[[ScoredView, datetime], Sequence[datetime]]
"""When it happened to a lead until now, as often as it did."""


def times_reader(node: Node) -> Times:
    """How the occurrences of such a pattern are read; what machines do never counts."""
    match node:
        case EventHappened():
            read = events_reader(node.pattern)
            return lambda view, now: [event.at for event in read(view, now) if event.actor is Actor.HUMAN]
        case MailHappened():
            return mails_reader(node.pattern)
        case Replied():
            return lambda view, _now: view.reply_times()
        case _:
            raise TypeError(f"{node!r} cannot be counted")
