"""How many submissions stand where, and nothing else of them; an outbox that is not there is not made to count it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from signer.errors import ErrorCode, SignerError
from signer.outbox import DATABASE_NAME
from signer.outbox_rows import MIGRATIONS, EntryState
from signer.sqlite import Database


def counts(folder: Path) -> Mapping[EntryState, int]:
    """Count the submissions of an outbox's folder; raises SignerError FILE_NOT_WRITABLE or STORE_DAMAGED."""
    path = folder / DATABASE_NAME
    if not path.exists():
        return {}
    with Database(path, MIGRATIONS).reading() as database:
        if not database.execute("PRAGMA user_version").fetchone()[0]:
            return {}  # another thread or copy of the program is making it at this moment
        return dict(map(_count, database.execute("SELECT state, count(*) FROM submission GROUP BY state")))


def _count(row: sqlite3.Row) -> tuple[EntryState, int]:
    try:
        return EntryState(row[0]), int(row[1])
    except ValueError:
        raise SignerError(ErrorCode.STORE_DAMAGED, "an unknown state") from None
