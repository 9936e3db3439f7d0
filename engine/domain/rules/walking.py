"""Ways over a rule's tree: its conditions, its terms, and the names that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    CompareDays,
    Days,
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
    MailCount,
    MailHappened,
    MailPattern,
    Node,
    Not,
    OneOf,
    Reach,
    Replied,
    Since,
    StageName,
    Term,
    TriggerName,
    VarName,
)


def conditions(node: Node) -> Iterator[Node]:
    """The conditions of a rule that hold no other ones, from left to right."""
    match node:
        case All() | AnyOf():
            for item in node.items:
                yield from conditions(item)
        case Not():
            yield from conditions(node.item)
        case _:
            yield node


def terms(node: Node) -> Iterator[Term]:
    """The terms of a condition that are no calculations themselves."""
    match node:
        case Compare() | CompareDays():
            yield from _parts(node.left)
            yield from _parts(node.right)
        case OneOf() | IsTrue() | Known() | HasPart():
            yield from _parts(node.term)
        case HasTag():
            yield from _parts(node.tag)
            yield node.tags
        case _:
            return


def _parts(term: Term) -> Iterator[Term]:
    if isinstance(term, Arithmetic):
        yield from _parts(term.left)
        yield from _parts(term.right)
    else:
        yield term


def names(node: Node) -> frozenset[str]:
    """What a rule reads, one word for each.

    Lead fields by their names, `stage`, `trigger.x`, `vars.x`, `event:x` and `list:x` for one event and one list,
    `campaign:x` for having been in one, `sent`, `opened`, `clicked`, `replied` for mails, `time` where time alone can
    change the rule. What looks beyond the enrollment begins with `ever.`.
    """
    found: set[str] = set()
    for condition in conditions(node):
        found.update(_condition_names(condition))
        for term in terms(condition):
            found.update(_term_names(term))
    return frozenset(found)


def _condition_names(node: Node) -> Iterator[str]:
    match node:
        case EventHappened() | MailHappened():
            yield from _pattern_names(node.pattern)
        case Replied():
            yield "replied" if node.reach is not Reach.EVER else "ever.replied"
        case InList():
            yield f"list:{node.name}"
        case Enrolled():
            yield f"campaign:{node.campaign}"
        case CompareDays():
            yield "time"
        case _:
            return


def _term_names(term: Term) -> Iterator[str]:
    match term:
        case EventCount() | MailCount():
            yield from _pattern_names(term.pattern)
        case Days(anchor=Since() as since):
            yield str(since)
        case Days(anchor=anchor) if not isinstance(anchor, Since):
            yield from _term_names(anchor)
        case LeadName() | StageName():
            yield term.name
        case TriggerName():
            yield f"trigger.{term.name}"
        case VarName():
            yield f"vars.{term.name}"
        case _:
            return


def _pattern_names(pattern: EventPattern | MailPattern) -> Iterator[str]:
    word = f"event:{pattern.name}" if isinstance(pattern, EventPattern) else str(pattern.activity)
    yield f"ever.{word}" if pattern.reach is Reach.EVER else word
    if pattern.within is not None:
        yield "time"
