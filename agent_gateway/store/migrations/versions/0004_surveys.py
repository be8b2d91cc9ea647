"""Surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "surveys",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_surveys_score")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_surveys")),
    )
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_surveys_agent"), ["agent"], unique=False)
        batch_op.create_index(batch_op.f("ix_surveys_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_surveys_ticket"), ["ticket"], unique=False)


def downgrade() -> None:
    """And back."""
    op.drop_table("surveys")
