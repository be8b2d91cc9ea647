"""Calls to citizens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "callbacks",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("citizen", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("missed_id", sa.Integer(), nullable=True),
        sa.Column("ticket", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_callbacks")),
    )
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        for column in ("agent", "asked_at", "citizen", "ended_at", "missed_id"):
            batch_op.create_index(batch_op.f(f"ix_callbacks_{column}"), [column], unique=False)


def downgrade() -> None:
    """And back."""
    op.drop_table("callbacks")
