"""The list asks whether this is one's own computer; a yes keeps contracts ready, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest

from tests.file_keyring import FILE_VARIABLE, FileKeyring
from tests.gui.conftest import Worker, until
from tests.integration.conftest import Desk
from ui.qt.worker import KeepReady

OWN = "Keep them ready here"


@pytest.fixture
def store(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's store of secrets; to be asked for before ``worker``."""
    del desk
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "keyring"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", FileKeyring())
    return tmp_path / "keyring"


def offered(worker: Worker) -> list[str]:
    return [button.text() for button in worker.buttons()]


def press(worker: Worker, text: str) -> None:
    (button,) = [each for each in worker.buttons() if each.text() == text]
    button.click()


def test_ones_own_computer_keeps_contracts_ready_until_it_is_taken_back(store: Path, worker: Worker) -> None:
    until(lambda: OWN in offered(worker), "the question")
    assert "Never do this on a computer that other people use." in worker.words_on_screen()
    press(worker, OWN)
    until(lambda: worker.lists.ready is KeepReady.ON and all(task.ahead for task in worker.lists.to_sign), "the rest")
    until(lambda: "Ready to sign, also with no network" in worker.words_on_screen(), "the word on the contract")
    assert store.exists()
    press(worker, "Do not keep them here any more")
    until(lambda: OWN in offered(worker), "the question again")
    until(lambda: not any(task.ahead for task in worker.lists.to_sign), "that nothing is kept")


def test_where_the_system_keeps_no_keys_nobody_is_asked(worker: Worker) -> None:
    worker.focus_on("Read and sign")
    assert worker.lists.ready is KeepReady.NOT_OFFERED
    assert OWN not in offered(worker)
