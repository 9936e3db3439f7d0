"""The tables. Who needs a query finds it as a named function in the module of its subject beside this one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from engine.store.columns import Base, document, instant, reference, row_id
from engine.store.types import Json, RowId


class LeadRow(Base, table=True):
    """A lead. `fields` holds its typed values as written, `folded` the casefolded copy of every text among them and of
    the built-in texts under `~name`; rules compare the folded ones. `next_due_at` is when the journey looks at it
    again. `address_hash` is the keyed hash under which suppressions know its address. `score` is as of the last
    look, and `account_score` that of its account."""

    __tablename__ = "lead"
    __table_args__ = (
        Index("ix_lead_due", "next_due_at", "id"),
        Index("ix_lead_public_id", "public_id", unique=True),
        Index("ix_lead_address_hash", "address_hash"),
        Index("ix_lead_account", "account_id"),
        Index("ix_lead_score", "score", "id"),
        Index("ix_lead_email", "email", "id"),
        Index("ix_lead_updated", "updated_at", "id"),
    )

    id: int = row_id()
    public_id: str = Field(sa_type=Text)
    email: str = Field(default="", sa_type=Text)
    created_at: datetime = instant(nullable=False)
    updated_at: datetime = instant(nullable=False)
    source: str = Field(default="", sa_type=Text)
    lifecycle: str = Field(default="", sa_type=Text)
    country: str = Field(default="", sa_type=Text)
    language: str = Field(default="", sa_type=Text)
    zone: str = Field(default="", sa_type=Text)
    owner: str = Field(default="", sa_type=Text)
    score: float = 0.0
    fit: str = Field(default="", sa_type=Text)
    tracking: bool = True
    internal: bool = False
    subscribed: bool = Field(default=True)
    handed_off_at: datetime | None = instant()
    merged_into: int | None = reference("lead.id", nullable=True)
    fields: dict[str, Any] = document()
    folded: dict[str, Any] = document()
    address_hash: str = Field(default="", sa_type=Text)
    next_due_at: datetime | None = instant()
    account_id: int | None = Field(default=None, sa_type=RowId, description="Its company among the accounts.")
    account_score: float = 0.0
    lifecycle_since: datetime | None = instant()


class IdentityRow(Base, table=True):
    """One of a lead's names: kind email, userId, anonymousId or a CRM's; the value as compared (normalised)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("kind", "value"), Index("ix_identity_lead", "lead_id"))

    id: int = row_id()
    lead_id: int = reference("lead.id")
    kind: str = Field(sa_type=Text)
    value: str = Field(sa_type=Text)


class ListMemberRow(Base, table=True):
    """A lead on a list; lists exist by having members."""

    __tablename__ = "list_member"
    __table_args__ = (Index("ix_list_member_name", "name", "lead_id"),)

    lead_id: int = reference("lead.id", primary_key=True)
    name: str = Field(sa_column=Column(Text, primary_key=True))
    joined_at: datetime = instant(nullable=False)


class ConsentRow(Base, table=True):
    """Permission given or withdrawn, with its proof: when, where, in which words. The newest row of a topic counts."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_lead", "lead_id", "id"),)

    id: int = row_id()
    lead_id: int = reference("lead.id")
    topic: str = Field(default="", sa_type=Text, description="A theme; empty for all marketing mail.")
    granted: bool
    at: datetime = instant(nullable=False)
    source: str = Field(default="", sa_type=Text)
    proof: dict[str, Any] = document()


class SuppressionRow(Base, table=True):
    """Who must not be mailed: by keyed hash of the address, so that it outlives the lead, with reason and source.

    `scope` is `all` (bounce, complaint, erasure), `marketing` (unsubscribed) or `topic:<theme>`.
    """

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address_hash", "scope"),)

    id: int = row_id()
    address_hash: str = Field(sa_type=Text)
    scope: str = Field(default="all", sa_type=Text)
    reason: str = Field(sa_type=Text)
    source: str = Field(default="", sa_type=Text)
    at: datetime = instant(nullable=False)


class BundleRow(Base, table=True):
    """A version of campaigns and templates as applied: the files' text and the compiled mails, by content."""

    __tablename__ = "bundle"

    id: int = row_id()
    digest: str = Field(sa_type=Text)
    applied_at: datetime = instant(nullable=False)
    applied_by: str = Field(default="", sa_type=Text)
    summary: str = Field(default="", sa_type=Text)
    files: dict[str, Any] = document()
    mails: dict[str, Any] = document()


class BlobRow(Base, table=True):
    """Content by its digest: compiled mails, pictures, the dictionaries that mail copies are packed with."""

    __tablename__ = "blob"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    content_type: str = Field(default="", sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CampaignRow(Base, table=True):
    """How a campaign stands in this home: live since when, paused by an operator or not."""

    __tablename__ = "campaign"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    live_since: datetime | None = instant()
    paused_at: datetime | None = instant()


class PassedOverRow(Base, table=True):
    """A lead that met a campaign's condition before it went live without backfill, and so does not enter by it."""

    __tablename__ = "passed_over"
    __table_args__ = (Index("ix_passed_over_lead", "lead_id", "campaign"),)

    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    lead_id: int = reference("lead.id", primary_key=True)


class EnrollmentRow(Base, table=True):
    """One lead's run through one campaign; see `engine.domain.journey.facts.Enrollment` for the meaning."""

    __tablename__ = "enrollment"
    __table_args__ = (
        UniqueConstraint("lead_id", "campaign", "run"),
        Index("ix_enrollment_campaign", "campaign", "status", "stage", "step"),
        Index(
            "ix_enrollment_ended",
            "campaign",
            "ended_why",
            sqlite_where=text("status = 'ended'"),
            postgresql_where=text("status = 'ended'"),
        ),
    )

    id: int = row_id()
    lead_id: int = reference("lead.id")
    campaign: str = Field(sa_type=Text)
    run: int
    key: str = Field(default="", sa_type=Text)
    status: str = Field(sa_type=Text)
    entered_at: datetime = instant(nullable=False)
    stage: str = Field(sa_type=Text)
    stage_entered_at: datetime = instant(nullable=False)
    since: datetime = instant(nullable=False)
    step: str = Field(default="", sa_type=Text)
    visit: int = 1
    passed: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    due_at: datetime | None = instant()
    waiting: str = Field(default="", sa_type=Text)
    holdout: bool = False
    goal_at: datetime | None = instant()
    ended_at: datetime | None = instant()
    ended_why: str = Field(default="", sa_type=Text)
    trigger_event: int | None = Field(default=None, sa_type=RowId)
    trigger: dict[str, Any] = document()


class DeliveryRow(Base, table=True):
    """One mail for one lead and step; the unique constraint is the promise that it is decided once.

    `state` moves along `engine.domain.delivery.TRANSITIONS`. `due_at` is when it is next to be tried. `fence` is the
    number of the attempt that holds it; the gate admits only that one.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "step", "occurrence"),
        Index("ix_delivery_due", "state", "due_at"),
        Index("ix_delivery_lead", "lead_id", "id"),
    )

    id: int = row_id()
    lead_id: int = reference("lead.id")
    enrollment_id: int | None = reference("enrollment.id", nullable=True)
    campaign: str = Field(default="", sa_type=Text)
    stage: str = Field(default="", sa_type=Text)
    topic: str = Field(default="", sa_type=Text, description="The campaign's theme.")
    step: str = Field(sa_type=Text)
    occurrence: int = 1
    mail: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    thread: str = Field(default="", sa_type=Text)
    variants: dict[str, Any] = document()
    bundle_id: int | None = reference("bundle.id", nullable=True)
    state: str = Field(sa_type=Text)
    created_at: datetime = instant(nullable=False)
    due_at: datetime | None = instant()
    expires_at: datetime | None = instant()
    first_attempt_at: datetime | None = instant()
    begun_at: datetime | None = instant()
    finished_at: datetime | None = instant()
    attempts: int = 0
    unknowns: int = Field(default=0, description="How often nobody knew whether the relay took it.")
    fence: int = 0
    claimed_by: str = Field(default="", sa_type=Text)
    claimed_until: datetime | None = instant()
    address_hash: str = Field(default="", sa_type=Text)
    relay: str = Field(default="", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    reply: str = Field(default="", sa_type=Text)
    subject: str = Field(default="", sa_type=Text)
    form: str = Field(default="", sa_type=Text, description="Digest of the compiled mail that it was rendered from.")
    test: bool = False


class AttemptRow(Base, table=True):
    """One try to hand a delivery to a relay, once it has ended. While it lasts, the delivery itself says so.

    Its number never comes twice, also when rows are deleted: by it a restored store is recognised."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_delivery", "delivery_id", "number"), {"sqlite_autoincrement": True})

    id: int = row_id()
    delivery_id: int = reference("delivery.id")
    number: int
    begun_at: datetime = instant(nullable=False)
    ended_at: datetime | None = instant()
    relay: str = Field(default="", sa_type=Text)
    phase: str = Field(default="", sa_type=Text)
    outcome: str = Field(default="", sa_type=Text)
    reply: str = Field(default="", sa_type=Text)


class MailCopyRow(Base, table=True):
    """A mail exactly as it was sent, packed with the dictionary of its form."""

    __tablename__ = "mail_copy"

    delivery_id: int = reference("delivery.id", primary_key=True)
    dictionary: str = Field(sa_type=Text)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EventRow(Base, table=True):
    """Something that happened to a lead. `source_id` makes a replay change nothing. Opens and clicks count from
    `settles_at`, when `actor` is judged; until then they are `pending`."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source_id"),
        Index("ix_event_lead", "lead_id", "kind", "at"),
        Index("ix_event_pending", "pending", "settles_at"),
        Index("ix_event_delivery", "delivery_id"),
    )

    id: int = row_id()
    source_id: str = Field(sa_type=Text)
    lead_id: int = reference("lead.id")
    kind: str = Field(sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    at: datetime = instant(nullable=False)
    received_at: datetime = instant(nullable=False)
    pending: bool = False
    settles_at: datetime | None = instant()
    actor: str = Field(default="human", sa_type=Text)
    judged: str = Field(default="", sa_type=Text, description="Why the actor is taken for what it is.")
    delivery_id: int | None = reference("delivery.id", nullable=True)
    enrollment_id: int | None = Field(default=None, sa_type=RowId)
    campaign: str = Field(default="", sa_type=Text)
    stage: str = Field(default="", sa_type=Text)
    step: str = Field(default="", sa_type=Text)
    link: str = Field(default="", sa_type=Text)
    properties: dict[str, Any] = document()
    folded: dict[str, Any] = document()
    evidence: dict[str, Any] = document()


class ActionRow(Base, table=True):
    """A due action outside: a task, a webhook, a hand-off or a notice."""

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "step", "occurrence"),
        Index("ix_action_open", "kind", "done_at"),
        Index("ix_action_lead", "lead_id"),
    )

    id: int = row_id()
    lead_id: int = reference("lead.id")
    enrollment_id: int = reference("enrollment.id")
    step: str = Field(sa_type=Text)
    occurrence: int = 1
    kind: str = Field(sa_type=Text)
    payload: dict[str, Any] = document()
    created_at: datetime = instant(nullable=False)
    deadline: datetime | None = instant()
    done_at: datetime | None = instant()
    outcome: str = Field(default="", sa_type=Text)


class StoryRow(Base, table=True):
    """One line of a lead's story: every decision leaves its reason here."""

    __tablename__ = "story"
    __table_args__ = (Index("ix_story_lead", "lead_id", "id"),)

    id: int = row_id()
    lead_id: int = reference("lead.id")
    at: datetime = instant(nullable=False)
    code: str = Field(sa_type=Text)
    campaign: str = Field(default="", sa_type=Text)
    run: int = 0
    data: dict[str, Any] = document()


class DailyCountRow(Base, table=True):
    """How often something happened on a day, at a step: `what` is the outcome of attempts (`accepted`, …), or an event
    and who caused it (`click:human`). Kept when the rows behind it are forgotten; days are those of the company."""

    __tablename__ = "daily_count"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    step: str = Field(sa_column=Column(Text, primary_key=True))
    what: str = Field(sa_column=Column(Text, primary_key=True))
    n: int = 0


class AlertRow(Base, table=True):
    """Something the operator must know: raised once for a subject, until it is over."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_open", "subject", "over_at"),)

    id: int = row_id()
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    raised_at: datetime = instant(nullable=False)
    told_at: datetime | None = instant()
    over_at: datetime | None = instant()


class HomeRow(Base, table=True):
    """Single values of this store: its identity, the schema's state, flags such as a held sending."""

    __tablename__ = "home"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_type=Text)
