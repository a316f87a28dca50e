"""keep what was signed under a withdrawn contract."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    op.create_table(
        "evidence",
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("increment_sha256", sa.String(), nullable=False),
        sa.Column("signed_sha256", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("received_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("submission_id"),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_contract_id"), ["contract_id"], unique=False)
