"""The windows wear what the system asks for: light or dark, high contrast, large letters; also when it changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from ui.desktop import dressing, theme
from ui.desktop.dressing import Wardrobe, text_scale
from ui.desktop.theme import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT
from ui.desktop.widgets.pieces import Label

SCHEME, CONTRAST = Qt.ColorScheme, Qt.ContrastPreference


@pytest.fixture
def wardrobe(qt: QApplication) -> Iterator[Wardrobe]:
    """The program's own; X without a desktop has no wish, so the tests send what a desktop would."""
    yield dressing.wardrobe(qt)
    dressing.wardrobe(qt).choose("system")
    qt.styleHints().accessibility().contrastPreferenceChanged.emit(CONTRAST.NoPreference)
    qt.styleHints().colorSchemeChanged.emit(SCHEME.Light)


def test_an_open_window_turns_dark_when_the_system_does_and_light_again(qt: QApplication, wardrobe: Wardrobe) -> None:
    label = Label("Sign")
    label.show()
    for scheme, colours in ((SCHEME.Dark, DARK), (SCHEME.Light, LIGHT)):
        qt.styleHints().colorSchemeChanged.emit(scheme)
        assert theme.shown() is colours
        assert label.palette().color(QPalette.ColorRole.WindowText).name() == colours.ink
    label.close()
    label.deleteLater()


def test_high_contrast_is_worn_as_soon_as_the_system_asks_for_it(qt: QApplication, wardrobe: Wardrobe) -> None:
    qt.styleHints().accessibility().contrastPreferenceChanged.emit(CONTRAST.HighContrast)
    assert theme.shown() is HIGH_LIGHT
    qt.styleHints().colorSchemeChanged.emit(SCHEME.Dark)
    assert theme.shown() is HIGH_DARK


def test_what_the_worker_chose_stays_whatever_the_system_does(qt: QApplication, wardrobe: Wardrobe) -> None:
    wardrobe.choose("light")
    qt.styleHints().colorSchemeChanged.emit(SCHEME.Dark)
    assert theme.shown() is LIGHT
    wardrobe.choose("system")
    assert theme.shown() is DARK


@pytest.mark.parametrize(
    ("system", "points", "scale"),
    [("win32", 9.0, 1.0), ("win32", 13.5, 1.5), ("win32", 20.25, 2.0), ("win32", 8.0, 1.0), ("linux", 20.0, 1.0)],
)
def test_letters_grow_with_those_of_the_system_to_twice_the_size(system: str, points: float, scale: float) -> None:
    assert text_scale(system, points) == scale
