"""Agents' skills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent_gateway.store.types import Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("skills", Json, nullable=False, server_default="{}"))


def downgrade() -> None:
    """And back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("skills")
