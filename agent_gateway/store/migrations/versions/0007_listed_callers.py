"""Callers on the blocking list and on the priority list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "listed_callers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("list IN ('blocked', 'priority')", name=op.f("ck_listed_callers_list")),
        sa.CheckConstraint(
            "list <> 'blocked' OR until IS NOT NULL", name=op.f("ck_listed_callers_block_ends")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_callers")),
    )
    with op.batch_alter_table("listed_callers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_listed_callers_removed_at"), ["removed_at"], unique=False
        )
        batch_op.create_index(
            "uq_listed_callers_list_number",
            ["list", "number"],
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )


def downgrade() -> None:
    """And back."""
    op.drop_table("listed_callers")
