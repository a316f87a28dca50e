"""What the pages say about each situation: one title, one action, a picture that can be drawn, and whom to call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import PinEntry
from signer.paths import resource
from tests.gui.qt_world import until
from tests.gui.scenes import Props, props, stage
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.situations import look_of
from ui.desktop.pages.trouble import TroublePage
from ui.desktop.pages.working import Countdown, SigningPage
from ui.desktop.window import Window
from ui.qt.several import SeveralSession


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(tmp_path_factory.mktemp("trouble"))


@pytest.fixture
def play(qt: QApplication, given: Props) -> Iterator[tuple[Window, SeveralSession]]:
    """A window that nobody works behind, with a contract that was read."""
    window, session = stage(given)
    for event in (w.Open(given.paper.target), w.Opened(given.paper), w.ReadToTheEnd(given.paper.document.sha256)):
        session.post(event)
    yield window, session
    window.close()
    window.deleteLater()


@pytest.mark.parametrize("icon", sorted(path.name for path in Path(str(resource("icons"))).glob("*.svg")))
def test_every_picture_can_be_drawn(qt: QApplication, icon: str) -> None:
    assert QSvgRenderer(str(resource("icons", icon))).isValid()


def test_every_situation_has_a_picture_that_is_there() -> None:
    assert [code for code in ErrorCode if not resource("icons", f"{look_of(code).picture}.svg").is_file()] == []


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_a_situation_offers_one_action(play: tuple[Window, SeveralSession], code: ErrorCode) -> None:
    window, session = play
    session.post(w.Failed(code))
    page = window.page(TroublePage)
    assert window.stack.currentWidget() is page
    waits = page._wait.isVisibleTo(page)
    tries = page.primary.isVisibleTo(page)
    leaves = page.later.property("kind") == "act"
    assert [waits, tries, leaves].count(True) == 1
    assert code.support_id in page._id.text()


def test_who_is_to_be_called_stands_where_the_password_would(play: tuple[Window, SeveralSession]) -> None:
    window, session = play
    session.post(w.Failed(ErrorCode.CARD_CANNOT_SIGN))
    page = window.page(TroublePage)
    assert page._agency.isVisibleTo(page)
    assert page._agency_ways.text() == "02 555 01 00 · help@horizon.example"
    session.post(w.CardChanged())
    session.post(w.Failed(ErrorCode.NO_CARD))
    assert not page._agency.isVisibleTo(page)


def test_in_a_low_window_the_words_go_before_the_picture(play: tuple[Window, SeveralSession]) -> None:
    window, session = play
    session.post(w.Failed(ErrorCode.CARD_CANNOT_SIGN))
    page = window.page(TroublePage)
    for height, is_there in ((800, True), (520, False), (800, True)):
        window.resize(1100, height)
        until(lambda is_there=is_there: page._picture.isVisible() is is_there)  # type: ignore[misc]


def test_the_support_code_is_copied(play: tuple[Window, SeveralSession]) -> None:
    window, session = play
    session.post(w.Failed(ErrorCode.CARD_REFUSED))
    QGuiApplication.clipboard().clear()
    window.page(TroublePage)._copy()
    until(lambda: QGuiApplication.clipboard().text() == "CARD-010")


@pytest.mark.parametrize(
    ("before", "tries", "title", "told"),
    [
        ((), 3, "Enter your PIN", []),
        ((), 2, "Enter your PIN", ["2 tries left", "After the last wrong try"]),
        ((), 1, "One try left", ["blocks your card", "municipality"]),
        ((ErrorCode.PIN_WRONG, 2), 3, "Wrong PIN, 2 tries left", ["not the code of your bank card", "last wrong try"]),
        ((ErrorCode.PIN_WRONG, 1), 2, "One try left", ["Wrong PIN.", "blocks your card", "municipality"]),
        ((ErrorCode.DISK_FULL, None), 3, "Make room on the disk", ["Delete files"]),
    ],
)
def test_what_the_pin_page_says_before_anything_is_typed(
    play: tuple[Window, SeveralSession],
    given: Props,
    before: tuple[ErrorCode, int | None] | tuple[()],
    tries: int,
    title: str,
    told: list[str],
) -> None:
    window, session = play
    session.post(w.KeyFound(replace(given.key, tries_left=tries)))
    if before:
        session.post(w.PinEntered())
        session.post(w.Failed(*before))
    page = window.page(PinPage)
    assert page._title.text() == title
    shown = [each.text() for each in (page._because, page._tries, page._warning) if each.isVisibleTo(page)]
    assert [each for each in told if each not in " ".join(shown)] == []
    assert bool(shown) is bool(told)


def test_a_card_that_is_back_is_not_asked_for_again(play: tuple[Window, SeveralSession], given: Props) -> None:
    window, session = play
    for event in (w.KeyFound(given.key), w.CardChanged(), w.KeyFound(given.key)):
        session.post(event)
    page = window.page(PinPage)
    assert page._title.text() == "Enter your PIN"
    assert page._because.text() == "Your card is back. Nothing was signed, so your PIN is asked again."


@pytest.mark.parametrize("entry", [PinEntry.PINPAD, PinEntry.DIALOG])
def test_a_pin_that_is_typed_elsewhere_is_announced_and_then_shown_to_be_asked(
    play: tuple[Window, SeveralSession], given: Props, entry: PinEntry
) -> None:
    window, session = play
    session.post(w.KeyFound(replace(given.key, pin_entry=entry)))
    pin, signing = window.page(PinPage), window.page(SigningPage)
    assert (pin.dots.isVisibleTo(pin), pin._foreign.isVisibleTo(pin), pin._picture.isVisibleTo(pin)) == (0, 1, 1)
    assert pin.primary.isEnabled()
    session.post(w.PinEntered())
    assert signing._title.text() == pin._title.text() != "Signing"
    assert signing._picture.isVisibleTo(signing)
    counts = signing._countdown.isVisibleTo(signing)
    assert counts is (entry is PinEntry.PINPAD)
    assert not counts or signing._countdown.text() == "30 seconds left"
    session.post(w.StepDone(w.Step.PREPARED))
    session.post(w.StepDone(w.Step.CARD_SIGNED))
    assert signing._title.text() == "Signing"
    assert not signing._picture.isVisibleTo(signing)
    assert not signing._countdown._timer.isActive()


def test_the_countdown_goes_down_and_not_below_nothing(qt: QApplication) -> None:
    countdown = Countdown(2)
    countdown.show_running(running=True)
    said = []
    for _second in range(3):
        countdown._timer.timeout.emit()
        said.append(countdown.text())
    assert said == ["1 second left", "0 seconds left", "0 seconds left"]
    countdown.show_running(running=False)
    assert not countdown._timer.isActive()
    countdown.deleteLater()


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (ErrorCode.NETWORK_UNREACHABLE, "Signed. Waiting for the network"),
        (ErrorCode.AGENCY_BUSY, "Signed. Waiting for the agency"),
    ],
)
def test_a_signature_that_waits_says_for_whom(
    play: tuple[Window, SeveralSession], given: Props, code: ErrorCode, title: str
) -> None:
    window, session = play
    for event in (w.KeyFound(given.key), w.PinEntered(), w.Signed(given.signed), w.Failed(code)):
        session.post(event)
    page = window.page(DonePage)
    assert page._title.text() == title
    assert code.support_id in page._id.text()
    session.post(w.Delivered(given.receipt))
    assert page._title.text() == "Signed and delivered"
    assert not page._id.isVisibleTo(page)
    assert page._receipt.isVisibleTo(page)
