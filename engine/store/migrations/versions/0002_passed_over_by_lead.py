"""The campaigns that passed a lead over, found by the lead.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_passed_over_lead", "passed_over", ["lead_id", "campaign"])


def downgrade() -> None:
    op.drop_index("ix_passed_over_lead", "passed_over")
