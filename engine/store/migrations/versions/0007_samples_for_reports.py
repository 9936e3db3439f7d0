"""Samples by which reports tell distinct leads of interest, and the median time from stage to stage.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interest_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "stage_time",
        sa.Column("cohort", sa.Date(), primary_key=True),
        sa.Column("before", sa.Text(), primary_key=True),
        sa.Column("after", sa.Text(), primary_key=True),
        sa.Column("sample", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stage_time")
    op.drop_table("interest_day")
