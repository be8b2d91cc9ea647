"""Transcripts made again from the recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "second_passes",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("engine", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'failed')", name=op.f("ck_second_passes_state")
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_second_passes")),
    )
    with op.batch_alter_table("second_passes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_second_passes_state"), ["state"], unique=False)
    op.create_table(
        "second_turns",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("speaker", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("readable", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("engine", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "turn", name=op.f("pk_second_turns")),
    )


def downgrade() -> None:
    """And back."""
    op.drop_table("second_turns")
    op.drop_table("second_passes")
