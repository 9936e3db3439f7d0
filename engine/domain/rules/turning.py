"""When time alone may change a rule: the earliest instant after now, or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from engine.domain.rules.nodes import (
    CompareDays,
    EventCount,
    EventHappened,
    EventPattern,
    MailCount,
    MailHappened,
    MailPattern,
    Node,
    Order,
)
from engine.domain.rules.readers import days_reader, events_reader, mails_reader, number_reader
from engine.domain.rules.values import days, shifted
from engine.domain.rules.view import FactsView
from engine.domain.rules.walking import conditions, terms

Turn: TypeAlias = Callable[[FactsView, datetime], datetime | None]

_TICK = timedelta(microseconds=1)
"""The grain of time: a strict comparison turns one grain after its border."""


def compile_turns(node: Node) -> tuple[Turn, ...]:
    """One function for each part of the rule that time alone can change; each tells its next change after now."""
    return tuple(turn for condition in conditions(node) for turn in _turns(condition))


def _turns(condition: Node) -> Iterator[Turn]:
    match condition:
        case CompareDays():
            yield _days_turn(condition)
        case EventHappened() | MailHappened() if condition.pattern.within is not None:
            yield _expiry(condition.pattern, condition.pattern.within, last=True)
        case _:
            for term in terms(condition):
                if isinstance(term, (EventCount, MailCount)) and term.pattern.within is not None:
                    yield _expiry(term.pattern, term.pattern.within, last=False)


def _expiry(pattern: EventPattern | MailPattern, within: timedelta, *, last: bool) -> Turn:
    """A count changes when the oldest event grows too old, a condition only when the youngest does."""
    instants = _instants(pattern)
    chosen: Callable[[list[datetime]], datetime] = max if last else min

    def turn(view: FactsView, now: datetime) -> datetime | None:
        found = instants(view, now)
        return shifted(chosen(found), within) if found else None

    return turn


def _instants(pattern: EventPattern | MailPattern) -> Callable[[FactsView, datetime], list[datetime]]:
    if isinstance(pattern, MailPattern):
        return mails_reader(pattern)
    events = events_reader(pattern)
    return lambda view, now: [event.at for event in events(view, now)]


def _days_turn(node: CompareDays) -> Turn:
    anchor, number, until = days_reader(node.left), number_reader(node.right), node.left.until
    # days_since grows through its border, days_until falls through it: >= and < then turn just after the border
    late = node.order in ((Order.GE, Order.LT) if until else (Order.GT, Order.LE))

    def turn(view: FactsView, now: datetime) -> datetime | None:
        at, count = anchor(view, now), number(view, now)
        if at is None or count is None:
            return None
        border = shifted(at, -days(count) if until else days(count))
        flip = shifted(border, _TICK) if border is not None and late else border
        return flip if flip is not None and flip > now else None

    return turn
