"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agency import store

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Go one step forward; a step back is a restored backup."""
${"\n".join("    " + line for line in upgrades.replace("\n    ", "\n").splitlines() if not line.startswith("#"))}
