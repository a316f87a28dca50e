"""which key a signature may be sealed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    with op.batch_alter_table("upload_capabilities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealing_key", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_upload_capabilities_sealing_key"), ["sealing_key"], unique=False)
