"""Somebody signs a contract in the real window, with the keyboard alone, whatever the card does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from signer import workflow as w
from signer.errors import ErrorCode
from signer.outbox import EntryState
from signer.perform import Performer
from tests.gui.conftest import Worker, in_front_of_the_window, until
from tests.integration.conftest import RIGHT, WRONG
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.window import PAGES


def test_every_state_has_a_page() -> None:
    assert set(PAGES) == set(w.State.__args__)


def test_a_contract_is_signed_and_delivered_by_keyboard_after_a_wrong_pin(heard: list[str], worker: Worker) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(WRONG)
    until(lambda: getattr(worker.state, "because", None) is ErrorCode.PIN_WRONG, "the wrong PIN told")
    page = worker.window.page(PinPage)
    assert page._title.text() == "Wrong PIN, 2 tries left"
    assert not page.dots.complete
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    assert isinstance(worker.state, w.Done)
    assert worker.state.receipt is not None
    until(lambda: worker.window.page(SignedPage).first_focus() is not None, "the list of what was signed")
    assert [entry["state"] for entry in worker.desk.submissions()] == ["delivered"]
    told = [
        "Card is in",
        "You have reached the end. You can sign now.",
        "Wrong PIN, 2 tries left",
        "Signed and delivered",
    ]
    assert [start for text in heard for start in told if text.startswith(start)] == told


def test_a_card_pulled_at_the_pin_and_put_back_goes_on_by_itself(heard: list[str], worker: Worker) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.press(Qt.Key.Key_1)
    worker.desk.remove()
    worker.comes_to(w.AwaitingCard)
    assert isinstance(worker.state, w.AwaitingCard)
    assert worker.state.because is ErrorCode.CARD_REMOVED
    assert worker.window.bar.pill.text == "No card"
    until(lambda: "No card" in heard, "the card's going told")
    worker.desk.insert()
    worker.comes_to(w.AwaitingPin)
    assert len(worker.window.page(PinPage).dots._pin) == 0
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)


def test_escape_at_the_pin_goes_back_to_the_contract_and_its_reading_is_kept(worker: Worker) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.press(Qt.Key.Key_1)
    worker.press(Qt.Key.Key_Escape)
    worker.comes_to(w.Reading)
    assert worker.window.page(ContractPage).primary.isEnabled()
    assert len(worker.window.page(PinPage).dots._pin) == 0
    worker.press(Qt.Key.Key_Escape)
    worker.comes_to(w.Stopped)


def test_a_hostile_link_is_refused_with_a_message(worker: Worker) -> None:
    worker.desktop.open(["paraph://evil.example/horizon/0123456789abcdef0123"])
    assert worker.page_name == "Something is in the way"
    worker.press(Qt.Key.Key_Escape)
    assert (worker.page_name, worker.window.windowTitle()) == ("Contracts to sign", "Contracts to sign")
    assert isinstance(worker.state, w.Idle)


def test_a_link_opens_its_contract(worker: Worker) -> None:
    task = worker.desk.open_contract()
    worker.desktop.open([worker.desk.link(task)])
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.target == w.AgencyTarget(task)


def test_a_window_closed_while_the_card_signs_loses_no_signature_and_the_next_one_delivers_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(RIGHT)
    assert isinstance(worker.state, w.Signing)
    performer = worker.desktop._worker._performer
    let_go: list[str] = []
    assert isinstance(performer, Performer)
    monkeypatch.setattr(performer._ports.cards, "close", lambda: let_go.append("readers"))
    worker.window.close()
    assert let_go == ["readers"]
    assert [entry["state"] for entry in worker.desk.submissions()] == ["queued"]
    with in_front_of_the_window(worker.desk, worker.task) as again:
        until(lambda: [entry.state for entry in again.lists.entries] == [EntryState.DELIVERED], "delivered by itself")
        assert again.lists.entries[0].contract_id not in {each.contract.id for each in again.lists.to_sign}
