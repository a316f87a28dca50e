"""The window looks at its computer as ``paraph diagnose`` does, never stands still for it, and saves what it found."""

from __future__ import annotations

import functools
import json
import threading
import time
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from eidcard.simulator.people import PEOPLE
from signer.paths import HOME_VARIABLE
from tests.gui.conftest import Open, Worker, end, until
from tests.gui.hands import CONTROL, focus, page_of, press, tab_to
from tests.integration.conftest import Desk
from ui.bootstrap import App
from ui.desktop.app import Desktop
from ui.desktop.choosing import BY_DIALOG
from ui.desktop.pages.about import AboutPage
from ui.desktop.pages.diagnostics import DiagnosticsPage
from ui.desktop.widgets.pieces import Label
from ui.diagnosis import diagnose, findings


def texts(desktop: Desktop, kind: type[DiagnosticsPage | AboutPage]) -> str:
    page = desktop.window.page(kind)
    return "\n".join(each.text() for each in page.findChildren(Label) if each.isVisibleTo(page))


def test_the_findings_are_those_of_the_command_and_a_file_of_them_names_nobody(
    qt: QApplication, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del qt
    monkeypatch.setenv(HOME_VARIABLE, str(desk.home))
    monkeypatch.setenv("PARAPH_LANGUAGE", "en")
    bundle = tmp_path / "for-the-helpdesk.zip"
    desktop = Desktop(App(), choose=BY_DIALOG._replace(copy=lambda *_: bundle))
    desktop.start()
    try:
        desktop.window.activateWindow()
        until(desktop.window.isActiveWindow, "the window")
        desktop.window.bar.diagnose.emit()
        until(lambda: "This is well" in texts(desktop, DiagnosticsPage), "the findings")
        seen = texts(desktop, DiagnosticsPage)
        assert "The smart card service runs" in seen
        assert "The eID can sign" in seen
        assert "This is a test world: nothing signed here is a real signature" in seen
        tab_to("save-bundle")
        press(Qt.Key.Key_Return)
        assert "Saved as for-the-helpdesk.zip." in texts(desktop, DiagnosticsPage)
    finally:
        end(desktop)
    told = json.loads(desk.paraph("diagnose", "--json").stdout)["findings"]
    with zipfile.ZipFile(bundle) as saved:
        content = {name: saved.read(name).decode() for name in saved.namelist()}
    mine = json.loads(content["diagnosis.json"])["findings"]
    assert [(each["check"], each["id"]) for each in mine] == [(each["check"], each["id"]) for each in told]
    person = PEOPLE["default"]
    for secret in (person.national_number, person.surname, str(desk.home)):
        assert all(secret not in text for text in content.values())


def test_a_reader_that_hangs_stops_neither_the_window_nor_its_end(
    home: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "machine" / "settings.toml").write_text("welcome = false\nlanguage = 'en'")
    gone = threading.Event()

    def hang(_: findings.Surroundings) -> list[findings.Finding]:
        gone.wait(60)
        return []

    hanging = functools.partial(diagnose.diagnose, lanes=[[(findings.Check.READER, hang)]])
    monkeypatch.setattr(diagnose, "diagnose", hanging)
    desktop = opened()
    desktop.window.bar.diagnose.emit()
    assert "Looking at card readers" in texts(desktop, DiagnosticsPage)
    press(Qt.Key.Key_1, CONTROL)
    assert page_of(desktop) == "ToSignPage"
    begun = time.monotonic()
    desktop.window.close()
    assert time.monotonic() - begun < 10
    gone.set()  # only the thread that hung is left, and now ends as well


def test_the_ways_to_the_pages_beside_the_work_are_reached_by_keyboard(worker: Worker) -> None:
    worker.press(Qt.Key.Key_F1)
    assert page_of(worker.desktop) == "HelpPage"
    page = worker.window.stack.currentWidget()
    assert page is not None
    about = next(each for each in page.findChildren(QPushButton) if each.accessibleName() == "About Paraph")
    about.setFocus()
    worker.press(Qt.Key.Key_Return)
    assert page_of(worker.desktop) == "AboutPage"
    assert focus() == "copy-line"
    worker.press(Qt.Key.Key_Return)
    line = QApplication.clipboard().text()
    assert line.startswith("Paraph ")
    assert "Qt 6" in line
    assert "GNU General Public License" in texts(worker.desktop, AboutPage)
    assert "pyHanko" in texts(worker.desktop, AboutPage)
    worker.press(Qt.Key.Key_Escape)
    assert page_of(worker.desktop) == "ToSignPage"
