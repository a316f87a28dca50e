"""events for the back office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    op.create_table(
        "events_set_aside",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=False),
        sa.Column("at", store.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", store.UtcDateTime(), nullable=False),
        sa.Column("failed_since", store.UtcDateTime(), nullable=True),
        sa.Column("leased_until", store.UtcDateTime(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
