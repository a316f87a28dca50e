"""people in the audit log by lot, and documents to be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    op.create_table(
        "doomed_documents", sa.Column("sha256", sa.String(), nullable=False), sa.PrimaryKeyConstraint("sha256")
    )
    op.create_table(
        "aliases",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
        sa.UniqueConstraint("alias"),
    )
