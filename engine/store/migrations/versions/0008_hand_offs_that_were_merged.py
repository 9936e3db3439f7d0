"""Hand-offs that ended when two leads became one say so: until now they stayed open, accepted or whatever they were.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE handoff SET state = 'merged', clock_at = NULL WHERE ended_at IS NOT NULL "
        "AND state IN ('open', 'accepted', 'snoozed', 'escalated')"
    )


def downgrade() -> None:
    """What they were before is not kept."""
