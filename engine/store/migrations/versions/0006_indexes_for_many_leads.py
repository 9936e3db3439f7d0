"""Indexes by which pages of leads, counts of ended runs and turns of routing are found among a million.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_lead_score", "lead")
    op.create_index("ix_lead_score", "lead", ["score", "id"])
    op.create_index("ix_lead_email", "lead", ["email", "id"])
    op.create_index("ix_lead_updated", "lead", ["updated_at", "id"])
    ended = sa.text("status = 'ended'")
    columns = ["campaign", "ended_why"]
    op.create_index("ix_enrollment_ended", "enrollment", columns, sqlite_where=ended, postgresql_where=ended)
    op.create_index("ix_handoff_turns", "handoff", ["owner", "id"])


def downgrade() -> None:
    op.drop_index("ix_handoff_turns", "handoff")
    op.drop_index("ix_enrollment_ended", "enrollment")
    for name in ("updated", "email", "score"):
        op.drop_index(f"ix_lead_{name}", "lead")
    some = sa.text("score > 0")
    op.create_index("ix_lead_score", "lead", ["score"], sqlite_where=some, postgresql_where=some)
