"""What was fetched ahead is listed, read and signed in the window with no network, and delivered by itself later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.paths import user_folders
from tests.gui.conftest import Worker, in_front_of_the_window, until
from tests.gui.door import Door
from tests.integration.conftest import RIGHT, Desk
from ui.bootstrap import App

PERSON = "greek"  # nobody else leaves contracts lying about for her


@pytest.fixture
def in_a_tunnel(qt: QApplication, desk: Desk, door: Door) -> Iterator[Worker]:
    """A worker who fetched one contract at home, and starts the program where there is no network."""
    desk.insert(PERSON)
    task = desk.open_contract(PERSON)
    app = App(user_folders(desk.environment))
    app.fetch_ahead(app.settings.agency())
    door.shut()
    with in_front_of_the_window(desk, task) as worker:
        yield worker


def test_a_contract_is_read_and_signed_with_no_network_since_the_start(in_a_tunnel: Worker, door: Door) -> None:
    worker = in_a_tunnel
    worker.focus_on("Read and sign")
    assert "Ready to sign, also with no network" in worker.words_on_screen()
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    assert isinstance(worker.state, w.AwaitingPin)
    assert worker.state.paper.fetched_at is not None
    worker.type_pin(RIGHT)
    worker.comes_to(w.AwaitingNetwork)
    assert "Level B-B: signed." in worker.words_on_screen()
    door.open()
    until(lambda: "Signed and delivered" in worker.words_on_screen(), "the delivery")
    assert [entry["state"] for entry in worker.desk.submissions()] == ["delivered"]


def test_the_page_of_the_contract_says_that_it_was_fetched_ahead(in_a_tunnel: Worker) -> None:
    worker = in_a_tunnel
    worker.focus_on("Read and sign")
    worker.window.open_contract("horizon", worker.task)
    worker.comes_to(w.Reading)
    until(lambda: "You read what we fetched on" in worker.words_on_screen(), "the note")
    assert "We deliver it by ourselves when there is a network. Level B-B: signed." in worker.words_on_screen()
