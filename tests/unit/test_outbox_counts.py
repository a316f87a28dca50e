"""What stands in the outbox is counted without opening, making or reading more of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from signer.errors import ErrorCode, SignerError
from signer.outbox import DATABASE_NAME, Outbox
from signer.outbox_counts import counts
from signer.outbox_rows import MIGRATIONS, EntryState
from signer.sqlite import Database

COLUMNS = "submission_id, agency_id, contract_id, title, terms, file, state, created_at"


def add(folder: Path, state: str, number: int) -> None:
    with Database(folder / DATABASE_NAME, MIGRATIONS).writing() as database:
        row = (f"{state}-{number}", "a", "c", "t", "{}", "f", state, "2026-01-01")
        database.execute(f"INSERT INTO submission ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_an_outbox_that_is_not_there_holds_nothing_and_is_not_made(tmp_path: Path) -> None:
    assert counts(tmp_path / "outbox") == {}
    assert list(tmp_path.iterdir()) == []


def test_submissions_are_counted_by_where_they_stand(tmp_path: Path) -> None:
    Outbox.open(tmp_path)
    for number in range(3):
        add(tmp_path, "queued", number)
    add(tmp_path, "parked", 0)

    assert counts(tmp_path) == {EntryState.QUEUED: 3, EntryState.PARKED: 1}


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"rubbish" * 1000)

    with pytest.raises(SignerError) as refusal:
        counts(tmp_path)

    assert refusal.value.code is ErrorCode.STORE_DAMAGED


def test_an_outbox_that_is_being_made_at_this_moment_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).touch()
    assert counts(tmp_path) == {}
