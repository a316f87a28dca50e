"""A PDF of one's own, in the real window: opened in every way, signed, saved beside it, and nothing is written over."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of
from signer.pades.validate import validate
from tests.gui.conftest import Worker, until
from tests.integration.conftest import RIGHT
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.trouble import TroublePage


@pytest.fixture
def paper(worker: Worker, tmp_path: Path) -> Path:
    """A document on the worker's disk, with a name that needs care in an address."""
    return Path(shutil.copyfile(worker.desk.world.contract, tmp_path / "Mijn contract & 50%.pdf"))


def drop(worker: Worker, *paths: Path) -> None:
    """Drag files over the window and let go of them."""
    data, nothing = QMimeData(), Qt.KeyboardModifier.NoModifier
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, nothing)
    comes = QDragEnterEvent(QPoint(50, 50), *how)
    QApplication.sendEvent(worker.window, comes)
    assert comes.isAccepted()
    QApplication.sendEvent(worker.window, QDropEvent(QPointF(50, 50), *how))


def choose(worker: Worker, **answers: Any) -> None:
    """Answer what a dialog of the system would ask."""
    worker.window._choose = worker.window._choose._replace(**answers)


def sign(worker: Worker) -> w.Done:
    """Read what is open to its end and sign it, by keyboard."""
    worker.comes_to(w.Reading)
    page = worker.window.page(ContractPage)
    until(lambda: page.document.page > 0, "the document")
    page.document.setFocus()
    worker.press(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    worker.focus_on("Sign with my eID")
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    assert isinstance(worker.state, w.Done)
    return worker.state


def test_a_dropped_pdf_is_signed_beside_itself_and_its_folder_can_be_opened(worker: Worker, paper: Path) -> None:
    before = sha256_of(paper)
    taken = paper.with_name("Mijn contract & 50%-signed.pdf")
    taken.write_text("somebody's")
    drop(worker, paper)
    done = sign(worker)
    assert done.signed.path == paper.with_name("Mijn contract & 50%-signed-2.pdf")
    assert (sha256_of(paper), taken.read_text()) == (before, "somebody's")
    (verdict,) = validate(done.signed.path, worker.desktop._app.trust(), done.signed.claimed_at)
    assert (verdict.intact, verdict.trusted, verdict.covers_whole_file) == (True, True, True)
    assert f"in the folder {paper.parent.name}" in worker.words_on_screen()
    opened: list[Path] = []
    choose(worker, look=opened.append)
    worker.window.page(DonePage)._folder.click()
    assert opened == [paper.parent]
    assert worker.desk.submissions() == []


def test_a_folder_that_takes_nothing_is_said_before_the_pin_and_another_one_serves(
    worker: Worker, paper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()

    def refuse(folder: Path) -> None:  # tests run as root, whom no folder refuses
        if folder == paper.parent:
            raise SignerError(ErrorCode.FILE_NOT_WRITABLE)

    monkeypatch.setattr("signer.perform.require_writable", refuse)
    choose(worker, document=lambda _parent: paper, folder=lambda _parent: other)
    worker.focus_on("Read and sign")
    worker.press(Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    worker.comes_to(w.Unavailable)
    worker.focus_on("Choose another folder")
    assert not worker.window.page(TroublePage).primary.isVisible()
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.target == w.FileTarget(paper, other / f"{paper.stem}-signed.pdf")


@pytest.mark.parametrize("name", ["no such file.pdf", ".", "https://elsewhere.example/a.pdf", "file://elsewhere/a.pdf"])
def test_what_cannot_be_opened_is_said(worker: Worker, tmp_path: Path, name: str) -> None:
    worker.desktop.open([name], tmp_path)
    assert worker.page_name == "Something is in the way"
    assert isinstance(worker.state, w.Idle)


def test_several_at_once_are_refused_and_none_is_opened(worker: Worker, paper: Path) -> None:
    drop(worker, paper, paper)
    assert "Open one document at a time" in worker.words_on_screen()
    assert isinstance(worker.state, w.Idle)


def test_a_file_that_comes_at_the_pin_waits_until_the_contract_is_signed(worker: Worker, paper: Path) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.desktop.open([str(paper)])
    assert worker.page_name == "PIN"
    assert worker.window.notice.isVisible()
    assert not worker.window.notice.action.isVisible()
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    assert worker.window.notice.action.isVisible()
    worker.window.notice.action.click()
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.document.path == paper
    assert not worker.window.notice.isVisible()
