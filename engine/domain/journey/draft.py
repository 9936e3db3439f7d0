"""What one decision gathers over all enrollments of a lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.journey.decision import Act, Handover, Line, Moved, Score, Send
from engine.domain.journey.facts import Event, LeadFacts
from engine.domain.journey.history import History
from engine.domain.journey.mailable import window_zone
from engine.domain.journey.programme import Programme
from engine.domain.own_events import LOST, RECYCLED, WON
from engine.domain.timing import zone_named

SCORED = ("score", "fit")
"""The names under which rules know how a lead is scored."""

RETURNS = (RECYCLED, WON, LOST)
"""The events after which sales has the lead no more: it gave it back, or its deal is over."""


@dataclass
class Draft:
    """The answer while it is being worked out, shared by all runs of the lead.

    `stirs` counts what other runs may see or depend on: fields set, runs begun and ended, a hand-off. While it grows,
    everything is asked once more, so that nothing waits for a later look.
    """

    facts: LeadFacts
    programme: Programme
    now: datetime
    sends: list[Send] = field(default_factory=list)
    actions: list[Act] = field(default_factory=list)
    fields: dict[str, object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    handed_off: bool = False
    score: Score | None = None
    moved: list[Moved] = field(default_factory=list)
    handover: Handover | None = None
    rechecks: list[datetime] = field(default_factory=list)
    stirs: int = 0
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(self.facts)

    @property
    def with_sales(self) -> bool:
        """Whether sales has the lead, since earlier or by this decision, and has not given it back since."""
        if self.handed_off:
            return True
        since = self.facts.lead.handed_off_at
        if since is None:
            return False
        return not any(_came_back(back, since) for name in RETURNS for back in self.history.by_name.get(name, ()))

    @property
    def marketing_sends(self) -> int:
        return sum(send.kind is MailKind.MARKETING for send in self.sends)

    def zone(self, campaign: Campaign) -> ZoneInfo:
        """The zone in which the lead's days and hours are counted in this campaign."""
        return window_zone(campaign.window, self.facts.lead, self.programme)

    @property
    def home_zone(self) -> ZoneInfo:
        """The company's zone, in which sales counts its days."""
        return zone_named(self.programme.policy.zone) or ZoneInfo("UTC")

    def recheck(self, instant: datetime | None) -> None:
        """Look at the lead again at this instant; only the future counts."""
        if instant is not None and instant > self.now:
            self.rechecks.append(instant)

    @property
    def own_fields(self) -> Mapping[str, object]:
        """The fields that steps have set; score and grade, which rules see beside them, are kept by themselves."""
        if self.score is None:
            return self.fields
        return {name: value for name, value in self.fields.items() if name not in SCORED}

    def set_fields(self, values: Mapping[str, object]) -> None:
        """Give fields of the lead these values, for the rules of this decision too."""
        if any(name not in self.fields or self.fields[name] != value for name, value in values.items()):
            self.stirs += 1
            self.fields.update(values)


def _came_back(back: Event, since: datetime) -> bool:
    """Whether sales gave the lead back after it was handed over.

    A give-back may be known by its day alone, which stands as that day's midnight; it then counts if it is of the day
    of the hand-off and came to us after it.
    """
    by_day = back.at.time() == time.min and back.at.date() == since.date()
    return back.at > since or (by_day and (back.received_at or back.at) > since)
