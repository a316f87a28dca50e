"""A small database that survives: SQLite with full sync, versions of its schema, and one table of what can go wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signer.errors import ErrorCode, SignerError
from signer.files import alone, file_errors

_PATIENCE_S: Final = 10.0  # for another copy of the program that is writing

_ENDINGS: Final = ("", "-wal", "-shm", "-journal")  # https://sqlite.org/tempfiles.html

_CODES: Final = {  # https://www.sqlite.org/rescode.html; extended codes have the primary one in their low byte
    sqlite3.SQLITE_FULL: ErrorCode.DISK_FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: ErrorCode.DISK_FULL,  # WAL's index could not grow
    sqlite3.SQLITE_IOERR: ErrorCode.FILE_NOT_WRITABLE,
    sqlite3.SQLITE_READONLY: ErrorCode.FILE_NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: ErrorCode.FILE_NOT_WRITABLE,
    sqlite3.SQLITE_PERM: ErrorCode.FILE_NOT_WRITABLE,
    sqlite3.SQLITE_BUSY: ErrorCode.FILE_NOT_WRITABLE,
    sqlite3.SQLITE_LOCKED: ErrorCode.FILE_NOT_WRITABLE,
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database file and the steps that bring its schema from any older version to the newest.

    Every transaction has its own connection: any thread and any copy of the program may use it. All raise SignerError
    DISK_FULL, FILE_NOT_WRITABLE (busy for too long as well) or STORE_DAMAGED.
    """

    path: Path
    migrations: Sequence[str]  # one SQL statement a version; PRAGMA user_version counts them

    def prepare(self) -> None:
        """Make the file, for this user alone, check it, and bring its schema up to date.

        One at a time: SQLite does not wait for who reads a file that is to get its WAL, it gives up at once.
        """
        lock = self.path.with_name(f"{self.path.name}-opening")
        with alone(lock, ErrorCode.FILE_NOT_WRITABLE, patience_s=_PATIENCE_S):
            self._make()
            with self._connected() as connection:
                if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                    raise SignerError(ErrorCode.STORE_DAMAGED, "quick_check")
                connection.execute("PRAGMA journal_mode = WAL")
            with self.writing() as connection:
                self._migrate(connection)

    def erase(self) -> None:
        """Erase the file and what SQLite keeps beside it, not the lock: another copy may be waiting for that."""
        with file_errors():
            for ending in _ENDINGS:
                self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is on the disk when it is left, or was never there."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled it back already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a view of one moment."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            yield connection

    def _make(self) -> None:
        """Make the file; one that is there is not touched.

        Closing it would let go of every lock that this program has on it (https://sqlite.org/howtocorrupt.html, 2.2):
        another copy would take it for closed, and erase the WAL with what is being written.
        """
        with file_errors(), suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def _migrate(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self.migrations):
            raise SignerError(ErrorCode.STORE_DAMAGED, f"schema {version} is of a newer version of the program")
        for step in self.migrations[version:]:
            connection.execute(step)
        connection.execute(f"PRAGMA user_version = {len(self.migrations)}")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        address = f"{self.path.resolve().as_uri()}?mode=rw"  # a file that is gone is not made again in silence
        with (
            _translated(),
            closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S, isolation_level=None)) as connection,
        ):
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SignerError(_code(error), getattr(error, "sqlite_errorname", type(error).__name__)) from error


def _code(error: sqlite3.Error) -> ErrorCode:
    extended: int = getattr(error, "sqlite_errorcode", 0)
    return _CODES.get(extended) or _CODES.get(extended & 0xFF, ErrorCode.STORE_DAMAGED)
