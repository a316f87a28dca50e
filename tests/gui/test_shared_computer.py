"""A computer that many people use: what waits there is for the agency alone, and afterwards nothing is left at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from eidcard.simulator.people import PEOPLE
from signer import workflow as w
from tests.gui.conftest import Worker, in_front_of_the_window, until
from tests.gui.door import Door, door_in
from tests.gui.test_offline import sign_as_the_network_goes
from tests.integration.conftest import Desk
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.signed import SignedPage

PERSON = PEOPLE["default"]


@pytest.fixture
def shared(desk: Desk) -> Desk:
    settings = desk.home / "config" / "settings.toml"
    settings.write_text(f"shared = true\n{settings.read_text('utf-8')}", "utf-8")
    return desk


def opened_by_the_agency(desk: Desk, sealed: Path) -> bytes:
    (key,) = (desk.world.folder / "agency" / "sealing").glob("*.pem")
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in"]
    return subprocess.run([*command, sealed, "-recip", key, "-inkey", key], capture_output=True, check=True).stdout


def sign_and_leave(desk: Desk, door: Door, monkeypatch: pytest.MonkeyPatch, copy: Path) -> None:
    """Sign as the network goes, save a copy, and close the window."""
    with in_front_of_the_window(desk, desk.open_contract()) as worker:
        sign_as_the_network_goes(door, worker)
        monkeypatch.setattr(worker.window, "_save", lambda _name, content: copy.write_bytes(content))
        done = worker.window.page(DonePage)
        assert isinstance(worker.state, w.AwaitingNetwork)
        assert worker.state.signed.sealed is not None
        done.save_copy.emit(worker.state)
        see_nothing_of_it_in_the_list(worker)


def see_nothing_of_it_in_the_list(worker: Worker) -> None:
    worker.window.refresh.emit()
    until(lambda: any(entry.signed for entry in worker.lists.entries), "the list")
    worker.window.bar.signed.emit()
    until(lambda: worker.window.stack.currentWidget() is worker.window.page(SignedPage), "the page")
    until(lambda: "only the agency can open it" in worker.words_on_screen(), "the words on it")
    assert "Save a copy" not in [button.text() for button in worker.buttons()]


def test_what_waits_there_only_the_agency_can_read_and_once_delivered_nothing_is_left(
    qt: QApplication, shared: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert isinstance(qt, QObject)
    with door_in(shared.home / "config" / "settings.toml") as door:
        sign_and_leave(shared, door, monkeypatch, copy := tmp_path / "copy.pdf")
        assert shared.traces(PERSON.surname, PERSON.national_number) == []
        (sealed,) = shared.signed_files()
        assert sealed.suffix == ".cms"
        increment = opened_by_the_agency(shared, sealed)
        assert copy.read_bytes() == shared.world.contract.read_bytes() + increment
        subprocess.run(["pdfsig", "-nocert", copy], check=True, capture_output=True)
        door.open()
        delivered = shared.paraph("outbox", "deliver")
        assert delivered.returncode == 0, delivered.stderr
    assert shared.signed_files() == []
    assert shared.traces(PERSON.surname, PERSON.national_number) == []
    (entry,) = shared.submissions()
    assert (entry["state"], entry["keeping"], entry["file"]) == ("delivered", "erased", None)
    kept = [path.read_bytes() for path in (shared.world.folder / "agency" / "documents").rglob("*") if path.is_file()]
    assert copy.read_bytes() in kept


def test_an_own_computer_is_as_before(desk: Desk) -> None:
    task = desk.open_contract()
    assert desk.sign(task).returncode == 0
    (entry,) = desk.submissions()
    assert entry["keeping"] == "open"
    assert Path(entry["file"]).read_bytes().startswith(desk.world.contract.read_bytes())
