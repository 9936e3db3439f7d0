"""Everything that is known of one lead when its journey is decided: the whole bundle of facts, and nothing else.

The store fills these values; `decide` only reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState, MailKind

Value = str | int | float | bool | datetime | tuple[str, ...]


class EventKind(StrEnum):
    """What may happen to a lead."""

    OPEN = "open"
    CLICK = "click"
    REPLY = "reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    FORM = "form"
    PAGE_VIEW = "page_view"
    CUSTOM = "custom"


PAGE_VIEW_NAME, SCREEN_VIEW_NAME = "page_view", "screen_view"
"""What rules call a view of a page or of an app's screen; which one it was is a property."""


class Event(Struct, frozen=True, gc=False):
    """Something that happened, after its quarantine.

    `name` is the event's own name for custom events; `enrollment`, `step` and `link` say which mail it belongs to.
    """

    id: int
    kind: EventKind
    at: datetime
    actor: Actor = Actor.HUMAN
    name: str = ""
    received_at: datetime | None = None
    enrollment: int | None = None
    campaign: str = ""
    step: str = ""
    link: str = ""
    properties: Mapping[str, object] = field(default_factory=dict)


class Delivery(Struct, frozen=True, gc=False):
    """One mail of an enrollment's step."""

    enrollment: int
    campaign: str
    step: str
    occurrence: int
    mail: str
    kind: MailKind
    state: DeliveryState
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def in_flight(self) -> bool:
        """Whether the journey still waits for this mail; a fate that stays unknown is not waited for for ever."""
        return self.finished_at is None and self.state.in_flight


class Action(Struct, frozen=True, gc=False):
    """A due action of a step that reaches outside: open until `done_at`, at most until `deadline`."""

    enrollment: int
    step: str
    occurrence: int
    deadline: datetime | None = None
    done_at: datetime | None = None
    outcome: str = ""


class EnrollmentStatus(StrEnum):
    """active: runs · paused: waits in place for a lane, a hand-off or a paused campaign · ended: left, with a reason"""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Enrollment(Struct, frozen=True, gc=False):
    """One lead's run through one campaign, as stored.

    `step` is the next step to be done, empty once the stage has run out. `since` is the end of the previous step, from
    which the next wait counts. `visit` counts the stages entered so far, and so tells a second pass from the first.
    `passed` are the steps already over in this visit of the stage. `waiting` says in one code why nothing happens now.
    """

    id: int | None
    campaign: str
    run: int
    entered_at: datetime
    stage: str
    stage_entered_at: datetime
    since: datetime
    key: str = ""
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE
    step: str = ""
    visit: int = 1
    passed: tuple[str, ...] = ()
    due_at: datetime | None = None
    waiting: str = ""
    holdout: bool = False
    goal_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""
    trigger_event: int | None = None
    trigger: Mapping[str, object] = field(default_factory=dict)


class Suppression(Struct, frozen=True, gc=False):
    """A reason not to mail.

    `scope` is `all` (bounce, complaint, erasure), `marketing` (unsubscribed) or `topic:<theme>`.
    """

    reason: str
    scope: str = "all"
    since: datetime | None = None


class Lead(Struct, frozen=True, gc=False):
    """Who the lead is. `fields` holds the values typed by config; built-in ones stand beside them."""

    id: int
    created_at: datetime
    email: str = ""
    address_hash: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    source: str = ""
    lifecycle: str = ""
    country: str = ""
    language: str = ""
    zone: str = ""
    owner: str = ""
    score: float = 0.0
    fit: str = ""
    tracking: bool = True
    internal: bool = False
    subscribed: bool = True
    handed_off_at: datetime | None = None
    account_score: float = 0.0
    lifecycle_since: datetime | None = None
    lists: frozenset[str] = frozenset()


class LeadFacts(Struct, frozen=True, gc=False):
    """One lead with its whole history, as far as rules and steps can ask for it.

    `events` and `deliveries` are in the order of time. `passed_over` names the campaigns whose condition the lead met
    already when they went live without backfill.
    """

    lead: Lead
    enrollments: tuple[Enrollment, ...] = ()
    events: tuple[Event, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    actions: tuple[Action, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    passed_over: frozenset[str] = frozenset()
