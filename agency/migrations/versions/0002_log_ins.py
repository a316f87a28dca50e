"""log-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    op.create_table(
        "codes",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", store.UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("contract_id"),
    )
    op.create_table(
        "located_sessions",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("expires_at", store.UtcDateTime(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("nonce_at", store.UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    with op.batch_alter_table("located_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_located_sessions_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "mail_addresses",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("contract_id"),
    )
    with op.batch_alter_table("session_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("login", sa.String(), server_default="one-time-link", nullable=False))

    with op.batch_alter_table("upload_capabilities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("login", sa.String(), server_default="one-time-link", nullable=False))
