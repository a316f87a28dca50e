"""when a contract changed last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed_at", store.UtcDateTime(), nullable=True))
