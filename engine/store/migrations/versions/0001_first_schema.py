"""The first schema: what runs, leads, permission, journeys, deliveries, events.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Instant, Json, RowId

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _running()
    _leads()
    _permission()
    _journeys()
    _stories()
    _deliveries()
    _attempts()
    _events()


def _running() -> None:
    op.create_table(
        "alert",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("over_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index("ix_alert_open", "alert", ["subject", "over_at"])
    op.create_table(
        "blob",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "bundle",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("mails", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
    )
    op.create_table(
        "campaign",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("live_since", Instant(), nullable=True),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaign")),
    )
    op.create_table(
        "home",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_home")),
    )


def _leads() -> None:
    op.create_table(
        "lead",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Boolean(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("handed_off_at", Instant(), nullable=True),
        sa.Column("merged_into", RowId, nullable=True),
        sa.Column("fields", Json, nullable=False),
        sa.Column("folded", Json, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("next_due_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["lead.id"], name=op.f("fk_lead_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
    )
    op.create_index("ix_lead_address_hash", "lead", ["address_hash"])
    op.create_index("ix_lead_due", "lead", ["next_due_at", "id"])
    op.create_index("ix_lead_public_id", "lead", ["public_id"], unique=True)
    op.create_table(
        "identity",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_identity_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_identity_kind_value")),
    )
    op.create_index("ix_identity_lead", "identity", ["lead_id"])
    op.create_table(
        "list_member",
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_list_member_lead_id")),
        sa.PrimaryKeyConstraint("lead_id", "name", name=op.f("pk_list_member")),
    )
    op.create_index("ix_list_member_name", "list_member", ["name", "lead_id"])


def _permission() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("address_hash", "scope", name=op.f("uq_suppression_address_hash_scope")),
    )
    op.create_table(
        "consent",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proof", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_consent_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_lead", "consent", ["lead_id", "id"])


def _journeys() -> None:
    op.create_table(
        "enrollment",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("stage_entered_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("passed", Json, nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("holdout", sa.Boolean(), nullable=False),
        sa.Column("goal_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.Column("trigger_event", RowId, nullable=True),
        sa.Column("trigger", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_enrollment_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment")),
        sa.UniqueConstraint("lead_id", "campaign", "run", name=op.f("uq_enrollment_lead_id_campaign_run")),
    )
    op.create_index("ix_enrollment_campaign", "enrollment", ["campaign", "status", "stage", "step"])
    op.create_table(
        "passed_over",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_passed_over_lead_id")),
        sa.PrimaryKeyConstraint("campaign", "lead_id", name=op.f("pk_passed_over")),
    )


def _stories() -> None:
    op.create_table(
        "story",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_story_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    op.create_index("ix_story_lead", "story", ["lead_id", "id"])
    op.create_table(
        "action",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("enrollment_id", RowId, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_action_enrollment_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_action_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sa.UniqueConstraint(
            "enrollment_id", "step", "occurrence", name=op.f("uq_action_enrollment_id_step_occurrence")
        ),
    )
    op.create_index("ix_action_lead", "action", ["lead_id"])
    op.create_index("ix_action_open", "action", ["kind", "done_at"])


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("enrollment_id", RowId, nullable=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("variants", Json, nullable=False),
        sa.Column("bundle_id", RowId, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("first_attempt_at", Instant(), nullable=True),
        sa.Column("begun_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundle.id"], name=op.f("fk_delivery_bundle_id")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_delivery_enrollment_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_delivery_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "enrollment_id", "step", "occurrence", name=op.f("uq_delivery_enrollment_id_step_occurrence")
        ),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "due_at"])
    op.create_index("ix_delivery_lead", "delivery", ["lead_id", "id"])


def _attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("delivery_id", RowId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_delivery", "attempt", ["delivery_id", "number"])
    op.create_table(
        "mail_copy",
        sa.Column("delivery_id", RowId, nullable=False),
        sa.Column("dictionary", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_mail_copy_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_mail_copy")),
    )


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("lead_id", RowId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("settles_at", Instant(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("judged", sa.Text(), nullable=False),
        sa.Column("delivery_id", RowId, nullable=True),
        sa.Column("enrollment_id", RowId, nullable=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("folded", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_event_delivery_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_event_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("source_id", name=op.f("uq_event_source_id")),
    )
    op.create_index("ix_event_delivery", "event", ["delivery_id"])
    op.create_index("ix_event_lead", "event", ["lead_id", "kind", "at"])
    op.create_index("ix_event_pending", "event", ["pending", "settles_at"])
