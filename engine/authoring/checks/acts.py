"""What a lead must have done for a rule to hold; and mails that need an act which nobody asked for, or a mere open.

An act is an event, a click or a reply. An open is none: programs open mails too, and Ripeline does not count theirs, so
that whoever reads with such a program seems silent.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping

from engine.authoring.campaign_file import CampaignDraft
from engine.domain.campaign import Stage
from engine.domain.delivery import MailKind
from engine.domain.rules import Rule
from engine.domain.rules.nodes import (
    Activity,
    All,
    AnyOf,
    Compare,
    EventCount,
    EventHappened,
    Literal,
    MailCount,
    MailHappened,
    Node,
    Order,
    Replied,
    Term,
)
from engine.domain.steps import BranchStep, EmailStep

_COMPARE: Mapping[Order, Callable[[float, float], bool]] = {
    Order.EQ: operator.eq,
    Order.NE: operator.ne,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}


def check_acts(draft: CampaignDraft) -> None:
    """Warn of stages that advance by opens alone, and of operational mail that nobody asked for."""
    for stage in draft.campaign.stages:
        if stage.advance is not None and opens_suffice(stage.advance.node):
            _warn_of_opens(draft, stage)
    _check_operational(draft)


def requires_act(node: Node) -> bool:
    """Whether the rule holds only for leads who did something that counts."""
    match node:
        case All():
            return any(requires_act(item) for item in node.items)
        case AnyOf():
            return all(requires_act(item) for item in node.items)
        case EventHappened() | Replied():
            return True
        case MailHappened():
            return node.pattern.activity is Activity.CLICKED
        case Compare():
            counted = _counted(node)
            return isinstance(counted, EventCount) or _is_count(counted, Activity.CLICKED)
    return False


def opens_suffice(node: Node) -> bool:
    """Whether opens alone can make the rule hold, and are what it asks for."""
    match node:
        case All():
            return any(opens_suffice(item) for item in node.items) and not requires_act(node)
        case AnyOf():
            return any(opens_suffice(item) for item in node.items)
        case MailHappened():
            return node.pattern.activity is Activity.OPENED
        case Compare():
            return _is_count(_counted(node), Activity.OPENED)
    return False


def _is_count(counted: Term | None, activity: Activity) -> bool:
    return isinstance(counted, MailCount) and counted.pattern.activity is activity


def _counted(node: Compare) -> Term | None:
    """What must have happened at least once for the comparison to hold, if it is of that kind."""
    left, right, order = node.left, node.right, node.order
    if isinstance(left, Literal):
        left, right, order = right, left, order.swapped
    if not isinstance(left, EventCount | MailCount) or not isinstance(right, Literal):
        return None
    number = right.value
    return left if isinstance(number, float | int) and not _COMPARE[order](0, number) else None


def _warn_of_opens(draft: CampaignDraft, stage: Stage) -> None:
    message = f"stage '{stage.id}' advances by opens alone, and many readers never seem to open"
    mail = next((step.id for step in stage.steps if isinstance(step, EmailStep)), "…")
    hint = f"ask for an act: clicked('{mail}'), replied, event('…')"
    draft.notes.warning("W221", draft.stage_item(stage.id).find("advance").place, message, hint)


def _check_operational(draft: CampaignDraft) -> None:
    asked = _asked_stages(draft)
    for placed in draft.steps:
        step = placed.step
        if not isinstance(step, EmailStep) or step.mail_kind is not MailKind.OPERATIONAL:
            continue
        if asked.get(placed.stage, True) or _requires(step.when):
            continue
        message = "this mail is operational, and leads get it who did nothing to ask for it"
        hint = "take kind out, or let an act come first: on = \"event('…')\", or a when that asks for one"
        draft.notes.warning("W224", placed.item.find("kind").place, message, hint)


def _requires(rule: Rule | None) -> bool:
    return rule is not None and requires_act(rule.node)


def _asked_stages(draft: CampaignDraft) -> Mapping[str, bool]:
    """For each stage, whether an act precedes it on every way that leads there."""
    campaign = draft.campaign
    asked = {stage.id: True for stage in campaign.stages}
    if not asked:
        return asked
    first = campaign.first_stage.id
    asked[first] = campaign.on is not None or campaign.enter is None or _requires(campaign.enter)
    for _ in campaign.stages:
        for stage in campaign.stages:
            for target, rule in _ways_out(draft, stage):
                if target in asked and not asked[stage.id] and not _requires(rule):
                    asked[target] = False
    return asked


def _ways_out(draft: CampaignDraft, stage: Stage) -> Iterator[tuple[str, Rule | None]]:
    """Where leads go on to from a stage, and the rule that lets them."""
    following = draft.campaign.next_stage(stage.id)
    if stage.advance is not None and following is not None:
        yield following.id, stage.advance
    if stage.exhausted is not None:
        yield stage.exhausted.go, None
    for step in stage.steps:
        if isinstance(step, BranchStep):
            yield from ((arm.go, arm.when if arm.when is not None else step.when) for arm in step.arms)
