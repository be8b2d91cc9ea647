"""Surveys by a call of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    op.create_table(
        "survey_calls",
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("citizen", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("trunk", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_survey_calls")),
    )
    with op.batch_alter_table("survey_calls", schema=None) as batch_op:
        for column in ("call_id", "chosen_at", "citizen", "next_at", "result"):
            batch_op.create_index(batch_op.f(f"ix_survey_calls_{column}"), [column], unique=False)
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("way", sa.String(16), nullable=False, server_default="same_call")
        )
        batch_op.add_column(
            sa.Column("answered_in", sa.String(64), nullable=False, server_default="")
        )
    _lists("'blocked', 'priority', 'no_survey'")


def downgrade() -> None:
    """And back."""
    op.execute("DELETE FROM listed_callers WHERE list = 'no_survey'")
    _lists("'blocked', 'priority'")
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.drop_column("answered_in")
        batch_op.drop_column("way")
    op.drop_table("survey_calls")


def _lists(names: str) -> None:
    with op.batch_alter_table("listed_callers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_listed_callers_list"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_listed_callers_list"), f"list IN ({names})")
