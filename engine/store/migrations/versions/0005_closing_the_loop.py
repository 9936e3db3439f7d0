"""Accounts, the lifecycle, hand-offs, the outbox; opportunities, credit, costs and roll-ups; the API's keys.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from engine.store.types import Instant, Json, RowId

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    "outbox",
    "credit",
    "opportunity",
    "repeatable",
    "lifecycle_change",
    "handoff",
    "account_name",
    "winner",
    "waterfall",
    "visitor_event",
    "seen_message",
    "variant_count",
    "forecast",
    "definition",
    "deal_day",
    "credit_day",
    "cost",
    "cohort",
    "api_key",
    "account",
)
"""The new ones, those that refer to others before them."""


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _maybe_instants(*names: str) -> list[sa.Column[datetime]]:
    return [sa.Column(name, Instant(), nullable=True) for name in names]


def upgrade() -> None:
    _accounts()
    _hand_offs()
    _deals()
    _deals_by_day()
    _outbox()
    _visitors()
    _keys()
    _counts()
    _judgements()
    _leads()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("name", "owner"),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_score", "account", ["score"])
    op.create_table(
        "account_name",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("account_id", RowId, nullable=False),
        *_texts("kind", "value"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_name_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_name")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_account_name_kind_value")),
    )
    op.create_index("ix_account_name_account", "account_name", ["account_id"])


def _hand_offs() -> None:
    op.create_table(
        "handoff",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("account_id", RowId, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ripened_at", Instant(), nullable=False),
        *_texts("rule", "because"),
        sa.Column("enrollment_id", RowId, nullable=True),
        *_texts("campaign", "theme", "note", "owner", "route", "state"),
        *_maybe_instants("clock_at", "alerted_at", "touched_at", "answered_at"),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("escalated_at", Instant(), nullable=True),
        *_texts("reason", "answer_note"),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("story", Json, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_handoff_account_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_handoff_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    op.create_index("ix_handoff_at", "handoff", ["at"])
    op.create_index("ix_handoff_clock", "handoff", ["clock_at"])
    op.create_index("ix_handoff_lead", "handoff", ["lead_id", "id"])
    op.create_index("ix_handoff_owner", "handoff", ["owner", "state"])
    op.create_index(
        "uq_handoff_open",
        "handoff",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "lifecycle_change",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *_texts("before", "after", "why", "owner", "theme", "source"),
        sa.Column("seconds", RowId, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lifecycle_change_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifecycle_change")),
    )
    op.create_index("ix_lifecycle_change_after", "lifecycle_change", ["after", "at"])
    op.create_index("ix_lifecycle_change_lead", "lifecycle_change", ["lead_id", "id"])


def _deals() -> None:
    op.create_table(
        "opportunity",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("source", "external_id"),
        sa.Column("lead_id", RowId, nullable=True),
        sa.Column("account_id", RowId, nullable=True),
        sa.Column("handoff_id", RowId, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", RowId, nullable=False),
        sa.Column("list_amount", RowId, nullable=True),
        *_texts("currency", "stage", "outcome"),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("nurtured", sa.Boolean(), nullable=False),
        sa.Column("recycled", sa.Boolean(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("counted", Json, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_opportunity_account_id")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_opportunity_handoff_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_opportunity_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_opportunity_source_external_id")),
    )
    op.create_index("ix_opportunity_lead", "opportunity", ["lead_id"])
    op.create_index("ix_opportunity_opened", "opportunity", ["opened_at"])
    op.create_index("ix_opportunity_stale", "opportunity", ["stale", "id"])
    op.create_index("ix_opportunity_outcome", "opportunity", ["outcome", "closed_at"])
    op.create_table(
        "credit",
        sa.Column("opportunity_id", RowId, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *_texts("campaign", "theme", "mail", "source"),
        sa.Column("amount", RowId, nullable=False),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunity.id"], name=op.f("fk_credit_opportunity_id")),
        sa.PrimaryKeyConstraint("opportunity_id", "model", "place", name=op.f("pk_credit")),
    )
    op.create_index("ix_credit_model", "credit", ["model", "campaign"])
    op.create_table(
        "cost",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("campaign", "source"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", RowId, nullable=False),
        *_texts("currency", "note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost")),
        sa.UniqueConstraint("campaign", "source", "day", "note", name=op.f("uq_cost_campaign_source_day_note")),
    )


def _deals_by_day() -> None:
    op.create_table(
        "credit_day",
        *_texts("model", "dimension", "span"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("recycled", sa.Boolean(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("pipeline", RowId, nullable=False),
        sa.Column("won", sa.Integer(), nullable=False),
        sa.Column("revenue", RowId, nullable=False),
        sa.PrimaryKeyConstraint("model", "dimension", "span", "day", "name", "recycled", name=op.f("pk_credit_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deal_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("nurtured", sa.Boolean(), nullable=False),
        sa.Column("recycled", sa.Boolean(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("pipeline", RowId, nullable=False),
        *_numbers("won", "lost", "no_decision"),
        sa.Column("revenue", RowId, nullable=False),
        sa.Column("revenue_squares", sa.Float(), nullable=False),
        sa.Column("cycle", RowId, nullable=False),
        sa.Column("cycle_squares", RowId, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("discount", RowId, nullable=False),
        sa.Column("discount_squares", RowId, nullable=False),
        sa.PrimaryKeyConstraint("day", "nurtured", "recycled", name=op.f("pk_deal_day")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("message_id", "kind", "target", "topic"),
        sa.Column("lead_id", RowId, nullable=True),
        sa.Column("handoff_id", RowId, nullable=True),
        sa.Column("action_id", RowId, nullable=True),
        sa.Column("payload", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        *_maybe_instants("done_at", "given_up_at"),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_outbox_action_id")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_outbox_handoff_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_outbox_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index("ix_outbox_action", "outbox", ["action_id"])
    op.create_index("ix_outbox_done", "outbox", ["done_at"])
    op.create_index("ix_outbox_due", "outbox", ["due_at", "id"])
    op.create_index("ix_outbox_lead", "outbox", ["lead_id"])


def _visitors() -> None:
    op.create_table(
        "visitor_event",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("source_id", "visitor", "kind", "name"),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("delivery_id", RowId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_event")),
        sa.UniqueConstraint("source_id", name=op.f("uq_visitor_event_source_id")),
    )
    op.create_index("ix_visitor_event_delivery", "visitor_event", ["delivery_id"])
    op.create_index("ix_visitor_event_received", "visitor_event", ["received_at"])
    op.create_index("ix_visitor_event_visitor", "visitor_event", ["visitor"])
    op.create_table(
        "seen_message",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_seen_message")),
    )
    op.create_index("ix_seen_message_at", "seen_message", ["at"])


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("name", "start", "digest"),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        *_maybe_instants("expires_at", "revoked_at", "used_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "repeatable",
        sa.Column("api_key_id", RowId, nullable=False),
        *_texts("key", "request"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_repeatable_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("pk_repeatable")),
    )
    op.create_index("ix_repeatable_at", "repeatable", ["at"])


def _counts() -> None:
    op.create_table(
        "cohort",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("holdout", sa.Boolean(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("n", RowId, nullable=False),
        sa.PrimaryKeyConstraint("day", "campaign", "holdout", "what", name=op.f("pk_cohort")),
    )
    op.create_table(
        "variant_count",
        *_texts("campaign", "step", "part"),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "step", "part", "variant", "day", "what", name=op.f("pk_variant_count")),
    )
    op.create_table(
        "waterfall",
        sa.Column("cohort", sa.Date(), nullable=False),
        *_texts("theme", "source", "before", "after"),
        *_numbers("n", "first"),
        sa.Column("seconds", RowId, nullable=False),
        sa.PrimaryKeyConstraint("cohort", "theme", "source", "before", "after", name=op.f("pk_waterfall")),
    )


def _judgements() -> None:
    op.create_table(
        "definition",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        *_texts("name", "value"),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
    )
    op.create_index("ix_definition_name", "definition", ["name", "id"])
    op.create_table(
        "forecast",
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("actual", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("made_on", "week", name=op.f("pk_forecast")),
    )
    op.create_table(
        "winner",
        *_texts("campaign", "step", "part"),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("chosen_at", Instant(), nullable=False),
        *_texts("chosen_by", "why", "told"),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "step", "part", "chosen_at", name=op.f("pk_winner")),
    )


def _leads() -> None:
    op.add_column("lead", sa.Column("account_id", RowId, nullable=True))
    op.add_column("lead", sa.Column("account_score", sa.Float(), server_default="0", nullable=False))
    op.add_column("lead", sa.Column("lifecycle_since", Instant(), nullable=True))
    op.create_index("ix_lead_account", "lead", ["account_id"])
    op.create_index(
        "ix_lead_score",
        "lead",
        ["score"],
        sqlite_where=sa.text("score > 0"),
        postgresql_where=sa.text("score > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_lead_score", "lead")
    op.drop_index("ix_lead_account", "lead")
    for column in ("lifecycle_since", "account_score", "account_id"):
        op.drop_column("lead", column)
    for table in TABLES:
        op.drop_table(table)
