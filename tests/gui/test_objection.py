"""Something is wrong: told to the agency from the real window, with and without a network; nothing is signed by it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from agency.publishing import withdraw
from agency.store import ObjectionRow
from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import Wrong
from tests.gui.conftest import Worker, until
from tests.gui.door import Door
from ui.bootstrap import App
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.objection import ObjectionPage


def heard(worker: Worker) -> list[tuple[str, str]]:
    with worker.desk.office.store.reading() as session:
        rows = session.query(ObjectionRow).filter_by(contract_id=worker.task)
        return [(row.reasons, row.text) for row in rows]


def read(worker: Worker) -> ContractPage:
    """Open the contract of this test."""
    worker.window.open_contract("horizon", worker.task)
    worker.comes_to(w.Reading)
    return worker.window.page(ContractPage)


def write(worker: Worker, words: str) -> ObjectionPage:
    """Go to the questions, tick the second answer and write, by keyboard."""
    read(worker)._is_wrong.setFocus()
    worker.press(Qt.Key.Key_Return)
    page = worker.window.page(ObjectionPage)
    until(page.boxes[Wrong.PAY].hasFocus, "the first answer")
    worker.press(Qt.Key.Key_Tab)
    worker.press(Qt.Key.Key_Space)
    for _ in range(4):
        worker.press(Qt.Key.Key_Tab)
    QTest.keyClicks(page.text, words)
    return page


def test_the_agency_is_told_by_keyboard_and_the_contract_stays(worker: Worker) -> None:
    page = write(worker, "Only in the evening, please.")
    worker.press(Qt.Key.Key_Tab)
    until(page.primary.hasFocus, "the action")
    worker.press(Qt.Key.Key_Return)
    until(lambda: worker.page_name == "Contract", "the contract again")
    assert heard(worker) == [("hours", "Only in the evening, please.")]
    assert "The hours are wrong" in worker.window.page(ContractPage)._word.text()
    assert "Nothing" not in worker.window.page(ContractPage)._word.text()
    assert worker.desk.submissions() == []
    worker.press(Qt.Key.Key_Escape)
    until(lambda: "You told the agency" in worker.words_on_screen(), "the mark in the list")


def test_what_was_typed_is_kept_without_a_network_and_leaves_when_it_is_back(door: Door, worker: Worker) -> None:
    page = write(worker, "Niet op zaterdag.")
    worker.press(Qt.Key.Key_Escape)  # a look at the contract
    assert worker.page_name == "Contract"
    worker.window.page(ContractPage).wrong.emit(worker.window.page(ContractPage).paper)
    assert (page.text.toPlainText(), page.boxes[Wrong.HOURS].isChecked()) == ("Niet op zaterdag.", True)
    door.shut()
    page.primary.click()
    until(lambda: worker.page_name == "Contract", "the contract again")
    assert "Not sent to the agency yet: The hours are wrong. We send it by ourselves." in worker.words_on_screen()
    assert heard(worker) == []
    door.open()
    until(lambda: "You told the agency" in worker.words_on_screen(), "that it was sent by itself")
    assert heard(worker) == [("hours", "Niet op zaterdag.")]


def test_on_a_shared_computer_words_stay_on_the_page_and_not_on_the_disk(door: Door, worker: Worker) -> None:
    worker.desktop._preferences.prefer({"shared": True})
    page = write(worker, "Not for the next person.")
    door.shut()
    page.primary.click()
    until(lambda: "What you wrote is still here" in worker.words_on_screen(), "that it was not sent")
    assert page.text.toPlainText() == "Not for the next person."
    assert App().objections().all() == []


def test_what_the_agency_does_not_take_stays_on_the_page(worker: Worker) -> None:
    page = write(worker, "Call me.")
    page.primary.click()
    assert page.sent
    assert not page.primary.isEnabled()
    worker.window.show_told(page.sent, ErrorCode.AGENCY_REFUSED)  # a refusal that our own server has no reason to give
    assert worker.page_name == "Something is wrong"
    assert (page.text.toPlainText(), page.primary.isEnabled()) == ("Call me.", True)
    assert "What you wrote is still here" in worker.words_on_screen()


def test_more_than_the_agency_takes_cannot_be_sent(worker: Worker) -> None:
    page = write(worker, "")
    page.text.setPlainText("x" * 1001)
    assert not page.primary.isEnabled()
    assert "1 character too many" in worker.words_on_screen()
    page.text.setPlainText("x" * 1000)
    assert page.primary.isEnabled()


def test_a_new_version_shows_what_changed_and_a_withdrawn_one_cannot_be_opened(worker: Worker) -> None:
    read(worker)
    new = worker.desk.publish(replaces=worker.task, hourly_pay="17.05")
    worker.press(Qt.Key.Key_Escape)
    worker.window.open_contract("horizon", worker.task)  # an old link
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.contract
    assert worker.state.paper.contract.id == new
    assert "Pay: €17.05 gross an hour (was €16.42 gross an hour)" in worker.words_on_screen()
    worker.press(Qt.Key.Key_Escape)
    worker.press(Qt.Key.Key_F5)
    until(lambda: "New version of an earlier contract" in worker.words_on_screen(), "the list")
    withdraw(worker.desk.office, new)
    worker.press(Qt.Key.Key_F5)
    until(lambda: "The agency withdrew it" in worker.words_on_screen(), "the withdrawn row")
    worker.window.open_contract("horizon", new)
    worker.comes_to(w.Refused)
    assert worker.page_name == "Something is in the way"
