"""What Qt writes itself speaks the language too, and a language from right to left turns the windows round."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton

from signer.i18n import LANGUAGES
from ui.desktop.speaking import speak


@pytest.fixture
def spoken(qt: QApplication) -> Iterator[Callable[[str], None]]:
    yield lambda language: speak(qt, language)
    speak(qt, "en")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_menus_and_dialogs_of_qt_speak_the_language(spoken: Callable[[str], None], language: str) -> None:
    spoken("en")
    english = _words_of_qt()
    spoken(language)
    here = _words_of_qt()
    assert len(here) == len(english) > 10
    assert [word for word, other in zip(here, english, strict=True) if word == other] == []


def _words_of_qt() -> list[str]:
    field, dialog = QLineEdit(), QFileDialog(options=QFileDialog.Option.DontUseNativeDialog)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    menu = field.createStandardContextMenu()
    words = [action.text().partition("\t")[0] for action in menu.actions() if action.text()]
    words += [each.text() for each in dialog.findChildren(QLabel) if each.text()]
    words += [each.text() for each in dialog.findChildren(QPushButton) if each.text()]
    for each in (menu, field, dialog):
        each.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # or they take on the next test's language
    return words


def test_the_direction_is_the_languages(qt: QApplication, spoken: Callable[[str], None]) -> None:
    spoken("ar")
    assert qt.layoutDirection() is Qt.LayoutDirection.RightToLeft
    spoken("nl")
    assert qt.layoutDirection() is Qt.LayoutDirection.LeftToRight
