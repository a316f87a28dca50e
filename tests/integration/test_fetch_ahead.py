"""A worker fetches at home, signs in a train tunnel, and delivers days later: real processes, server and card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from agency.commands.listing import command as listing
from agency.publishing import withdraw
from agency.store import Contract, SessionToken
from signer.files import sha256_of
from tests.gui.door import Door, door_in
from tests.integration.conftest import Desk
from ui.cli.face import SIGNED_NOT_DELIVERED

PERSON = "greek"  # nobody else leaves contracts lying about for her


@pytest.fixture
def door(desk: Desk) -> Iterator[Door]:
    """The network between the worker and the agency."""
    desk.insert(PERSON)
    with door_in(desk.home / "config" / "settings.toml") as door:
        yield door


def words(text: str) -> str:
    """Undo the frame and the line breaks of a terminal."""
    return " ".join(text.replace("│", "").split())


def answer(desk: Desk, *arguments: str) -> dict[str, Any]:
    done = desk.paraph(*arguments, "--json")
    assert done.returncode == 0, done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_read_and_signed_with_no_network_at_all_and_delivered_when_the_session_is_gone(
    desk: Desk, door: Door, tmp_path: Path
) -> None:
    task = desk.open_contract(PERSON)
    (ready,) = [each for each in answer(desk, "fetch")["ready"] if each["task"] == task]
    assert ready["sha256"] == desk.examined.sha256
    door.shut()
    listed = desk.paraph("tasks")
    assert task in listed.stdout
    assert "You see what was fetched ahead." in words(listed.stderr)
    assert desk.paraph("show", task, "--no-text", "--save", str(tmp_path / "read.pdf")).returncode == 0
    assert sha256_of(tmp_path / "read.pdf") == desk.examined.sha256
    done = desk.sign(task)
    assert done.returncode == SIGNED_NOT_DELIVERED, done.stderr
    assert "No connection with the agency. You read what we fetched on" in words(done.stderr)
    assert "Level B-B: signed." in words(done.stderr)
    assert [each["state"] for each in desk.submissions()] == ["queued"]
    assert desk.sign(task).returncode == 9  # once is enough
    with desk.office.store.writing() as session:
        session.execute(delete(SessionToken))
    door.open()
    delivered = desk.paraph("outbox", "deliver")
    assert delivered.returncode == 0, delivered.stderr
    assert [each["state"] for each in desk.submissions()] == ["delivered"]


def test_what_was_not_fetched_cannot_be_opened_with_no_network(desk: Desk, door: Door) -> None:
    task = desk.open_contract(PERSON)
    door.shut()
    done = desk.sign(task)
    assert done.returncode == 8
    assert "NET-001" in done.stderr
    assert desk.paraph("tasks").returncode == 8


def test_while_the_agency_answers_its_word_counts_and_not_what_was_fetched(desk: Desk, door: Door) -> None:
    task = desk.open_contract(PERSON)
    answer(desk, "fetch")
    withdraw(desk.office, task)
    done = desk.sign(task)
    assert done.returncode == 9
    assert "The agency withdrew this contract" in words(done.stderr)
    assert desk.submissions() == []


def test_what_was_fetched_is_listed_and_erased(desk: Desk, door: Door) -> None:
    task = desk.open_contract(PERSON)
    answer(desk, "fetch")
    door.shut()
    assert task in [each["task"] for each in answer(desk, "fetch", "--list")["ready"]]
    assert answer(desk, "fetch", "--forget")["erased"] >= 1
    assert answer(desk, "fetch", "--list")["ready"] == []
    assert [path for path in (desk.home / "data" / "ahead").iterdir() if "sqlite3" not in path.name] == []


def test_a_shared_computer_keeps_none_and_loses_what_it_had(desk: Desk, door: Door) -> None:
    task = desk.open_contract(PERSON)
    answer(desk, "fetch")
    settings = desk.home / "config" / "settings.toml"
    settings.write_text(f"shared = true\n{settings.read_text('utf-8')}", "utf-8")
    refused = desk.paraph("fetch")
    assert refused.returncode == 2
    assert "Many people use this computer" in words(refused.stderr)
    assert [path for path in (desk.home / "data" / "ahead").iterdir() if "sqlite3" not in path.name] == []
    door.shut()
    assert desk.sign(task).returncode == 8


def signed_in_the_tunnel(desk: Desk, door: Door, **changes: object) -> str:
    """Fetch at home, and sign where nobody can be asked."""
    task = desk.publish(PERSON, **changes)
    desk.log_in(task)
    answer(desk, "fetch")
    door.shut()
    done = desk.sign(task)
    assert done.returncode == SIGNED_NOT_DELIVERED, done.stderr
    return task


def office_says(desk: Desk, task: str) -> str:
    """What the consultant reads of a contract."""
    listed = CliRunner().invoke(listing, ["--data", str(desk.world.folder / "agency")], env={"COLUMNS": "300"})
    (line,) = [line for line in listed.stdout.splitlines() if task in line]
    return line


def test_withdrawn_while_it_was_signed_in_the_tunnel_is_kept_by_both_and_both_are_told(desk: Desk, door: Door) -> None:
    task = signed_in_the_tunnel(desk, door)
    withdraw(desk.office, task)
    door.open()
    for again in ((), ("--again",)):
        delivered = desk.paraph("outbox", "deliver", *again)
        assert delivered.returncode == 9
        told = words(delivered.stderr)
        assert "The agency took this contract back before your signature came" in told
        assert "Call the agency before you start to work." in told
    (entry,) = desk.submissions()
    assert (entry["state"], entry["lastError"]) == ("parked", "AGY-025")
    assert Path(entry["file"]).is_file()
    assert "withdrawn, signed all the same: kept" in office_says(desk, task)


def test_signed_in_time_and_delivered_after_the_start_says_all_three_times_apart(desk: Desk, door: Door) -> None:
    task = signed_in_the_tunnel(desk, door)
    with desk.office.store.writing() as session:  # the night passes
        session.get_one(Contract, task).starts_at = datetime.now(UTC)
    door.open()
    delivered = desk.paraph("outbox", "deliver")
    assert delivered.returncode == 0, delivered.stderr
    assert "By the clock of your computer you signed in time" in words(delivered.stderr)
    (entry,) = desk.submissions()
    assert entry["timeliness"] == "claimedInTime"
    assert entry["claimedAt"] < entry["receivedAt"]
    assert entry["provenAt"] is None
    assert "late, in time by the signer's clock" in office_says(desk, task)
