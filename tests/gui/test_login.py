"""From a link to the contract, at an agency where a link logs nobody in: with the eID, or by a code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.errors import ErrorCode
from tests.gui.conftest import Worker, in_front_of_the_window, until
from tests.integration.conftest import RIGHT, WRONG, Desk
from ui.desktop.pages.code import CodePage
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.pin import PinPage

pytestmark = pytest.mark.xdist_group("careful agency")


@pytest.fixture
def worker(qt: QApplication, careful_desk: Desk) -> Iterator[Worker]:
    """A worker who opened a link; nobody has logged in."""
    del qt
    task = careful_desk.publish(mail="worker@post.example")
    with in_front_of_the_window(careful_desk, task) as worker:
        yield worker


def open_link(worker: Worker) -> None:
    worker.desktop.open([worker.desk.link(worker.task)], worker.desk.home)


def test_the_pin_of_the_log_in_opens_the_contract_and_signing_asks_for_it_again(worker: Worker) -> None:
    open_link(worker)
    worker.comes_to(w.AwaitingLoginPin)
    words = worker.words_on_screen()
    worker.type_pin(RIGHT)
    worker.comes_to(w.Reading)
    until(lambda: worker.window.page(ContractPage).document.page > 0, "the document")
    worker.press(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    worker.focus_on("Sign with my eID")
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    assert "This signs nothing" in words
    assert "your PIN is asked once more" in words


def test_a_wrong_pin_is_told_with_the_tries_left_and_the_right_one_goes_on(worker: Worker) -> None:
    open_link(worker)
    worker.comes_to(w.AwaitingLoginPin)
    worker.type_pin(WRONG)
    until(lambda: getattr(worker.state, "because", None) is ErrorCode.PIN_WRONG, "the wrong PIN")
    words = worker.words_on_screen()
    worker.type_pin(RIGHT)
    worker.comes_to(w.Reading)
    assert "Wrong PIN, 2 tries left" in words


def test_the_card_of_another_person_then_ones_own(worker: Worker) -> None:
    worker.desk.insert("man")
    open_link(worker)
    worker.comes_to(w.AwaitingLoginPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.AwaitingLoginCard)
    assert worker.state.because is ErrorCode.CARD_OF_ANOTHER  # type: ignore[union-attr]
    worker.desk.insert()
    worker.comes_to(w.AwaitingLoginPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.Reading)


def test_without_a_card_a_code_by_mail_opens_the_contract(worker: Worker) -> None:
    worker.desk.remove()
    open_link(worker)
    worker.comes_to(w.AwaitingLoginCard)
    code = next(button for button in worker.buttons() if button.text() == "No card here? Get a code by mail")
    code.click()
    worker.comes_to(w.AwaitingCode)
    page = worker.window.page(CodePage)
    until(page.field.hasFocus, "the field of the code")
    assert "w…@post.example" in worker.words_on_screen()
    page.field.insert(" ".join(worker.desk.mailed_code()))  # copied with spaces
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.Reading)
    assert page.field.text() == ""


def test_escape_leaves_the_log_in_and_wipes_what_was_typed(worker: Worker) -> None:
    open_link(worker)
    worker.comes_to(w.AwaitingLoginPin)
    worker.press(Qt.Key.Key_1)
    worker.press(Qt.Key.Key_Escape)
    worker.comes_to(w.Stopped)
    assert worker.page_name == "Contracts to sign"
    assert len(worker.window.page(PinPage).dots._pin) == 0
