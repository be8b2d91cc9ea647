"""A survey is of the call in which it was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_surveys_ticket"))
        batch_op.drop_column("ticket")


def downgrade() -> None:
    """And back."""
    with op.batch_alter_table("surveys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ticket", sa.String(20), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_surveys_ticket"), ["ticket"], unique=False)
