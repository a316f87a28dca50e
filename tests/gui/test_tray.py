"""The note that a contract came: opt-in, never on a shared computer, and it says no more than from whom.

A screen of Xvfb has no place for icons beside the clock, so Qt is told that there is one; the rest is real.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from signer import workflow as w
from tests.gui.conftest import Worker, until
from tests.gui.scenes import props
from ui.desktop.tray import Arrivals
from ui.qt.worker import Lists


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the system was asked to show, on a system that has a place for it."""
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _icon, title, text, _image: shown.append((title, text)))
    return shown


def test_a_contract_that_comes_while_the_window_is_closed_is_told(worker: Worker, notes: list[tuple[str, str]]) -> None:
    worker.focus_on("Read and sign")
    worker.desktop._preferences.prefer({"notify": True})
    assert worker.desktop.tray.there
    worker.window.close()
    assert not worker.window.isVisible()
    assert not worker.desktop._ended
    worker.desk.publish()
    worker.window.refresh.emit()
    until(lambda: bool(notes), "the note")
    assert notes == [("A new contract", "Horizon Interim (TEST)")]
    worker.window.refresh.emit()
    worker.desktop.tray.opened.emit()
    until(worker.window.isVisible, "the window")  # whether it becomes active is for the system to say
    assert len(notes) == 1


@pytest.mark.usefixtures("notes")
def test_closing_the_window_leaves_no_pin_and_no_contract_open(worker: Worker) -> None:
    worker.desktop._preferences.prefer({"notify": True})
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.type_pin("12")
    worker.window.close()
    worker.comes_to(w.Stopped)
    assert worker.seen[-1] == "Stopped"


@pytest.mark.usefixtures("notes")
def test_on_a_shared_computer_there_is_no_icon_and_closing_ends_the_program(worker: Worker) -> None:
    worker.desktop._preferences.prefer({"notify": True})
    worker.desktop._preferences.prefer({"shared": True})
    assert not worker.desktop.tray.there
    worker.window.close()
    assert worker.desktop._ended


def test_where_the_system_has_no_place_closing_ends_the_program(worker: Worker) -> None:
    worker.desktop._preferences.prefer({"notify": True})
    assert not worker.desktop.tray.there
    worker.window.close()
    assert worker.desktop._ended


@pytest.mark.usefixtures("notes")
def test_quitting_beside_the_clock_ends_the_program(worker: Worker) -> None:
    worker.desktop._preferences.prefer({"notify": True})
    worker.window.close()
    worker.desktop.tray.quitted.emit()
    assert worker.desktop._ended


def test_only_what_was_not_there_before_is_new(qt: QApplication, tmp_path: Path) -> None:
    late, first, changed, withdrawn = props(tmp_path).lists.tasks
    arrivals = Arrivals()
    assert arrivals.since(Lists(unreached=("Horizon Interim",))) == ()  # nobody knows yet what is old
    assert arrivals.since(Lists((first,))) == ()
    assert arrivals.since(Lists((first, withdrawn))) == ()
    assert arrivals.since(Lists((first, late, changed))) == ("Horizon Interim",)
    assert arrivals.since(Lists()) == ()
    assert arrivals.since(Lists((first, late))) == ()
    assert arrivals.since(Lists((replace(first, agency_id="other", agency_name="Another"),))) == ("Another",)
