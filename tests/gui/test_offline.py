"""The network goes and comes back: nothing is lost, nothing is asked, and what waits is delivered by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from PySide6.QtCore import Qt

from agency.store import Contract
from signer import workflow as w
from signer.agency.schema import ContractState
from signer.errors import ErrorCode
from signer.outbox import Entry
from tests.gui.conftest import Worker, until
from tests.gui.door import Door
from tests.integration.conftest import RIGHT
from ui.bootstrap import App
from ui.desktop.app import Desktop
from ui.desktop.pages.signed import SignedPage
from ui.qt.pace import next_look_ms


def sign_as_the_network_goes(door: Door, worker: Worker) -> None:
    """Read and enter the PIN; the agency is gone when the card has signed."""
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    door.shut()
    worker.type_pin(RIGHT)
    worker.comes_to(w.AwaitingNetwork)


def states(worker: Worker) -> list[str]:
    return [entry["state"] for entry in worker.desk.submissions()]


def test_what_is_signed_without_a_network_is_delivered_once_it_is_back(door: Door, worker: Worker) -> None:
    sign_as_the_network_goes(door, worker)
    assert "by ourselves when there is a network and Paraph is open" in worker.words_on_screen()
    until(worker.window.bar.offline.isVisible, "the quiet sign")
    worker.window.bar.offline.click()
    assert worker.page_name == "Signed contracts"
    assert "We deliver it by ourselves; nothing is lost." in worker.words_on_screen()
    door.open()
    until(lambda: "Delivered" in worker.words_on_screen(), "the delivery")
    assert states(worker) == ["delivered"]
    until(lambda: not worker.window.bar.offline.isVisible(), "the end of the quiet sign")


def test_the_list_stays_while_the_agency_does_not_answer(door: Door, worker: Worker) -> None:
    worker.focus_on("Read and sign")
    before = worker.window.page(SignedPage)  # any page: the window is not built anew
    door.shut()
    worker.press(Qt.Key.Key_F5)
    until(worker.window.bar.offline.isVisible, "the quiet sign")
    assert "You see what we knew last" in worker.words_on_screen()
    worker.focus_on("Read and sign")
    assert worker.window.page(SignedPage) is before
    door.open()
    worker.press(Qt.Key.Key_F5)
    until(lambda: not worker.window.bar.offline.isVisible(), "the end of the quiet sign")


def test_who_quits_while_something_waits_is_told_and_finds_it_delivered(door: Door, worker: Worker) -> None:
    sign_as_the_network_goes(door, worker)
    worker.window.close()
    farewell = worker.desktop.farewell
    assert farewell is not None
    assert farewell.isVisible()
    assert "1 signed contract waits for the network" in farewell.text
    farewell.close()
    assert states(worker) == ["queued"]
    not_due_for_hours()
    door.open()
    with started_again() as desktop:
        until(lambda: [e.state.value for e in lists_of(desktop)] == ["delivered"], "the delivery")
    assert states(worker) == ["delivered"]
    assert desktop.farewell is None


def not_due_for_hours() -> None:
    """Let the last try be one of many that failed."""
    app = App()
    outbox, later = app.outbox(), app.clock.now() + timedelta(hours=5)
    for entry in outbox.all():
        outbox.record_failure(entry.submission_id, ErrorCode.NETWORK_UNREACHABLE, later)


def test_what_the_agency_does_not_take_says_why_and_is_tried_again_when_people_have_spoken(
    door: Door, worker: Worker
) -> None:
    sign_as_the_network_goes(door, worker)
    assert isinstance(worker.state, w.AwaitingNetwork)
    assert worker.state.paper.contract
    contract_id = worker.state.paper.contract.id
    set_state(worker, contract_id, "withdrawn")
    worker.window.bar.waiting.emit()
    door.open()
    until(
        lambda: "The agency took this contract back before your signature came" in worker.words_on_screen(),
        "the refusal",
    )
    assert "02\N{NO-BREAK SPACE}000" in worker.words_on_screen()
    assert states(worker) == ["parked"]
    set_state(worker, contract_id, "open")
    (again,) = [each for each in worker.buttons() if each.text() == "Try again"]
    again.click()
    until(lambda: "Delivered" in worker.words_on_screen(), "the delivery")
    assert states(worker) == ["delivered"]


def set_state(worker: Worker, contract_id: str, state: ContractState) -> None:
    with worker.desk.office.store.writing() as session:
        session.get_one(Contract, contract_id).state = state


def lists_of(desktop: Desktop) -> tuple[Entry, ...]:
    lists = desktop.window._lists
    return lists.entries if lists else ()


@contextmanager
def started_again() -> Iterator[Desktop]:
    desktop = Desktop(App())
    desktop.start()
    try:
        yield desktop
    finally:
        desktop.window.close()
        desktop.end()
        desktop.window.deleteLater()


def test_an_agency_that_does_not_answer_is_asked_less_and_less_often() -> None:
    waits = [next_look_ms(failed, seen=True) // 1000 for failed in range(10)]
    assert waits == [60, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    assert next_look_ms(0, seen=False) == 300_000
