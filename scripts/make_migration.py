"""Write the next migration of the agency's database: the difference between its tables and where the last one leads.

    python scripts/make_migration.py "Say in a few words what changes"

Read what it wrote before you commit it, and set NEWEST in agency/migrations/__init__.py to its number.
"""

from __future__ import annotations

import subprocess
import sys

from alembic import command
from alembic.script import Script
from sqlalchemy import create_engine

from agency import migrations


def main() -> None:
    """Write one file into agency/migrations/versions."""
    (message,) = sys.argv[1:]
    last = int(migrations.NEWEST)
    with create_engine("sqlite://").begin() as connection:
        if last:
            migrations.upgrade(connection)
        made = command.revision(migrations.config(connection), message, autogenerate=True, rev_id=f"{last + 1:04}")
    assert isinstance(made, Script)
    subprocess.run(["ruff", "format", "--quiet", made.path], check=True)


if __name__ == "__main__":
    main()
