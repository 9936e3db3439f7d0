"""What `decide` answers: the enrollments as they should be, what is to be done, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from engine.domain.delivery import MailKind
from engine.domain.journey.facts import Enrollment


class Line(Struct, frozen=True, gc=False):
    """One line of the lead's story: what happened and why, as a code and the values that its sentence needs."""

    at: datetime
    code: str
    campaign: str = ""
    run: int = 0
    data: Mapping[str, object] = field(default_factory=dict)


class Send(Struct, frozen=True, gc=False):
    """A mail that is to go: the delivery to create for (enrollment, step, occurrence)."""

    campaign: str
    run: int
    stage: str
    step: str
    occurrence: int
    mail: str
    kind: MailKind
    topic: str = ""
    thread: str = ""
    variants: Mapping[str, int] = field(default_factory=dict)
    expires_at: datetime | None = None


class Act(Struct, frozen=True, gc=False):
    """An action outside that is due: a task, a webhook, a hand-off or a notice."""

    campaign: str
    run: int
    step: str
    occurrence: int
    kind: str
    payload: Mapping[str, object]
    deadline: datetime | None = None


class Withdrawn(Struct, frozen=True, gc=False):
    """A marketing mail that was decided, is not begun, and is no longer wanted: to be dropped where it still waits."""

    enrollment: int
    step: str
    occurrence: int
    reason: str


class Score(Struct, frozen=True, gc=False):
    """The lead's score (0 to what config allows) and grade (A to D, or empty), where they are not as stored."""

    score: float
    fit: str


class Moved(Struct, frozen=True, gc=False):
    """The lead goes from one stage of the lifecycle to another; `theme` is the one that it cares about most."""

    before: str
    after: str
    why: str
    theme: str = ""


class Handover(Struct, frozen=True, gc=False):
    """The lead is given to sales: by which rule, event or step, and why in words.

    `ripened_at` is the instant of what made it ripe. Who gets it is decided where all leads in hand are known.
    """

    rule: str
    because: str
    ripened_at: datetime
    campaign: str = ""
    run: int = 0
    theme: str = ""
    to: str = ""
    note: str = ""


class Decision(Struct, frozen=True, gc=False):
    """The outcome of one look at a lead.

    `enrollments` are those that are new or changed; an enrollment is recognised by (campaign, run). `recheck_at` is the
    next instant at which time alone can change anything; None means that only an event can. `fields` are the values
    that steps have set, by name. `score` is there if it is not as stored, `handover` if the lead is given to sales now.
    """

    enrollments: tuple[Enrollment, ...] = ()
    sends: tuple[Send, ...] = ()
    actions: tuple[Act, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    handed_off: bool = False
    lines: tuple[Line, ...] = ()
    recheck_at: datetime | None = None
    withdrawn: tuple[Withdrawn, ...] = ()
    score: Score | None = None
    moved: tuple[Moved, ...] = ()
    handover: Handover | None = None
