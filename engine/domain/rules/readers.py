"""Terms compiled into closures: each reads one value of one lead, or None where it is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from engine.domain.rules.nodes import (
    Arithmetic,
    Days,
    EventCount,
    EventPattern,
    LeadName,
    Literal,
    MailCount,
    MailPattern,
    Sign,
    Since,
    StageName,
    Term,
    TriggerName,
    VarName,
)
from engine.domain.rules.values import (
    Family,
    Kind,
    as_boolean,
    as_date,
    as_datetime,
    as_instant,
    as_number,
    as_tags,
    as_text,
    shifted,
)
from engine.domain.rules.view import FactsView, Occurrence

T = TypeVar("T")
Reader: TypeAlias = Callable[[FactsView, datetime], T | None]
Raw: TypeAlias = Callable[[FactsView], object]

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def raw_reader(term: LeadName | StageName | TriggerName | VarName | Since) -> Raw:
    """Reads the value of a name as it is kept."""
    match term:
        case LeadName(name=name):
            return lambda view: view.field(name)
        case TriggerName(name=name):
            return lambda view: view.trigger(name)
        case VarName(name=name):
            return lambda view: view.var(name)
        case StageName():
            return lambda view: view.stage
        case Since.STAGE:
            return lambda view: view.stage_entered_at
        case Since.CAMPAIGN:
            return lambda view: view.entered_at


def _read_by(term: Term, reading: Callable[[object], T | None]) -> Reader[T]:
    if isinstance(term, Literal):
        constant = reading(term.value)
        return lambda _view, _now: constant
    if not isinstance(term, (LeadName, StageName, TriggerName, VarName)):
        raise TypeError(f"{term!r} has no kept value")
    raw = raw_reader(term)
    return lambda view, _now: reading(raw(view))


def text_reader(term: Term) -> Reader[str]:
    """The casefolded text."""
    return _read_by(term, as_text)


def boolean_reader(term: Term) -> Reader[bool]:
    return _read_by(term, as_boolean)


def tags_reader(term: Term) -> Reader[tuple[str, ...]]:
    return _read_by(term, as_tags)


def instant_reader(term: Term | Since) -> Reader[datetime]:
    """The instant in UTC; dates are their midnight."""
    if isinstance(term, Since):
        raw = raw_reader(term)
        return lambda view, _now: as_datetime(raw(view))
    if term.kind is Kind.DATE:
        # a var may be a date that the file's format has read already
        return _read_by(term, as_date)
    return _read_by(term, as_datetime if term.kind is Kind.DATETIME else as_instant)


def number_reader(term: Term) -> Reader[float]:
    """The number as a double."""
    match term:
        case Arithmetic():
            return _arithmetic(term)
        case EventCount(pattern=pattern):
            happened = events_reader(pattern)
            return lambda view, now: float(len(happened(view, now)))
        case MailCount(pattern=mail_pattern):
            mails = mails_reader(mail_pattern)
            return lambda view, now: float(len(mails(view, now)))
        case _:
            return _read_by(term, as_number)


def _arithmetic(term: Arithmetic) -> Reader[float]:
    left, right = number_reader(term.left), number_reader(term.right)
    calculate = _CALCULATIONS[term.sign]

    def read(view: FactsView, now: datetime) -> float | None:
        first, second = left(view, now), right(view, now)
        return None if first is None or second is None else calculate(first, second)

    return read


_CALCULATIONS: dict[Sign, Callable[[float, float], float]] = {
    Sign.PLUS: lambda a, b: a + b,
    Sign.MINUS: lambda a, b: a - b,
    Sign.TIMES: lambda a, b: a * b,
}


def tagged_reader(term: Term) -> Reader[tuple[str, object]]:
    """A value of any type, together with its type: for two values whose types nobody knows before."""
    if isinstance(term, Arithmetic):
        raise TypeError("the result of a calculation is a number")

    def tagged(raw: object) -> tuple[str, object] | None:
        for family, reading in (("boolean", as_boolean), ("number", as_number), ("text", as_text)):
            value = reading(raw)
            if value is not None:
                return family, value
        return None

    return _read_by(term, tagged)


READERS: dict[Family, Callable[[Term], Reader[object]]] = {
    Family.TEXT: text_reader,
    Family.NUMBER: number_reader,
    Family.BOOLEAN: boolean_reader,
    Family.INSTANT: instant_reader,
    Family.TAGS: tags_reader,
    Family.JSON: tagged_reader,
}


def events_reader(pattern: EventPattern) -> Callable[[FactsView, datetime], list[Occurrence]]:
    """The events that a pattern means, as of an instant."""
    name, reach, within, wanted = pattern.name, pattern.reach, pattern.within, pattern.properties
    tests = tuple((key, _property_test(value)) for key, value in wanted)

    def read(view: FactsView, now: datetime) -> list[Occurrence]:
        found = view.events(name, reach)
        if not found:
            return []
        after = _BEGINNING if within is None else shifted(now, -within) or _BEGINNING
        return [
            event for event in found if event.at > after and all(test(event.properties.get(key)) for key, test in tests)
        ]

    return read


def _property_test(value: object) -> Callable[[object], bool]:
    if isinstance(value, bool):
        return lambda raw: raw is value
    if isinstance(value, str):
        folded = value.casefold()
        return lambda raw: as_text(raw) == folded
    return lambda raw: as_number(raw) == value


def mails_reader(pattern: MailPattern) -> Callable[[FactsView, datetime], list[datetime]]:
    """When the mails that a pattern means were sent, opened or clicked, as of an instant."""
    activity, reach, within = pattern.activity, pattern.reach, pattern.within
    campaign, step, link = pattern.campaign, pattern.step, pattern.link

    def read(view: FactsView, now: datetime) -> list[datetime]:
        found = view.mails(activity, reach, campaign, step, link)
        if within is None or not found:
            return list(found)
        after = shifted(now, -within) or _BEGINNING
        return [at for at in found if at > after]

    return read


def days_reader(term: Days) -> Reader[datetime]:
    """The instant from which, or until which, days are counted."""
    return instant_reader(term.anchor)
