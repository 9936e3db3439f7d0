"""How a lead's story is told: by the journey's own sentences, and by those of what services write beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.domain.journey.decision import Line
from engine.domain.journey.programme import Programme
from engine.domain.journey.telling import Told, tell_line
from engine.domain.timing import tell_instant


class Tone(StrEnum):
    """How a line is meant to be read."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    MUTED = "muted"


_TONES: Mapping[str, Tone] = {
    **dict.fromkeys(
        ("entered", "advanced", "branched", "exhausted", "goal", "handoff", "resubscribed", "ripe", "handed_over"),
        Tone.GOOD,
    ),
    **dict.fromkeys(
        ("dropped", "mail_held", "task_overdue", "going_in_circles", "unsubscribed", "not_told_outside"), Tone.BAD
    ),
    **dict.fromkeys(("handoff_escalated", "handoff_recycled", "lifecycle_refused"), Tone.BAD),
    **dict.fromkeys(("held", "held_out", "paused", "holding", "skipped", "skipped_late", "date_unknown"), Tone.MUTED),
}
_OF_A_MAIL = frozenset({"held", "dropped", "mail_held", "skipped_late"})
_WAYS = {
    "one-click": "by the mail program's button",
    "page": "on the page",
    "preferences": "on the page of choices",
    "salesforce": "in Salesforce",
}


@dataclass(frozen=True)
class Speaker:
    """Who tells: the zone of instants, what runs, and how a mail is called (campaign, step → its subject in quotes)."""

    zone: ZoneInfo
    programme: Programme
    title: Callable[[str, str], str]

    def tell(self, line: Line) -> tuple[Told, Tone]:
        """The words of one line, and how they are meant."""
        own = _BESIDE_THE_JOURNEY.get(line.code)
        told = own(line) if own else tell_line(line, self.programme, self.zone)
        if line.code in _OF_A_MAIL:
            told = replace(told, what=self.title(line.campaign, str(line.data.get("step", ""))))
        return told, _TONES.get(line.code, Tone.PLAIN)

    def when(self, instant: datetime | None) -> str:
        """The instant in the lead's own time; empty without one."""
        return tell_instant(instant, self.zone) if instant is not None else ""


def _left(line: Line) -> Told:
    how = str(line.data.get("how", ""))
    return Told("unsubscribed", "", _WAYS.get(how, how))


def _chosen(line: Line) -> Told:
    return Told(
        "wants" if line.data.get("wanted") else "declined", f"the topic {line.data.get('topic')}", _WAYS["page"]
    )


def _whom(line: Line) -> str:
    return f"{line.data.get('target')} ({line.data.get('topic')})"


_BESIDE_THE_JOURNEY: Mapping[str, Callable[[Line], Told]] = {
    "mail_held": lambda line: Told("held", "", str(line.data.get("reason", ""))),
    "unsubscribed": _left,
    "resubscribed": lambda _: Told("came back", "", "took the unsubscribe back"),
    "topic_chosen": _chosen,
    "told_outside": lambda line: Told("told", _whom(line), str(line.data.get("words", ""))),
    "not_told_outside": lambda line: Told("not told", _whom(line), str(line.data.get("words", ""))),
}
"""What senders, recipients and carriers of letters write into a story, apart from decisions."""
