"""Accounts, the lifecycle, hand-offs, the outbox; opportunities, credit, costs and roll-ups; the API's keys.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

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


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_score", ["score"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
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
        "cost",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", RowId, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost")),
        sa.UniqueConstraint("campaign", "source", "day", "note", name=op.f("uq_cost_campaign_source_day_note")),
    )
    op.create_table(
        "definition",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
    )
    with op.batch_alter_table("definition", schema=None) as batch_op:
        batch_op.create_index("ix_definition_name", ["name", "id"], unique=False)

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
        "variant_count",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "step", "part", "variant", "day", "what", name=op.f("pk_variant_count")),
    )
    op.create_table(
        "visitor_event",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("visitor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("delivery_id", RowId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_event")),
        sa.UniqueConstraint("source_id", name=op.f("uq_visitor_event_source_id")),
    )
    with op.batch_alter_table("visitor_event", schema=None) as batch_op:
        batch_op.create_index("ix_visitor_event_delivery", ["delivery_id"], unique=False)
        batch_op.create_index("ix_visitor_event_received", ["received_at"], unique=False)
        batch_op.create_index("ix_visitor_event_visitor", ["visitor"], unique=False)

    op.create_table(
        "seen_message",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_seen_message")),
    )
    with op.batch_alter_table("seen_message", schema=None) as batch_op:
        batch_op.create_index("ix_seen_message_at", ["at"], unique=False)

    op.create_table(
        "waterfall",
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("seconds", RowId, nullable=False),
        sa.PrimaryKeyConstraint("cohort", "theme", "source", "before", "after", name=op.f("pk_waterfall")),
    )
    op.create_table(
        "winner",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "step", "part", "chosen_at", name=op.f("pk_winner")),
    )
    op.create_table(
        "account_name",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("account_id", RowId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_name_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_name")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_account_name_kind_value")),
    )
    with op.batch_alter_table("account_name", schema=None) as batch_op:
        batch_op.create_index("ix_account_name_account", ["account_id"], unique=False)

    op.create_table(
        "handoff",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("account_id", RowId, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ripened_at", Instant(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("enrollment_id", RowId, nullable=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("clock_at", Instant(), nullable=True),
        sa.Column("alerted_at", Instant(), nullable=True),
        sa.Column("touched_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("escalated_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer_note", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("story", Json, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_handoff_account_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_handoff_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.create_index("ix_handoff_at", ["at"], unique=False)
        batch_op.create_index("ix_handoff_clock", ["clock_at"], unique=False)
        batch_op.create_index("ix_handoff_lead", ["lead_id", "id"], unique=False)
        batch_op.create_index("ix_handoff_owner", ["owner", "state"], unique=False)
        batch_op.create_index(
            "uq_handoff_open",
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
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seconds", RowId, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lifecycle_change_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifecycle_change")),
    )
    with op.batch_alter_table("lifecycle_change", schema=None) as batch_op:
        batch_op.create_index("ix_lifecycle_change_after", ["after", "at"], unique=False)
        batch_op.create_index("ix_lifecycle_change_lead", ["lead_id", "id"], unique=False)

    op.create_table(
        "repeatable",
        sa.Column("api_key_id", RowId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_repeatable_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("pk_repeatable")),
    )
    with op.batch_alter_table("repeatable", schema=None) as batch_op:
        batch_op.create_index("ix_repeatable_at", ["at"], unique=False)

    op.create_table(
        "opportunity",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("lead_id", RowId, nullable=True),
        sa.Column("account_id", RowId, nullable=True),
        sa.Column("handoff_id", RowId, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", RowId, nullable=False),
        sa.Column("list_amount", RowId, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
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
    with op.batch_alter_table("opportunity", schema=None) as batch_op:
        batch_op.create_index("ix_opportunity_lead", ["lead_id"], unique=False)
        batch_op.create_index("ix_opportunity_opened", ["opened_at"], unique=False)
        batch_op.create_index("ix_opportunity_stale", ["stale", "id"], unique=False)
        batch_op.create_index("ix_opportunity_outcome", ["outcome", "closed_at"], unique=False)

    op.create_table(
        "credit_day",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
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
        sa.Column("won", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("no_decision", sa.Integer(), nullable=False),
        sa.Column("revenue", RowId, nullable=False),
        sa.Column("revenue_squares", sa.Float(), nullable=False),
        sa.Column("cycle", RowId, nullable=False),
        sa.Column("cycle_squares", RowId, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("discount", RowId, nullable=False),
        sa.Column("discount_squares", RowId, nullable=False),
        sa.PrimaryKeyConstraint("day", "nurtured", "recycled", name=op.f("pk_deal_day")),
    )
    op.create_table(
        "credit",
        sa.Column("opportunity_id", RowId, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("amount", RowId, nullable=False),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunity.id"], name=op.f("fk_credit_opportunity_id")),
        sa.PrimaryKeyConstraint("opportunity_id", "model", "place", name=op.f("pk_credit")),
    )
    with op.batch_alter_table("credit", schema=None) as batch_op:
        batch_op.create_index("ix_credit_model", ["model", "campaign"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("lead_id", RowId, nullable=True),
        sa.Column("handoff_id", RowId, nullable=True),
        sa.Column("action_id", RowId, nullable=True),
        sa.Column("payload", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("given_up_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_outbox_action_id")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_outbox_handoff_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_outbox_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_action", ["action_id"], unique=False)
        batch_op.create_index("ix_outbox_done", ["done_at"], unique=False)
        batch_op.create_index("ix_outbox_due", ["due_at", "id"], unique=False)
        batch_op.create_index("ix_outbox_lead", ["lead_id"], unique=False)

    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_id", RowId, nullable=True))
        batch_op.add_column(sa.Column("account_score", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("lifecycle_since", Instant(), nullable=True))
        batch_op.create_index("ix_lead_account", ["account_id"], unique=False)
        batch_op.create_index("ix_lead_email", ["email", "id"], unique=False)
        batch_op.create_index("ix_lead_score", ["score", "id"], unique=False)
        batch_op.create_index("ix_lead_updated", ["updated_at", "id"], unique=False)

    with op.batch_alter_table("enrollment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_enrollment_ended",
            ["campaign", "ended_why"],
            unique=False,
            sqlite_where=sa.text("status = 'ended'"),
            postgresql_where=sa.text("status = 'ended'"),
        )


def downgrade() -> None:
    op.drop_index("ix_enrollment_ended", "enrollment")
    for index in ("updated", "score", "email", "account"):
        op.drop_index(f"ix_lead_{index}", "lead")
    for column in ("lifecycle_since", "account_score", "account_id"):
        op.drop_column("lead", column)
    for table in TABLES:
        op.drop_table(table)
