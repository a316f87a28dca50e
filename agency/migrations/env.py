"""What alembic runs: the migrations, on the connection and in the transaction that it was given."""

from __future__ import annotations

from alembic import context

from agency.store import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    user_module_prefix="store.",
    render_as_batch=True,  # SQLite changes a table by copying it
)
context.run_migrations()
