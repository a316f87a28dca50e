"""From any earlier database to today's tables: one file a step in versions/, which alembic runs in their order.

A new step is written by ``python scripts/make_migration.py "what changes"``, and read before it is committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST: Final = "0008"  # what a database of today says that it is; the number of the last file in versions/


def upgrade(connection: Connection) -> None:
    """Bring an earlier database up to date, within the transaction that is open."""
    from alembic import command  # noqa: PLC0415 - half a second, at the first start after an update alone

    command.upgrade(config(connection), NEWEST)


def config(connection: Connection) -> Config:
    """Describe this folder to alembic, for one open connection."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    described = Config()
    described.set_main_option("script_location", "agency:migrations")
    described.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    described.attributes["connection"] = connection
    return described
