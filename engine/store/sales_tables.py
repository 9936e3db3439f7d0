"""The tables between marketing and sales: accounts, the lifecycle, hand-offs, and what is to be told outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from engine.store.columns import Base, document, instant, reference, row_id
from engine.store.types import RowId


class AccountRow(Base, table=True):
    """A company, with the score that its people have together. `owner` is who has it by name, whoever its leads are."""

    __tablename__ = "account"
    __table_args__ = (Index("ix_account_score", "score"),)

    id: int = row_id()
    name: str = Field(default="", sa_type=Text)
    owner: str = Field(default="", sa_type=Text)
    score: float = 0.0
    fields: dict[str, Any] = document()
    created_at: datetime = instant(nullable=False)
    updated_at: datetime = instant(nullable=False)


class AccountNameRow(Base, table=True):
    """One of an account's names: kind `domain`, `group` (from events) or a CRM's; the value as compared."""

    __tablename__ = "account_name"
    __table_args__ = (UniqueConstraint("kind", "value"), Index("ix_account_name_account", "account_id"))

    id: int = row_id()
    account_id: int = reference("account.id")
    kind: str = Field(sa_type=Text)
    value: str = Field(sa_type=Text)


class LifecycleChangeRow(Base, table=True):
    """A lead went from one stage of the lifecycle to another: when, why, and who owns it there.

    `theme` and `source` are the lead's at that moment; `seconds` how long it was in the stage before.
    """

    __tablename__ = "lifecycle_change"
    __table_args__ = (
        Index("ix_lifecycle_change_lead", "lead_id", "id"),
        Index("ix_lifecycle_change_after", "after", "at"),
    )

    id: int = row_id()
    lead_id: int = reference("lead.id")
    at: datetime = instant(nullable=False)
    before: str = Field(default="", sa_type=Text)
    after: str = Field(sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    owner: str = Field(default="", sa_type=Text)
    theme: str = Field(default="", sa_type=Text)
    source: str = Field(default="", sa_type=Text)
    seconds: int | None = Field(default=None, sa_type=RowId)


class HandoffRow(Base, table=True):
    """A lead given to sales. `state` moves along `engine.domain.sales.handoff.TRANSITIONS`; a lead has at most one that
    is open. `ripened_at` is the instant of what made the lead ripe, `clock_at` when the next deadline runs out, `story`
    what sales was told, as it was told."""

    __tablename__ = "handoff"
    __table_args__ = (
        Index(
            "uq_handoff_open",
            "lead_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_handoff_lead", "lead_id", "id"),
        Index("ix_handoff_clock", "clock_at"),
        Index("ix_handoff_owner", "owner", "state"),
        Index("ix_handoff_turns", "owner", "id"),
        Index("ix_handoff_at", "at"),
    )

    id: int = row_id()
    lead_id: int = reference("lead.id")
    account_id: int | None = reference("account.id", nullable=True)
    at: datetime = instant(nullable=False)
    ripened_at: datetime = instant(nullable=False)
    rule: str = Field(default="", sa_type=Text, description="What made it ripe: the rule as it was, an event, a step.")
    because: str = Field(default="", sa_type=Text, description="Why, in words with the lead's own values.")
    enrollment_id: int | None = Field(default=None, sa_type=RowId)
    campaign: str = Field(default="", sa_type=Text)
    theme: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    owner: str = Field(default="", sa_type=Text)
    route: str = Field(default="", sa_type=Text, description="Why this owner, in words.")
    state: str = Field(sa_type=Text)
    clock_at: datetime | None = instant()
    alerted_at: datetime | None = instant()
    touched_at: datetime | None = instant()
    answered_at: datetime | None = instant()
    answered_by: str = Field(default="", sa_type=Text)
    escalated_at: datetime | None = instant()
    reason: str = Field(default="", sa_type=Text, description="Why sales gave it back; a reason of config's.")
    answer_note: str = Field(default="", sa_type=Text)
    ended_at: datetime | None = instant()
    story: dict[str, Any] = document()


class OutboxRow(Base, table=True):
    """Something to be told outside, written down with what it is about, so that nothing is lost while they are away.

    `kind` is mail, webhook or crm; `message_id` names it for ever, so that receivers can drop what comes twice.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("message_id"),
        Index("ix_outbox_due", "due_at", "id"),
        Index("ix_outbox_lead", "lead_id"),
        Index("ix_outbox_action", "action_id"),
        Index("ix_outbox_done", "done_at"),
    )

    id: int = row_id()
    message_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    target: str = Field(default="", sa_type=Text, description="A webhook's or connector's name, or who is mailed.")
    topic: str = Field(default="", sa_type=Text, description="What it says: `lead.handed_off`, `task.due` …")
    lead_id: int | None = reference("lead.id", nullable=True)
    handoff_id: int | None = reference("handoff.id", nullable=True)
    action_id: int | None = reference("action.id", nullable=True)
    payload: dict[str, Any] = document()
    created_at: datetime = instant(nullable=False)
    due_at: datetime | None = instant()
    attempts: int = 0
    problem: str = Field(default="", sa_type=Text)
    done_at: datetime | None = instant()
    given_up_at: datetime | None = instant()


class DefinitionRow(Base, table=True):
    """What marketing and sales agreed on, each version since when: the sales-ready rule, the scoring."""

    __tablename__ = "definition"
    __table_args__ = (Index("ix_definition_name", "name", "id"),)

    id: int = row_id()
    name: str = Field(sa_type=Text)
    value: str = Field(sa_type=Text)
    since: datetime = instant(nullable=False)
