"""On one's own computer, what is fetched ahead and what waits is for its user and the agency: a thief reads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from signer.paths import user_folders
from tests.file_keyring import BACKEND, FILE_VARIABLE
from tests.gui.door import Door, door_in
from tests.integration.conftest import Desk
from ui.bootstrap import App
from ui.cli.face import SIGNED_NOT_DELIVERED

PERSON = "apostrophe"


@pytest.fixture
def door(desk: Desk, tmp_path: Path) -> Iterator[Door]:
    """The network, of a worker whose system keeps keys."""
    desk.insert(PERSON)
    desk.keep_keys(tmp_path / "keyring")
    with door_in(desk.home / "config" / "settings.toml") as door:
        yield door


def test_fetched_signed_and_kept_sealed_read_by_its_user_and_delivered_without_the_key(
    desk: Desk, door: Door, tmp_path: Path
) -> None:
    task = desk.open_contract(PERSON)
    assert desk.paraph("fetch").returncode == 0
    assert desk.traces() == []
    door.shut()
    copy = tmp_path / "copy.pdf"
    done = desk.sign(task, "--out", str(copy))
    assert done.returncode == SIGNED_NOT_DELIVERED, done.stderr
    assert desk.traces() == []
    (entry,) = desk.submissions()
    assert (entry["state"], entry["keeping"], entry["file"]) == ("queued", "sealed", None)

    door.open()
    (tmp_path / "keyring").rename(tmp_path / "locked")
    delivered = desk.paraph("outbox", "deliver")
    assert delivered.returncode == 0, delivered.stderr
    (tmp_path / "locked").rename(tmp_path / "keyring")
    assert [each["state"] for each in desk.submissions()] == ["delivered"]
    assert saved(desk) == copy.read_bytes()
    assert desk.traces() == []


def saved(desk: Desk) -> bytes:
    """What the window would save as a copy."""
    with pytest.MonkeyPatch.context() as environment:
        for name in (FILE_VARIABLE, *BACKEND):
            environment.setenv(name, desk.environment[name])
        keyring = __import__("keyring")
        environment.setattr(keyring.core, "_keyring_backend", None)
        app = App(user_folders(desk.environment))
        (entry,) = app.outbox().all()
        return app.read_signed(entry)


def test_what_was_fetched_waits_for_a_key_store_that_is_locked(desk: Desk, door: Door, tmp_path: Path) -> None:
    task = desk.open_contract(PERSON)
    assert desk.paraph("fetch").returncode == 0
    door.shut()
    desk.environment |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    assert desk.sign(task).returncode == 8
    desk.environment |= BACKEND
    listed = json.loads(desk.paraph("fetch", "--list", "--json").stdout)
    assert task in [each["task"] for each in listed["ready"]]
    assert desk.sign(task).returncode == SIGNED_NOT_DELIVERED
    assert (tmp_path / "keyring").exists()
