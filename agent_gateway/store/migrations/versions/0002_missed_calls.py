"""Missed calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "missed_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missed_calls")),
    )
    with op.batch_alter_table("missed_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_missed_calls_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_missed_calls_caller_last_at"), ["caller", "last_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_missed_calls_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(
            "uq_missed_calls_open_caller",
            ["caller"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )


def downgrade() -> None:
    """And back."""
    op.drop_table("missed_calls")
