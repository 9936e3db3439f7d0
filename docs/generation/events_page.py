"""docs/reference/events.md: what happens to a lead and its mails, and the reasons that its story tells."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from docs.generation.markdown import code, page, table
from engine.domain.campaign import CampaignState
from engine.domain.delivery import TRANSITIONS, DeliveryState
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EnrollmentStatus, EventKind
from engine.domain.journey.programme import Programme
from engine.domain.journey.telling import ENDINGS, NO_MAIL, PAUSES, SENTENCES, tell_line
from engine.smtp.replies import OutcomeKind

INTRO = """\
The words of `ripeline why`, `ripeline status` and the JSON of both, and where they come from.
"""
EVENTS = {
    EventKind.OPEN: "The mail's pixel was fetched. Counts after its quarantine, if a person did it.",
    EventKind.CLICK: "A link of the mail was followed. Counts after its quarantine, if a person did it.",
    EventKind.REPLY: "The lead answered. *Not read from a mailbox in this release.*",
    EventKind.BOUNCE: "The mail was refused for good while it was sent. *Bounces that come back later are not read in "
    "this release.*",
    EventKind.COMPLAINT: "The lead called the mail spam. *Not received in this release.*",
    EventKind.UNSUBSCRIBE: "The lead left marketing mail.",
    EventKind.FORM: "A form was sent. *Not received in this release.*",
    EventKind.PAGE_VIEW: "A page was looked at, as the snippet or an event client tells it: "
    "`event('page_view', path='/pricing')`.",
    EventKind.CUSTOM: "Any event with a name of its own, imported from a file or told by an event client.",
}
_SAMPLE: dict[str, object] = {
    "because": "…",
    "step": "step",
    "stage": "stage",
    "frm": "aware",
    "to": "compare",
    "mail": "cost",
    "why": "cap",
    "cap": "3 per week",
    "text": "Call",
    "who": "owner",
    "how": "page",
    "topic": "data-quality",
    "note": "…",
    "reason": "…",
    "share": 0.1,
    "wanted": False,
    "values": {"lifecycle": "mql"},
    "due": "2026-11-24T09:00:00Z",
    "until": "2026-11-24T09:00:00Z",
}
_WHY = {"ended": "exit", "paused": "handed_off"}


def events_page() -> str:
    """The whole page."""
    return page(
        "Events and reasons",
        INTRO,
        "## Events\n\n" + table(("kind", "what happened"), [(code(kind.value), EVENTS[kind]) for kind in EventKind]),
        _story(),
        "## Why a mail waits or never goes\n\n" + table(("reason", "in words"), _reasons()),
        "## Why a run stands still\n\n" + table(("reason", "in words"), [*_words(PAUSES), _LANE]),
        "## Why a run ended\n\n" + table(("reason", "in words"), _words(ENDINGS)),
        "## States of a mail\n\n" + table(("state", "meaning", "becomes"), _deliveries()),
        "## What a relay's answer means\n\n"
        + table(("outcome", "in words"), [(code(k.value), _OUTCOMES[k]) for k in OutcomeKind]),
        "## States of a campaign and of a run\n\n"
        + table(("state", "meaning"), [*_enum(CampaignState), *_enum(EnrollmentStatus)]),
    )


_LANE = ("`lane:<campaign>`", "that campaign goes first in its lane")
_OUTCOMES = {
    OutcomeKind.ACCEPTED: "The relay has taken the mail.",
    OutcomeKind.DEFERRED: "Not now; tried again on schedule.",
    OutcomeKind.TOO_MANY_RECIPIENTS: "The relay takes no more recipients for now; tried again on schedule.",
    OutcomeKind.MAILBOX_FULL: "The mailbox is full: a soft bounce, counted; tried again on schedule.",
    OutcomeKind.HARD_BOUNCE: "The address does not exist: it is suppressed.",
    OutcomeKind.POLICY: "The receiver refuses the sender: the recipient's domain rests, the lead is kept.",
    OutcomeKind.CONTENT: "The receiver can never take this mail: the step is stopped, the operator is told.",
    OutcomeKind.REJECTED: "This mail is refused for good; the address may be sound.",
    OutcomeKind.RELAY_PAUSED: "The relay refuses us, or rests after a fault: the mail waits; no attempt is used up.",
    OutcomeKind.WITHHELD: "The gate refused: suppressed meanwhile, or no longer this process's mail.",
    OutcomeKind.UNKNOWN: "The last byte left and no clear answer came.",
}


def _story() -> str:
    programme, zone = Programme(0, {}), ZoneInfo("UTC")
    rows = []
    for name in SENTENCES:
        values = {**_SAMPLE, **({"why": _WHY[name]} if name in _WHY else {})}
        told = tell_line(Line(datetime(2026, 11, 23, tzinfo=UTC), name, "clean-data", 1, values), programme, zone)
        rows.append((code(name), f"{told.verb} {told.what}".strip(), told.because))
    words = "Every decision leaves a line with a code, which is told like this:"
    return f"## A lead's story\n\n{words}\n\n{table(('code', 'told', 'because'), rows)}"


def _reasons() -> list[tuple[str, str]]:
    data = {"reason": "…", "cap": "3 per week"}
    return [(code(name), sentence(data)) for name, sentence in NO_MAIL.items()]


def _words(words: object) -> list[tuple[str, str]]:
    assert hasattr(words, "items")
    return [(code(name), told) for name, told in words.items()]


def _deliveries() -> list[tuple[str, str, str]]:
    meanings = _meanings(DeliveryState)
    return [
        (
            code(state.value),
            meanings[state.value],
            " · ".join(code(s.value) for s in DeliveryState if s in TRANSITIONS[state]),
        )
        for state in DeliveryState
    ]


def _enum(kind: type[StrEnum]) -> list[tuple[str, str]]:
    meanings = _meanings(kind)
    return [(code(state.value), meanings[state.value]) for state in kind]


def _meanings(kind: type[StrEnum]) -> dict[str, str]:
    """What an enum's docstring says of each of its values: "due: decided, not yet begun · sending: …"."""
    text = " ".join((kind.__doc__ or "").split())
    values = "|".join(state.value for state in kind)
    found = re.findall(rf"\b({values}): (.*?)(?= · (?:{values}): |$)", text)
    return {value: told.rstrip(".") for value, told in found}
