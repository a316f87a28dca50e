"""All tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", store.UtcDateTime(), nullable=False),
        sa.Column("happening", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_contract_id"), ["contract_id"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pseudonym"),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("starts_at", store.UtcDateTime(), nullable=False),
        sa.Column("ends_at", store.UtcDateTime(), nullable=False),
        sa.Column("hourly_pay", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("expected_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.Column("opened_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contracts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "session_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "invitations",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "link_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("expires_at", store.UtcDateTime(), nullable=False),
        sa.Column("spent_at", store.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "objections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("received_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objections_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_objections_received_at"), ["received_at"], unique=False)

    op.create_table(
        "replacements",
        sa.Column("old_id", sa.String(), nullable=False),
        sa.Column("new_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["new_id"],
            ["contracts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["old_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("old_id"),
        sa.UniqueConstraint("new_id"),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("increment_sha256", sa.String(), nullable=False),
        sa.Column("signed_sha256", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("received_at", store.UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id"),
    )
    op.create_table(
        "upload_capabilities",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("created_at", store.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    with op.batch_alter_table("upload_capabilities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_capabilities_contract_id"), ["contract_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_capabilities_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "extensions",
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("whole_sha256", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("received_at", store.UtcDateTime(), nullable=False),
        sa.Column("by_agency", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("submission_id", "number"),
    )
    op.create_table(
        "proofs",
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=False),
        sa.Column("signed_json", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("submission_id"),
    )
