"""Legal holds are in the archive's manifests alone; the column beside them was never filled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step forward."""
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.drop_column("legal_hold")


def downgrade() -> None:
    """And back."""
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("legal_hold", sa.Boolean(), nullable=False, server_default=sa.false())
        )
