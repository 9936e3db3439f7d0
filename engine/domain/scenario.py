"""A scenario as its author means it: a lead, a start, and in order what the lead does and what is expected.

Pure values, made by `engine.authoring` from a file and played by `engine.rehearsal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.actor import Actor
from engine.domain.timing import Delay
from engine.errors import Place

ACTS = (
    "opens",
    "clicks",
    "replies",
    "unsubscribes",
    "bounces",
    "event",
    "becomes",
    "sales",
    "task_done",
    "silent",
)
"""What happens to the lead, what colleagues do, and time that passes."""

ACCEPTS, REJECTS, SNOOZES = "accepts", "rejects", "snoozes"
ANSWERS = (ACCEPTS, REJECTS, SNOOZES)
"""What sales may answer about a lead that it has in hand."""

EXPECTATIONS = (
    "mail",
    "no_mail",
    "stage",
    "handoff",
    "task",
    "webhook",
    "notify",
    "handed_over",
    "goal",
    "leaves",
    "is",
)
"""What should follow."""

OUTSIDE = ("handoff", "task", "webhook", "notify")
"""Expectations of steps that reach outside, by the kind of the step."""

ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A minute or a whole local day: from `start` (UTC) until before `end`."""

    start: datetime
    end: datetime

    @property
    def is_day(self) -> bool:
        return self.end - self.start > ONE_MINUTE


@dataclass(frozen=True, slots=True)
class MailName:
    """A mail by the campaign and the step that send it."""

    campaign: str
    step: str


@dataclass(frozen=True, slots=True)
class Then:
    """One step of a scenario; `kind` is one of `ACTS` or `EXPECTATIONS`.

    `what` is the link, event, stage, step, answer or colleague that the kind is about; `reason` why sales gives a lead
    back, `outcome` what came of a task. `on` and `after` say when an act happens,
    or when what is expected is due (`after`: at the latest); `until` how long silence or a snooze lasts.
    """

    kind: str
    place: Place
    what: str = ""
    mail: MailName = MailName("", "")
    values: Mapping[str, object] = field(default_factory=dict)
    on: Moment | None = None
    after: Delay | None = None
    until: Moment | Delay | None = None
    by: Actor = Actor.HUMAN
    subject: str = ""
    says: str = ""
    because: str = ""
    reason: str = ""
    outcome: str = ""
    fate: str = "accepted"


@dataclass(frozen=True, slots=True)
class Start:
    """The event that lets the lead in, where one does."""

    event: str
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `others` are the campaigns of the home that take part beside the one under test.

    `variants` names for a step the variant (from 1) that the lead gets; otherwise it is the first.
    """

    name: str
    campaign: str
    place: Place
    start: datetime
    zone: ZoneInfo
    lead: Mapping[str, object] = field(default_factory=dict)
    trigger: Start | None = None
    others: tuple[str, ...] = ()
    holdout: bool = False
    variants: Mapping[str, int] = field(default_factory=dict)
    then: tuple[Then, ...] = ()
