"""The functions of the rule language: their arguments, and the steps, links, lists and campaigns they name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine.domain.rules.literals import duration_literal, literal, text_literal
from engine.domain.rules.names import resolve_named
from engine.domain.rules.nodes import (
    Activity,
    Constant,
    Days,
    Enrolled,
    EventCount,
    EventHappened,
    EventPattern,
    HasPart,
    InList,
    Known,
    MailHappened,
    MailPattern,
    Node,
    Part,
    Reach,
    StageName,
    Term,
)
from engine.domain.rules.scope import CAMPAIGN_FUNCTIONS, EVER_FUNCTIONS, Links, Scope, Steps
from engine.domain.rules.syntax import Source
from engine.domain.rules.values import FAMILY_OF, Family
from engine.errors import did_you_mean


@dataclass(slots=True)
class Call:
    """A function call to be checked: its name as written, and where it stands."""

    name: str
    node: ast.Call
    scope: Scope
    source: Source

    @property
    def ever(self) -> bool:
        return self.name.startswith("ever.")

    @property
    def reach(self) -> Reach:
        return Reach.ENROLLMENT if self.scope.in_campaign and not self.ever else Reach.EVER

    @property
    def text(self) -> str:
        return self.source.segment(self.node)

    def wrong(self, where: ast.expr | ast.keyword, message: str, hint: str = "") -> None:
        self.source.report(where, "E106", f"{self.name}(…) {message}", hint)

    def takes(self, count: int, example: str, keywords: Collection[str] = (), optional: bool = False) -> bool:
        """Whether the call has so many arguments in brackets, and no keywords but these."""
        fits = True
        if len(self.node.args) != count and not (optional and not self.node.args and self.node.keywords):
            self.wrong(self.node, "has not the arguments it needs", f"write {example}")
            fits = False
        for keyword in self.node.keywords:
            if keyword.arg is None or keyword.arg not in keywords:
                hint = did_you_mean(keyword.arg or "", keywords) or f"write {example}"
                self.wrong(keyword, f"knows no {keyword.arg or '**'}=", hint)
                fits = False
        return fits

    def keyword(self, name: str) -> ast.expr | None:
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)


Checked: TypeAlias = Term | Node


def check_call(node: ast.Call, scope: Scope, source: Source) -> Checked | None:
    """The node of a function call; reports unknown functions and wrong arguments."""
    name = source.segment(node.func)
    found = _FUNCTIONS.get(name)
    call = Call(name, node, scope, source)
    if found is None:
        _report_unknown(call)
        return None
    if name in CAMPAIGN_FUNCTIONS and not scope.in_campaign:
        message = f"'{name}' exists only while a lead is in a campaign, and this rule is asked outside of one"
        source.report(node.func, "E105", message, f"write ever.{name}('campaign/step') for the lead's whole history")
        return None
    return found(call)


def _report_unknown(call: Call) -> None:
    ever = tuple(f"ever.{name}" for name in EVER_FUNCTIONS)
    if call.name in call.scope.bare_names or call.name.removeprefix("lead.") in call.scope.lead_names:
        message, hint = f"{call.name} is a name, not a function", f"write {call.name} without brackets"
    else:
        message = f"unknown function '{call.name}' in this rule"
        hint = (
            did_you_mean(call.name, (*call.scope.functions, *ever)) or f"there are: {', '.join(call.scope.functions)}"
        )
    call.source.report(call.node.func, "E104", message, hint)


def _known_word(call: Call, node: ast.expr, word: str, known: Collection[str] | None, message: str) -> str | None:
    """The word as it is known, or None after reporting that it is not."""
    if known is None or word in known:
        return word
    hint = did_you_mean(word, known) or (f"there are: {', '.join(sorted(known)[:8])}" if known else "")
    call.source.report(node, "E107", message, hint)
    return None


def _event_pattern(call: Call) -> EventPattern | None:
    if len(call.node.args) != 1:
        call.wrong(call.node, "takes the event's name", f"write {call.name}('demo_booked', within='30d')")
        return None
    node = call.node.args[0]
    name = text_literal(node, "the event's name", call.source)
    within = call.keyword("within")
    length = duration_literal(within, call.source) if within is not None else None
    properties = _properties(call)
    if name is None or properties is None or (within is not None and length is None):
        return None
    known = None if call.scope.events is None else {event.casefold(): event for event in call.scope.events}
    if known is not None and name.casefold() not in known:
        message = f"no event '{name}' is declared"
        hint = did_you_mean(name, known.values()) or "declare it under [events] in config.toml"
        call.source.report(node, "E107", message, hint)
        return None
    return EventPattern(name.casefold(), call.reach, length, properties)


def _properties(call: Call) -> tuple[tuple[str, Constant], ...] | None:
    found: list[tuple[str, Constant]] = []
    complete = True
    for keyword in call.node.keywords:
        if keyword.arg == "within":
            continue
        if keyword.arg is None:
            call.wrong(keyword, "cannot take **", "write plan='pro'")
            complete = False
            continue
        value = literal(keyword.value, call.source)
        if value is None:
            complete = False
        else:
            found.append((keyword.arg, value.value))
    return tuple(found) if complete else None


def _event(call: Call) -> Checked | None:
    pattern = _event_pattern(call)
    return EventHappened(pattern, call.text) if pattern else None


def _count(call: Call) -> Checked | None:
    pattern = _event_pattern(call)
    return EventCount(pattern, call.text) if pattern else None


def _mail(call: Call) -> Checked | None:
    activity = Activity(call.name.removeprefix("ever."))
    where = "'campaign/step'" if call.ever else "'step'"
    clicked = activity is Activity.CLICKED
    example = f"{call.name}({where}, link='name')" if clicked else f"{call.name}({where})"
    if not call.takes(1, example, ("link", "within") if clicked else ("within",), optional=clicked):
        return None
    place = _campaign_and_step(call) if call.node.args else (None, None)
    within, link_node = call.keyword("within"), call.keyword("link")
    length = duration_literal(within, call.source) if within is not None else None
    if place is None or (within is not None and length is None):
        return None
    link = _link(call, link_node, place) if link_node is not None else None
    if link_node is not None and link is None:
        return None
    return MailHappened(MailPattern(activity, call.reach, place[0], place[1], link, length), call.text)


def _campaign_and_step(call: Call) -> tuple[str | None, str] | None:
    node = call.node.args[0]
    word = text_literal(node, "the step's name", call.source)
    if word is None:
        return None
    if not call.ever:
        step = _known_word(call, node, word, call.scope.steps, f"this campaign has no step '{word}'")
        return None if step is None else (None, step)
    campaign, slash, step_name = word.partition("/")
    if not (campaign and slash and step_name):
        call.source.report(node, "E106", f"{call.name}(…) asks about 'campaign/step'", f"write 'clean-data/{word}'")
        return None
    campaigns = call.scope.campaigns
    if _known_word(call, node, campaign, campaigns, f"there is no campaign '{campaign}'") is None:
        return None
    steps = None if campaigns is None else campaigns[campaign]
    step = _known_word(call, node, step_name, steps, f"campaign '{campaign}' has no step '{step_name}'")
    return None if step is None else (campaign, step)


def _link(call: Call, node: ast.expr, place: tuple[str | None, str | None]) -> str | None:
    link = text_literal(node, "the link's name", call.source)
    if link is None:
        return None
    campaign, step = place
    message = f"the mail of step '{step}' has no link '{link}'" if step else f"no mail has a link '{link}'"
    return _known_word(call, node, link, _links(call, campaign, step), message)


def _links(call: Call, campaign: str | None, step: str | None) -> Links:
    campaigns: Mapping[str, Steps] | None = call.scope.campaigns
    if not call.ever:
        campaigns = None if call.scope.steps is None else {"": call.scope.steps}
        campaign = ""
    if campaigns is None:
        return None
    chosen = [campaigns[campaign]] if campaign is not None else list(campaigns.values())
    links = [links for steps in chosen for name, links in steps.items() if step is None or name == step]
    return None if None in links else frozenset().union(*(found for found in links if found is not None))


def _enrolled(call: Call) -> Checked | None:
    if not call.takes(1, f"{call.name}('campaign')"):
        return None
    node = call.node.args[0]
    name = text_literal(node, "the campaign's name", call.source)
    if name is None or _known_word(call, node, name, call.scope.campaigns, f"there is no campaign '{name}'") is None:
        return None
    return Enrolled(name, call.name == "ever.finished", call.text)


def _in_list(call: Call) -> Checked | None:
    if not call.takes(1, "in_list('newsletter')"):
        return None
    node = call.node.args[0]
    name = text_literal(node, "the list's name", call.source)
    if name is None or _known_word(call, node, name, call.scope.lists, f"there is no list '{name}'") is None:
        return None
    return InList(name, call.text)


def _known(call: Call) -> Checked | None:
    if not call.takes(1, "known(industry)"):
        return None
    term = resolve_named(call.node.args[0], "known", call.scope, call.source)
    return Known(term, call.text) if term else None


def _part(call: Call) -> Checked | None:
    if not call.takes(2, f"{call.name}(company, 'GmbH')"):
        return None
    node, part_node = call.node.args
    term = resolve_named(node, call.name, call.scope, call.source)
    part = text_literal(part_node, "the part to look for", call.source)
    if term is None or part is None:
        return None
    if FAMILY_OF[term.kind] not in (Family.TEXT, Family.JSON):
        hint = f"write '{part}' in {term.name}" if FAMILY_OF[term.kind] is Family.TAGS else ""
        call.source.report(node, "E102", f"{call.name}(…) looks into a text, and {term.name} is {term.kind}", hint)
        return None
    return HasPart(Part(call.name), term, part.casefold(), call.text)


def _days(call: Call) -> Checked | None:
    if not call.takes(1, f"{call.name}(created)"):
        return None
    node = call.node.args[0]
    term = resolve_named(node, call.name, call.scope, call.source)
    if term is None:
        return None
    if isinstance(term, StageName) or FAMILY_OF[term.kind] not in (Family.INSTANT, Family.JSON):
        call.source.report(node, "E102", f"{call.name}(…) takes a date, and {term.name} is {term.kind}")
        return None
    return Days(term, call.name == "days_until", call.text)


_FUNCTIONS: Mapping[str, Callable[[Call], Checked | None]] = {
    "event": _event,
    "count": _count,
    "in_list": _in_list,
    "known": _known,
    **dict.fromkeys(Part, _part),
    "days_since": _days,
    "days_until": _days,
    **dict.fromkeys(CAMPAIGN_FUNCTIONS, _mail),
    **{f"ever.{name}": _mail for name in CAMPAIGN_FUNCTIONS},
    "ever.event": _event,
    "ever.count": _count,
    "ever.entered": _enrolled,
    "ever.finished": _enrolled,
}
