"""Several contracts in the real window: one PIN entry, a VERIFY for each, and at a mishap no more of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Final

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from agency.publishing import read_draft
from eidcard.simulator.faults import Pull
from signer import workflow as w
from signer.errors import ErrorCode
from signer.outbox import EntryState
from tests.gui.conftest import Worker, in_front_of_the_window, until
from tests.integration.conftest import RIGHT, WRONG, Desk
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.several import SeveralPage
from ui.qt.several import Phase, Several

VERIFY: Final = 0x20
PSO: Final = 0x2A
JOBS: Final = ("Kassier", "Kok", "Lasser")
_EARLIER: Final = count(1)  # the contracts of each test stand before those that the others left


@pytest.fixture
def given(desk: Desk) -> list[int]:
    """How long each VERIFY with a PIN in it was that the card got."""
    seen: list[int] = []
    desk.card.before_command = lambda apdu: seen.append(len(apdu)) if apdu[1] == VERIFY and len(apdu) > 5 else None
    return seen


@pytest.fixture
def tasks(desk: Desk) -> list[str]:
    """Three contracts, the first in the list."""
    starts = read_draft(desk.world.contract.with_name("contract.pdf.json")).starts_at
    early = starts - timedelta(minutes=10 * next(_EARLIER))
    tasks = [desk.publish(job=job, starts_at=early + timedelta(minutes=at)) for at, job in enumerate(JOBS)]
    for task in tasks:
        desk.log_in(task)
    return tasks


@pytest.fixture
def worker(qt: QApplication, desk: Desk, tasks: list[str]) -> Iterator[Worker]:
    """Somebody with three contracts, in front of an open window."""
    del qt
    with in_front_of_the_window(desk, tasks[0]) as worker:
        yield worker


def read_all(worker: Worker) -> None:
    """Open the first contract, and read the next one too until there are three; by keyboard alone."""
    worker.focus_on("Read and sign")
    worker.press(Qt.Key.Key_Return)
    read_to_the_end(worker, "Sign with my eID")
    for number in (2, 3):
        read_next(worker)
        read_to_the_end(worker, f"Sign {number} contracts")


def read_to_the_end(worker: Worker, action: str) -> None:
    worker.comes_to(w.Reading)
    document = worker.window.page(ContractPage).document
    until(lambda: document.page > 0, "the document")
    if not worker.window.page(ContractPage).primary.isEnabled():
        worker.press(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    worker.focus_on(action)


def read_next(worker: Worker) -> None:
    worker.press(Qt.Key.Key_Tab)
    worker.focus_on("Read the next one too")
    before = worker.state
    worker.press(Qt.Key.Key_Return)
    until(lambda: isinstance(worker.state, w.Reading) and worker.state is not before, "the next contract")


def sign(worker: Worker, pin: str) -> Several:
    """Press the action, type the PIN, and wait until everything came to its end."""
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(pin)
    session = worker.desktop.session
    until(lambda: session.phase is Phase.ENDED, "the end of all")
    assert session.several
    assert worker.window.stack.currentWidget() is worker.window.page(SeveralPage)
    return session.several


def are_delivered(worker: Worker, tasks: list[str]) -> None:
    """See that these, and no others, are delivered."""
    wanted = sorted((task, EntryState.DELIVERED) for task in tasks)
    until(lambda: sorted((e.contract_id, e.state) for e in worker.lists.entries) == wanted, "the deliveries")


def test_three_are_signed_and_delivered_with_one_pin(
    given: list[int], tasks: list[str], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, decide = set[int](), w.handle

    def handle(state: w.State, event: w.Event) -> w.Next:
        threads.add(threading.get_ident())
        return decide(state, event)

    monkeypatch.setattr(w, "handle", handle)
    read_all(worker)
    assert "Ready to sign with this one: Kassier" in worker.words_on_screen()

    sign(worker, RIGHT)

    assert len(given) == 3
    are_delivered(worker, tasks)
    until(lambda: all(job in worker.words_on_screen() for job in JOBS), "all of them on the page")
    assert worker.words_on_screen().startswith("All signed and delivered")
    assert threads == {threading.get_ident()}, "the session decides in the window's thread alone"
    assert worker.desktop._hand.take() is None, "no PIN is left"


def test_a_wrong_pin_is_given_to_the_card_once_and_nothing_is_signed(given: list[int], worker: Worker) -> None:
    read_all(worker)

    several = sign(worker, WRONG)

    assert several.because is ErrorCode.PIN_WRONG
    said = worker.words_on_screen()
    assert said.startswith("Wrong PIN, 2 tries left\nIt stopped at: Lasser,")
    assert "Nothing was signed." in said
    assert len(given) == 1
    assert worker.desk.signed_files() == []
    assert worker.desktop._hand.take() is None, "no PIN is left"


def test_a_card_pulled_at_the_second_leaves_the_first_signed_and_delivered(
    given: list[int], tasks: list[str], worker: Worker
) -> None:
    read_all(worker)
    worker.desk.card.plan(Pull(ins=PSO, at=2))

    several = sign(worker, RIGHT)

    assert several.because is ErrorCode.CARD_REMOVED
    said = worker.words_on_screen()
    assert said.startswith("Put the card back in\nIt stopped at: Kassier,")
    assert "One contract is signed." in said
    assert len(given) == 2
    are_delivered(worker, tasks[2:])
    assert worker.desktop._hand.take() is None, "no PIN is left"


def test_going_back_keeps_what_was_read_and_leaving_for_the_list_says_that_it_is_not_signed(worker: Worker) -> None:
    read_all(worker)
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.AwaitingPin)
    assert "You sign 3 contracts:" in worker.words_on_screen()

    worker.press(Qt.Key.Key_Escape)
    worker.focus_on("Sign 3 contracts")
    assert worker.window.notice.text() == "3 contracts are read and ready to sign."

    worker.press(Qt.Key.Key_Escape)
    worker.focus_on("Sign 2 contracts")
    assert "Kok" in worker.words_on_screen()

    worker.press(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert worker.page_name == "Contracts to sign"
    assert worker.window.notice.text().startswith("One contract that you read is not signed.")
    assert worker.desktop.session.aside == ()
