"""SQLite and PostgreSQL, made alike: a reader sees one moment, a writer is alone, and the tables are today's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from agency import migrations
from signer.errors import ErrorCode, SignerError

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",  # readers do not wait for the writer
    "PRAGMA synchronous=FULL",  # a receipt that was given survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",  # what is erased is written over
)
_WRITER_LOCK: Final = 0x5041524150  # any number, the same in every process of this server
_VERSION: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # alembic's


def connect(url: str) -> Engine:
    """Give the engine of a database; its connections are made when they are needed.

    Raises SignerError SETTINGS_BROKEN for an address that is none, or of another kind of database.
    """
    try:
        kind = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):  # its text would repeat a password
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "the database's address is not understood") from None
    if kind not in _SET_UP:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"a database of kind {kind}; sqlite or postgresql")
    # A parameter in an exception's text would be a hash or a receipt in the log.
    return _SET_UP[kind](create_engine(url, hide_parameters=True, pool_pre_ping=True))


def alone(engine: Engine) -> Engine:
    """Give the same engine for writers: one at a time among all processes."""
    return engine.execution_options(alone=True)


def bring_up_to_date(connection: Connection, tables: MetaData) -> None:
    """Make all tables in an empty database, or change those of an earlier version; to be called by a writer.

    Raises SignerError SETTINGS_BROKEN when a newer version of this server made them.
    """
    version = _version(connection)
    if version is None:
        tables.create_all(connection)
        _VERSION.create(connection)
        connection.execute(_VERSION.insert().values(version_num=migrations.NEWEST))
    elif version > migrations.NEWEST:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"the database is of a newer version ({version})")
    elif version < migrations.NEWEST:
        migrations.upgrade(connection)


def forget(engine: Engine, tables: MetaData) -> None:
    """Let go of deleted rows on the medium too: the write-ahead log's, and those that others could still see."""
    with closing(engine.raw_connection()) as pooled:
        driver: Any = pooled.driver_connection
        _FORGETTING[engine.dialect.name](driver, tables)


def _forget_sqlite(driver: Any, _: MetaData) -> None:  # noqa: ANN401 - the driver's own type
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what a reader still holds goes with the next one


def _forget_postgresql(driver: Any, tables: MetaData) -> None:  # noqa: ANN401 - the driver's own type
    driver.autocommit = True  # VACUUM is done in no transaction
    try:
        driver.execute(f"VACUUM {', '.join(tables.tables)}")
    finally:
        driver.autocommit = False


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num)) or ""  # empty: before the first step


def _set_up_sqlite(engine: Engine) -> Engine:
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    def begun(connection: Connection) -> None:
        # A reader that turns writer half-way fails at once when another wrote meanwhile; one that says so first waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_alone(connection) else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _set_up_postgresql(engine: Engine) -> Engine:
    def begun(connection: Connection) -> None:
        if _is_alone(connection):
            # Until the transaction ends. What follows sees all that was committed before (READ COMMITTED).
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    event.listen(engine, "begin", begun)
    return engine


def _is_alone(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("alone", False))


_FORGETTING: Final = {"sqlite": _forget_sqlite, "postgresql": _forget_postgresql}
_SET_UP: Final[Mapping[str, Callable[[Engine], Engine]]] = {
    "sqlite": _set_up_sqlite,
    "postgresql": _set_up_postgresql,
}
