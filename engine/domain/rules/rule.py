"""A rule: read from its text once, then asked of any lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from engine.domain.rules.checking import Checker
from engine.domain.rules.contradictions import can_be_false, can_be_true
from engine.domain.rules.evaluation import Test, compile_test
from engine.domain.rules.explanation import Telling, compile_explanation
from engine.domain.rules.nodes import (
    Compare,
    EventCount,
    EventHappened,
    LeadName,
    Literal,
    MailCount,
    MailHappened,
    Node,
    OneOf,
    Replied,
)
from engine.domain.rules.scope import Scope
from engine.domain.rules.syntax import Source, read_expression
from engine.domain.rules.turning import Turn, compile_turns
from engine.domain.rules.view import FactsView
from engine.domain.rules.walking import conditions, names
from engine.errors import Place, Problem


@dataclass(frozen=True)
class Rule:
    """A checked rule. Two rules are equal if they are written alike."""

    source: str
    node: Node = field(compare=False, repr=False)

    @cached_property
    def test(self) -> Test:
        return compile_test(self.node)

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        return compile_turns(self.node)

    @cached_property
    def explanation(self) -> Telling:
        return compile_explanation(self.node)

    def __reduce__(self) -> tuple[type[Rule], tuple[str, Node]]:
        """Closures cannot travel to another process; they are compiled again there."""
        return Rule, (self.source, self.node)

    def __str__(self) -> str:
        return self.source


def parse_counted(source: str, scope: Scope, place: Place) -> Rule | list[Problem]:
    """The one thing that a text counts, as the rule that it ever happened; or every problem in it.

    It is an event, mails sent, opened or clicked, or replies; `ever.clicks` and `count('x')` mean what is in them.
    """
    text = Source(source, place)
    tree = read_expression(text)
    found = Checker(scope, text).check(tree) if tree is not None else None
    if tree is None or found is None or text.problems:
        return sorted(set(text.problems), key=lambda problem: problem.place)
    node = _counted(found)
    if node is None:
        text.report(tree, "E113", "this is nothing that can be counted", COUNTABLE)
    elif not isinstance(node, Replied) and node.pattern.within is not None:
        hint = "take within=… out: half_life says how fast points fade"
        text.report(tree, "E113", "what is counted is counted for ever, and fades", hint)
    return list(text.problems) if node is None or text.problems else Rule(source, node)


COUNTABLE = "write one of event('…'), ever.clicked('…'), ever.opened('…'), ever.sent('…'), ever.clicks, replied"


def _counted(found: object) -> EventHappened | MailHappened | Replied | None:
    match found:
        case EventHappened() | MailHappened() | Replied():
            return found
        case EventCount():
            return EventHappened(found.pattern, found.text)
        case MailCount():
            return MailHappened(found.pattern, found.text)
        case _:
            return None


class Verdict(NamedTuple):
    """Whether a rule holds now.

    `turns_at` is the earliest instant after now at which time alone may change that; None if it never does.
    It may come too early, never too late.
    """

    holds: bool
    turns_at: datetime | None


def parse_rule(source: str, scope: Scope, place: Place) -> Rule | list[Problem]:
    """The rule that a text means in this scope, or every problem in it; `place` is where its first character stands."""
    text = Source(source, place)
    tree = read_expression(text)
    node = Checker(scope, text).condition(tree) if tree is not None else None
    if node is None or text.problems:
        return sorted(set(text.problems), key=lambda problem: problem.place)
    return Rule(source, node)


def evaluate(rule: Rule, view: FactsView, now: datetime) -> Verdict:
    """Whether the rule holds for a lead now, and until when at least time alone leaves that as it is."""
    if not rule.turns:
        return _HOLDS if rule.test(view, now) else _FAILS
    instants = [instant for turn in rule.turns if (instant := turn(view, now)) is not None]
    return Verdict(rule.test(view, now), min(instants, default=None))


_HOLDS, _FAILS = Verdict(True, None), Verdict(False, None)
"""Most rules have nothing to do with time."""


def holds(rule: Rule, view: FactsView, now: datetime) -> bool:
    """Whether the rule holds for a lead now."""
    return rule.test(view, now)


def explain(rule: Rule, view: FactsView, now: datetime) -> str:
    """Why the rule holds, or why not, in words with the lead's own values."""
    return rule.explanation(view, now)


def names_used(rule: Rule) -> frozenset[str]:
    """What the rule reads, as `walking.names` spells it; `time` is among it where time alone can change the rule."""
    return names(rule.node)


def never_true(rule: Rule) -> bool:
    """Whether the rule contradicts itself, as far as a cheap look can tell."""
    return not can_be_true(rule.node)


def always_true(rule: Rule) -> bool:
    """Whether the rule holds for every lead, as far as a cheap look can tell."""
    return not can_be_false(rule.node)


def values_asked(rule: Rule, name: str) -> frozenset[str]:
    """The texts, casefolded, with which the rule compares a name of the lead."""
    found: set[str] = set()
    for condition in conditions(rule.node):
        match condition:
            case Compare(left=LeadName(name=asked), right=Literal(value=str() as value)) if asked == name:
                found.add(value.casefold())
            case Compare(left=Literal(value=str() as value), right=LeadName(name=asked)) if asked == name:
                found.add(value.casefold())
            case OneOf(term=LeadName(name=asked), values=values) if asked == name:
                found.update(value.casefold() for value in values if isinstance(value, str))
            case _:
                continue
    return frozenset(found)


def warnings(rule: Rule, place: Place) -> list[Problem]:
    """What is odd about a rule that can be read: that it never holds, or that it always does."""
    source = Source(rule.source, place)
    if never_true(rule):
        return [source.warn("E110", "this rule can never be true")]
    if always_true(rule) and rule.source.strip().casefold() != "true":
        return [source.warn("E111", "this rule is true for every lead")]
    return []
