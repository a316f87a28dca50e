"""A disk that is full, or read-only: each step says so, and what was signed before is whole."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from signer.errors import ErrorCode, SignerError
from signer.outbox import EntryState, Outbox
from signer.sqlite import Database
from tests.outbox_world import described, put_in

TOP: Final = Path(__file__).parents[2]
SMALL_DISK: Final = "mount -t tmpfs -o size=600k tmpfs "


def _on_small_disk(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command with a disk of its own at ``folder``, which only it can see."""
    script = f"{SMALL_DISK}'{folder}' && {command}"
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    return subprocess.run(unshare, cwd=TOP, capture_output=True, text=True, timeout=60, check=False)


def _can_mount() -> bool:
    try:
        return _on_small_disk(TOP / "tests", "true").returncode == 0
    except OSError:
        return False


# Where a system forbids user namespaces, the database is made to say what a full disk makes it say.
WORLDS: Final = ["a page limit", *(["a small disk"] if _can_mount() else [])]


def _fill_small_disk(folder: Path) -> dict[str, Any]:
    ran = _on_small_disk(folder, f"'{sys.executable}' -m tests.faults.full_disk_child '{folder}'")
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _reach_page_limit(folder: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        outbox = Outbox.open(folder)
        safe = put_in(outbox)
        patch.setattr(Database, "_connected", _with_pragma("max_page_count = 6"))
        with pytest.raises(SignerError) as raised:
            _put_in_for_ever(outbox)
    outbox.recover(described)
    intact = outbox.entry(safe.submission_id).state is EntryState.QUEUED
    after = outbox.entry(put_in(outbox).submission_id).state.value
    return {"endings": [[f"begin: {raised.value.code.name}"]], "intact": intact, "after": after}


def _put_in_for_ever(outbox: Outbox) -> None:
    while True:
        put_in(outbox)


def _with_pragma(pragma: str) -> Any:
    connected = Database._connected

    @contextmanager
    def changed(self: Database) -> Iterator[sqlite3.Connection]:
        with connected(self) as connection:
            connection.execute(f"PRAGMA {pragma}")
            yield connection

    return changed


FILL: Final = {"a page limit": _reach_page_limit, "a small disk": _fill_small_disk}


@pytest.mark.parametrize("world", WORLDS)
def test_a_full_disk_is_named_at_every_step_and_costs_nothing_that_was_signed(world: str, tmp_path: Path) -> None:
    told = FILL[world](tmp_path)

    last = {ending[-1].partition(": ")[2] for ending in told["endings"]}
    assert last <= {"DISK_FULL", "done"}
    assert told["endings"][0] == ["begin: DISK_FULL"]
    assert told["intact"]
    assert told["after"] == "queued"


def test_a_database_that_became_read_only_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = Outbox.open(tmp_path / "outbox")
    put_in(outbox)
    monkeypatch.setattr(Database, "_connected", _with_pragma("query_only = ON"))

    with pytest.raises(SignerError) as raised:
        put_in(outbox)

    assert raised.value.code is ErrorCode.FILE_NOT_WRITABLE
