"""Every page, in every language: nothing is cut off, everything has a name, and everything is reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from signer import workflow as w
from signer.i18n import LANGUAGES
from signer.model import Withdrawal
from signer.settings import Settings
from tests.gui.scenes import Props, StoppedClock, play, props, stage
from ui import words
from ui.desktop.pages.context import Context
from ui.desktop.pages.pin import PinPage


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(Path(tmp_path_factory.mktemp("scenes")))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    words.use(request.param)
    yield request.param
    words.use("en")


def test_nothing_is_cut_off_or_without_a_name(qt: QApplication, given: Props, language: str) -> None:
    window, session = stage(given)
    faults: list[str] = []
    for scene in play(window, session, given):
        qt.sendPostedEvents()
        for layout in filter(None, (each.layout() for each in window.findChildren(QWidget) if each.isVisible())):
            layout.activate()
        faults += [f"{language} {scene}: {fault}" for each in visible(window) for fault in faults_of(each)]
    window.close()
    window.deleteLater()
    assert faults == []


def test_the_pin_page_says_what_could_not_be_checked(qt: QApplication, given: Props) -> None:
    page = PinPage(Context(Settings(), StoppedClock()))
    for withdrawal in (Withdrawal.UNKNOWN, Withdrawal.NONE):
        key = replace(given.key, withdrawal=withdrawal)
        page.show_state(w.AwaitingPin(given.paper, key))
        assert page._unchecked.isVisibleTo(page) is (withdrawal is Withdrawal.UNKNOWN)
    assert page._unchecked.text().startswith("We could not check now")
    page.deleteLater()


def visible(window: QWidget) -> Iterator[QWidget]:
    yield from (each for each in window.findChildren(QAbstractButton) if each.isVisible())
    yield from (each for each in window.findChildren(QLabel) if each.isVisible() and not each.wordWrap())


def faults_of(widget: QWidget) -> Iterator[str]:
    text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    if widget.width() < widget.minimumSizeHint().width() or widget.height() < widget.minimumSizeHint().height():
        yield f"{text!r} is cut off"
    if isinstance(widget, QAbstractButton):
        if not (widget.accessibleName() or text):
            yield f"{type(widget).__name__} has no name"
        if widget.focusPolicy() is Qt.FocusPolicy.NoFocus and widget.property("kind") not in {"key", None}:
            yield f"{text!r} is not reached by keyboard"
