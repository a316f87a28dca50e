"""Either kind of database: tables made at once or step by step, one writer at a time, one moment for a reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text

from agency import databases, migrations
from agency.store import Base, Person, Store
from signer.errors import ErrorCode, SignerError


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    return database_url or f"sqlite:///{tmp_path / 'agency.sqlite3'}"


@contextmanager
def changing(url: str) -> Iterator[Connection]:
    """Write to a database that nobody has opened as the agency's."""
    engine = databases.connect(url)
    try:
        with databases.alone(engine).begin() as connection:
            yield connection
    finally:
        engine.dispose()


def test_the_migrations_lead_to_the_tables_that_a_new_database_gets(url: str) -> None:
    with changing(url) as connection:
        migrations.upgrade(connection)
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == migrations.NEWEST
        assert [ScriptDirectory.from_config(migrations.config(connection)).get_current_head()] == [migrations.NEWEST]


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    Store(url).close()
    with changing(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SignerError) as refused:
        Store(url)

    assert refused.value.code is ErrorCode.SETTINGS_BROKEN
    assert "9999" in refused.value.detail


def test_an_earlier_database_is_brought_up_to_date(url: str) -> None:
    with changing(url) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))

    with closing(Store(url)) as store, store.reading() as session:
        assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    "address", ["nonsense", "mysql://secret@localhost/agency", "postgresql://user:secret@:port/agency"]
)
def test_an_address_that_will_not_do_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(SignerError) as refused:
        Store(address)
    assert refused.value.code is ErrorCode.SETTINGS_BROKEN
    assert "secret" not in str(refused.value)


def test_writers_wait_for_each_other_and_lose_nothing(url: str) -> None:
    """Read, then write what was read plus one: with two writers at once, an addition would be lost."""
    stores = [Store(url) for _ in range(4)]
    with stores[0].writing() as session:
        session.add(Person(id=1, pseudonym=b"0"))

    def add(store: Store) -> None:
        for _ in range(5):
            with store.writing() as session:
                person = session.get_one(Person, 1)
                person.pseudonym = str(int(person.pseudonym) + 1).encode()

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with stores[0].reading() as session:
        assert session.get_one(Person, 1).pseudonym == b"20"
    for store in stores:
        store.close()


def test_a_reader_sees_one_moment(url: str) -> None:
    with closing(Store(url)) as store, store.reading() as reader:
        assert reader.scalars(select(Person)).all() == []
        with store.writing() as session:
            session.add(Person(pseudonym=b"new"))
        assert reader.scalars(select(Person)).all() == [], "what another wrote meanwhile is of a later moment"
    with closing(Store(url)) as store, store.reading() as reader:
        assert len(reader.scalars(select(Person)).all()) == 1
