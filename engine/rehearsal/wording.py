"""How scenarios tell what was to happen, and the values of leads."""

from __future__ import annotations

from engine.domain.campaign import Campaign
from engine.domain.scenario import Then
from engine.domain.steps import HandoffStep, WebhookStep

_ACT_WORDS = {
    "opens": 'an open of "{mail}"',
    "clicks": 'a click on {what} in "{mail}"',
    "replies": 'a reply to "{mail}"',
    "unsubscribes": 'an unsubscribe by "{mail}"',
    "bounces": '"{mail}" to bounce',
    "event": "the event {what}",
    "becomes": "the lead to change",
    "sales": "sales {what} the lead",
    "task_done": 'the outcome of task "{what}"',
}


def told_act(then: Then) -> str:
    """What the lead was to do: "a click on pricing in …"."""
    return _ACT_WORDS[then.kind].format(what=then.what, mail=then.mail.step)


def action_name(campaign: Campaign, step_id: str) -> str:
    """What an action outside is called: to whom or what it goes, or its step."""
    step = next((step for _, step in campaign.steps() if step.id == step_id), None)
    return step.to if isinstance(step, (HandoffStep, WebhookStep)) else step_id


def squeezed(text: str) -> str:
    """The text with single spaces, as lines break anywhere."""
    return " ".join(text.split())


def plain(value: object) -> object:
    """A value to compare by: lists by what is in them, and nothing as an empty text."""
    if isinstance(value, (list, tuple, frozenset)):
        return sorted(str(one) for one in value)
    return "" if value is None else value


def shown(value: object) -> str:
    """A value as a file of scenarios would say it."""
    match value:
        case None | "":
            return "nothing"
        case str():
            return repr(value)
        case float():
            return f"{value:g}"
    return str(value)
