"""What a salesperson is told of a lead that they have, and why just now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.sales.sheet import Question

HANDED_OFF, REOPENED, ESCALATED = "lead.handed_off", "handoff.reopened", "handoff.escalated"
CORRECTED, MERGED = "handoff.corrected", "handoff.merged"
MAILED = (HANDED_OFF, REOPENED, ESCALATED, CORRECTED, MERGED)
"""The topics of which people hear by mail; programs hear of all."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """`word` stands in the subject before what the lead did, `notice` above everything else, empty where none is
    needed. `news` are told also to whoever took the lead, or has it no more; all else only asks."""

    word: str = "ripe"
    notice: str = ""
    news: bool = False

    def concerns(self, question: Question) -> bool:
        """Whether there is still something to be told, as the hand-off stands."""
        return self.news or (question.open and not question.taken)


def occasion_of(topic: str, told: Mapping[str, object]) -> Occasion:
    """The occasion of a letter: its topic, and what it tells beside the lead's story."""
    if topic == REOPENED:
        return Occasion("asked again", "You wanted to be asked about this lead again now.")
    if topic == ESCALATED:
        asked = str(told.get("owner") or "")
        nobody = f"{asked} has not answered" if asked else "Nobody has answered"
        return Occasion("no answer yet", f"{nobody} about this lead. Please take it, or give it back.")
    if topic == CORRECTED:
        why = str(told.get("why") or "it was no person's")
        notice = f"A click that made this lead ripe was a machine's ({why}). Give it back if it is not ripe without."
        return Occasion("perhaps not ripe", notice, news=True)
    if topic == MERGED:
        whom = str(told.get("with") or "nobody")
        notice = f"This turned out to be the same person as another lead of ours, who goes on with {whom}."
        return Occasion(f"goes on with {whom}", notice, news=True)
    return Occasion()
