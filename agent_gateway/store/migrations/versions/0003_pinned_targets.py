"""Targets that are on all desks for a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "pinned_targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("keywords", Json, nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("transfer", sa.String(length=16), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("kind IN ('leader', 'topic')", name=op.f("ck_pinned_targets_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pinned_targets")),
    )
    with op.batch_alter_table("pinned_targets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pinned_targets_ends_at"), ["ends_at"], unique=False)
    op.create_table(
        "pinned_uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pinned_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("transfer", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pinned_id"],
            ["pinned_targets.id"],
            name=op.f("fk_pinned_uses_pinned_id_pinned_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pinned_uses")),
    )
    with op.batch_alter_table("pinned_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pinned_uses_pinned_id"), ["pinned_id"], unique=False)


def downgrade() -> None:
    """And back."""
    op.drop_table("pinned_uses")
    op.drop_table("pinned_targets")
