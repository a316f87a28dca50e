"""A worker's own computer, enrolled: it fetches when the log-in is long over, until somebody takes it off the list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from agency.commands.devices import command as devices_command
from agency.store import SessionToken
from tests.file_keyring import FILE_VARIABLE
from tests.gui.door import Door, door_in
from tests.integration.conftest import Desk
from ui.cli.face import SIGNED_NOT_DELIVERED

PERSON = "long"


@pytest.fixture
def door(desk: Desk, tmp_path: Path) -> Iterator[Door]:
    """The network, of a worker whose system keeps keys."""
    desk.insert(PERSON)
    desk.keep_keys(tmp_path / "keyring")
    with door_in(desk.home / "config" / "settings.toml") as door:
        yield door


def told(desk: Desk, *arguments: str) -> dict[str, Any]:
    done = desk.paraph(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def log_out(desk: Desk) -> None:
    with desk.office.store.writing() as session:
        session.execute(delete(SessionToken))


def fetched(desk: Desk) -> list[str]:
    return [each["task"] for each in told(desk, "fetch", "--list")["ready"]]


def test_it_fetches_without_a_log_in_what_is_then_signed_without_a_network(desk: Desk, door: Door) -> None:
    desk.open_contract(PERSON)
    enrolled = told(desk, "device", "enrol", "--name", "laptop")
    log_out(desk)
    later = desk.publish(PERSON)
    assert later in [each["task"] for each in told(desk, "fetch")["ready"]]
    door.shut()
    assert desk.sign(later).returncode == SIGNED_NOT_DELIVERED
    door.open()
    assert desk.paraph("outbox", "deliver").returncode == 0
    listed = CliRunner().invoke(devices_command, ["list", "--data", str(desk.world.folder / "agency"), "--json"])
    assert enrolled["id"] in [each["id"] for each in json.loads(listed.stdout)["items"]]
    secret = json.loads(Path(desk.environment[FILE_VARIABLE]).read_text())[f"paraph/{enrolled['id']}"]
    assert desk.traces(secret) == []


def test_taken_off_the_list_by_the_office_it_erases_what_it_fetched_and_says_so(desk: Desk, door: Door) -> None:
    task = desk.open_contract(PERSON)
    device = told(desk, "device", "enrol")["id"]
    told(desk, "fetch")
    assert task in fetched(desk)
    log_out(desk)
    arguments = ["revoke", "--data", str(desk.world.folder / "agency"), device]
    assert CliRunner().invoke(devices_command, arguments).exit_code == 0
    refused = desk.paraph("fetch")
    assert (refused.returncode, "AGY-026" in refused.stderr) == (9, True)
    assert fetched(desk) == []
    assert desk.paraph("device", "revoke").returncode == 2  # it is enrolled no more


def test_its_user_takes_it_off_and_nothing_is_left(desk: Desk, door: Door) -> None:
    desk.open_contract(PERSON)
    device = told(desk, "device", "enrol")["id"]
    told(desk, "fetch")
    assert told(desk, "device", "revoke") == {"revoked": device}
    assert fetched(desk) == []
    kept = json.loads(Path(desk.environment[FILE_VARIABLE]).read_text())
    assert f"paraph/{device}" not in kept


def test_without_a_store_for_keys_it_is_not_enrolled(desk: Desk, door: Door) -> None:
    desk.open_contract(PERSON)
    desk.environment |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    refused = desk.paraph("device", "enrol")
    assert (refused.returncode, "FILE-020" in refused.stderr) == (7, True)
    assert list((desk.home / "state" / "devices").iterdir()) == []


def test_a_shared_computer_is_never_enrolled_and_forgets(desk: Desk, door: Door) -> None:
    desk.open_contract(PERSON)
    device = told(desk, "device", "enrol")["id"]
    settings = desk.home / "config" / "settings.toml"
    settings.write_text(f"shared = true\n{settings.read_text('utf-8')}", "utf-8")
    assert desk.paraph("device", "enrol").returncode == 2
    assert list((desk.home / "state" / "devices").iterdir()) == []
    assert f"paraph/{device}" not in json.loads(Path(desk.environment[FILE_VARIABLE]).read_text())
