"""Rules as SQL conditions, to ask them of a million leads at once.

What `engine.domain.rules` evaluates for one lead and what stands here always agree; where the two could differ, this
module follows the evaluator's readings (`engine.domain.rules.values`). Terms become nullable expressions, NULL being a
missing value; every condition is wrapped so that it is true or false, never NULL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import EnrollmentStatus, EventKind
from engine.domain.rules import Activity, Kind, Node, Reach, Rule
from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    CompareDays,
    Constant,
    Enrolled,
    EventCount,
    EventHappened,
    EventPattern,
    HasPart,
    HasTag,
    InList,
    IsTrue,
    Known,
    LeadName,
    Literal,
    MailCount,
    MailHappened,
    MailPattern,
    Not,
    OneOf,
    Order,
    Part,
    Replied,
    Sign,
    Term,
    Truth,
)
from engine.domain.rules.scope import LEAD_NAMES
from engine.domain.rules.values import Family, canonical, days, shifted
from engine.store.json_values import (
    Bytewise,
    InstantText,
    Position,
    json_boolean,
    json_date,
    json_datetime,
    json_has_text,
    json_number,
    json_text,
    kind_is,
    within_limits,
)
from engine.store.tables import DeliveryRow, EnrollmentRow, EventRow, LeadRow, ListMemberRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
member = ListMemberRow.__table__  # type: ignore[attr-defined]

Column = ColumnElement[Any]
Condition = ColumnElement[bool]

NAMED_EVENTS = (EventKind.CUSTOM, EventKind.FORM, EventKind.PAGE_VIEW)
"""Events that rules know by their names."""

FINISHED = "finished"
"""Why an enrollment ended that came to its end."""

BEFORE_ALL, AFTER_ALL = "", "~"
"""Texts before and after every instant, for borders outside the calendar."""

_OPERATORS: dict[Order, Callable[[Any, Any], Any]] = {
    Order.EQ: operator.eq,
    Order.NE: operator.ne,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}
_SIGNS: dict[Sign, Callable[[Any, Any], Any]] = {
    Sign.PLUS: operator.add,
    Sign.MINUS: operator.sub,
    Sign.TIMES: operator.mul,
}


def where(rule: Rule, now: datetime) -> ColumnElement[bool]:
    """The rule as a condition on the table `lead`, as of an instant.

    Raises:
        TypeError: the rule asks for something that only a lead in a campaign has; check it in a lead's scope.
    """
    return _condition(rule.node, now)


def _condition(node: Node, now: datetime) -> Condition:
    match node:
        case Truth():
            return true() if node.value else false()
        case All():
            return and_(*(_condition(item, now) for item in node.items))
        case AnyOf():
            return or_(*(_condition(item, now) for item in node.items))
        case Not():
            return not_(_condition(node.item, now))
        case _:
            return _two_valued(_atom(node, now))


def _two_valued(condition: Condition) -> Condition:
    """A missing value makes a condition false, so that `not` makes it true."""
    return func.coalesce(condition, false(), type_=Boolean())


def _atom(node: Node, now: datetime) -> Condition:
    match node:
        case Compare():
            left, right = _term(node.left, node.family, now), _term(node.right, node.family, now)
            return _ordered(node.order, left, right, node.family)
        case CompareDays():
            return _compare_days(node, now)
        case OneOf():
            term = _term(node.term, node.family, now)
            values = [_constant(value) for value in node.values]
            return term.not_in(values) if node.negated else term.in_(values)
        case HasTag():
            return _has_tag(node, now)
        case IsTrue():
            return _term(node.term, Family.BOOLEAN, now) == 1
        case Known():
            return _known(_lead_name(node.term))
        case HasPart():
            return _has_part(node, _term(node.term, Family.TEXT, now))
        case _:
            return _fact(node, now)


def _fact(node: Node, now: datetime) -> Condition:
    match node:
        case EventHappened():
            return _events(node.pattern, now).exists()
        case MailHappened():
            return _mails(node.pattern, now).exists()
        case Replied(reach=Reach.EVER):
            return exists().where(event.c.lead_id == lead.c.id, event.c.kind == EventKind.REPLY, _settled())
        case InList():
            return exists().where(member.c.lead_id == lead.c.id, member.c.name == node.name)
        case Enrolled():
            return _enrolled(node)
        case _:
            raise TypeError(f"{node!r} has no meaning outside a campaign")


def _ordered(order: Order, left: Column, right: Column, family: Family) -> Condition:
    if family is Family.INSTANT and order not in (Order.EQ, Order.NE):
        left, right = Bytewise(left), Bytewise(right)
    found: Condition = _OPERATORS[order](left, right)
    return found


def _constant(value: Constant) -> Any:
    """A literal's value as it is compared: texts casefolded, instants as text, booleans as 1 and 0."""
    match value:
        case str():
            return value.casefold()
        case bool():
            return int(value)
        case datetime():
            return canonical(value)
        case _:
            return value


def _term(term: Term, family: Family, now: datetime) -> Column:
    match term:
        case Literal():
            constant = _constant(term.value)
            return literal(constant, Double()) if isinstance(constant, float) else literal(constant)
        case LeadName():
            return _lead_column(term, family)
        case EventCount():
            return _counted(_events(term.pattern, now))
        case MailCount():
            return _counted(_mails(term.pattern, now))
        case Arithmetic():
            left, right = _term(term.left, Family.NUMBER, now), _term(term.right, Family.NUMBER, now)
            result: Column = _SIGNS[term.sign](left, right)
            return result
        case _:
            raise TypeError(f"{term!r} has no meaning outside a campaign")


def _lead_name(term: Term) -> LeadName:
    if isinstance(term, LeadName):
        return term
    raise TypeError(f"{term!r} has no meaning outside a campaign")


def _lead_column(term: LeadName, family: Family) -> Column:
    built_in = term.name in LEAD_NAMES
    match family:
        case Family.TEXT if term.name == "fit":
            # written by ourselves, A to D: the one text that lower() cannot get wrong
            return func.nullif(func.lower(lead.c.fit), "")
        case Family.TEXT:
            return json_text(lead.c.folded, f"~{term.name}" if built_in else term.name)
        case Family.NUMBER:
            return within_limits(lead.c[term.name]) if built_in else json_number(lead.c.fields, term.name)
        case Family.BOOLEAN:
            return case((lead.c.subscribed, 1), else_=0) if built_in else json_boolean(lead.c.fields, term.name)
        case Family.INSTANT if built_in:
            return InstantText(lead.c.created_at)
        case Family.INSTANT:
            return (json_date if term.kind is Kind.DATE else json_datetime)(lead.c.fields, term.name)
        case _:
            raise TypeError(f"{term.name} cannot be read as {family}")


def _known(term: LeadName) -> Condition:
    if term.kind is Kind.TAGS:
        return kind_is(lead.c.fields, term.name, "array")
    family = {Kind.NUMBER: Family.NUMBER, Kind.BOOLEAN: Family.BOOLEAN}.get(term.kind, Family.TEXT)
    if term.kind in (Kind.DATE, Kind.DATETIME):
        family = Family.INSTANT
    return _lead_column(term, family).is_not(None)


def _has_tag(node: HasTag, now: datetime) -> Condition:
    tags, tag = _lead_name(node.tags), _term(node.tag, Family.TEXT, now)
    return json_has_text(lead.c.folded, tags.name, tag) == (0 if node.negated else 1)


def _has_part(node: HasPart, text: Column) -> Condition:
    size = len(node.part)
    match node.where:
        case Part.ANYWHERE:
            return Position(text, literal(node.part)) > 0
        case Part.START:
            return func.substr(text, 1, size) == node.part
        case Part.END:
            end = func.substr(text, func.length(text) - size + 1)
            return and_(func.length(text) >= size, end == node.part)


def _compare_days(node: CompareDays, now: datetime) -> Condition:
    """Not the days are compared but the instants, so that the databases need no date arithmetic."""
    anchor = _term(_anchor(node.left.anchor), Family.INSTANT, now)
    length = days(_constant_number(node.right))
    border = shifted(now, length if node.left.until else -length)
    if border is None:
        ahead = (length > timedelta()) is node.left.until
        text = AFTER_ALL if ahead else BEFORE_ALL
    else:
        text = canonical(border)
    order = node.order if node.left.until else node.order.swapped
    return _ordered(order, anchor, literal(text), Family.INSTANT)


def _anchor(term: object) -> LeadName | Literal:
    """A date of the lead, or one that the campaign's values put in its place."""
    if isinstance(term, LeadName | Literal):
        return term
    raise TypeError(f"{term!r} has no meaning outside a campaign")


def _constant_number(term: Term) -> float:
    match term:
        case Literal(value=float() as value):
            return value
        case Arithmetic():
            result: float = _SIGNS[term.sign](_constant_number(term.left), _constant_number(term.right))
            return result
        case _:
            raise TypeError(f"{term!r} is no number that stands in the rule")


def _counted(found: Select[Any]) -> Column:
    """A count as a double: calculations then overflow nowhere."""
    return cast(found.with_only_columns(func.count()).scalar_subquery(), Double())


def _settled() -> Condition:
    settled: Condition = event.c.pending == false()
    return settled


def _events(pattern: EventPattern, now: datetime) -> Select[Any]:
    found = select(event.c.id).where(event.c.lead_id == lead.c.id, _settled(), *named_events(pattern))
    return _young(found, event.c.at, pattern.within, now)


def named_events(pattern: EventPattern) -> tuple[Condition, ...]:
    """Which events a pattern means, whoever they are of."""
    return (
        event.c.kind.in_(NAMED_EVENTS),
        event.c.actor == Actor.HUMAN,
        json_text(event.c.folded, "~name") == pattern.name,
        *(_property(key, value) for key, value in pattern.properties),
    )


def _property(key: str, value: Constant) -> Condition:
    match value:
        case str():
            return json_text(event.c.folded, key) == value.casefold()
        case bool():
            return json_boolean(event.c.properties, key) == int(value)
        case _:
            return json_number(event.c.properties, key) == literal(value, Double())


def _mails(pattern: MailPattern, now: datetime) -> Select[Any]:
    if pattern.reach is not Reach.EVER:
        raise TypeError(f"{pattern!r} has no meaning outside a campaign")
    if pattern.activity is Activity.SENT:
        found = select(delivery.c.id).where(delivery.c.lead_id == lead.c.id, *mails_sent(pattern))
        return _young(found, SENT_AT, pattern.within, now)
    found = select(event.c.id).where(event.c.lead_id == lead.c.id, _settled(), *mail_events(pattern))
    return _young(found, event.c.at, pattern.within, now)


def mail_events(pattern: MailPattern) -> tuple[Condition, ...]:
    """Which opens or clicks of people a pattern means, whoever they are."""
    kind = EventKind.OPEN if pattern.activity is Activity.OPENED else EventKind.CLICK
    wanted = ((event.c.campaign, pattern.campaign), (event.c.step, pattern.step), (event.c.link, pattern.link))
    same = (column == value for column, value in wanted if value is not None)
    return (event.c.kind == kind, event.c.actor == Actor.HUMAN, *same)


def mails_sent(pattern: MailPattern) -> tuple[Condition, ...]:
    """Which mails that were sent a pattern means, whoever got them."""
    wanted = ((delivery.c.campaign, pattern.campaign), (delivery.c.step, pattern.step))
    same = (column == value for column, value in wanted if value is not None)
    return (delivery.c.state == DeliveryState.SENT, delivery.c.test == false(), *same)


SENT_AT = func.coalesce(delivery.c.finished_at, delivery.c.created_at)


def _young(found: Select[Any], at: Column, within: timedelta | None, now: datetime) -> Select[Any]:
    after = None if within is None else shifted(now, -within)
    return (found if after is None else found.where(at > after)).correlate(lead)


def _enrolled(node: Enrolled) -> Condition:
    runs = [enrollment.c.lead_id == lead.c.id, enrollment.c.campaign == node.campaign]
    if node.finished:
        runs += [enrollment.c.status == EnrollmentStatus.ENDED, enrollment.c.ended_why == FINISHED]
    return exists().where(*runs)
