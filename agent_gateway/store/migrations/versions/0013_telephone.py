"""Whether an agent's telephone is the browser or stands on the desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("telephone", sa.String(length=16), nullable=False, server_default="")
        )


def downgrade() -> None:
    """And back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("telephone")
