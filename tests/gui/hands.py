"""Hands on a keyboard in front of a window, wherever its focus is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.conftest import until
from ui.desktop.app import Desktop

PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def page_of(desktop: Desktop) -> str:
    """Name the kind of page that is on the screen."""
    page = desktop.window.stack.currentWidget()
    assert page is not None
    return type(page).__name__


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
    """Press a key, once something has the focus."""
    until(lambda: QApplication.focusWidget() is not None, "a focus")
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, key, modifier)


def focus() -> str:
    """Name what has the focus."""
    focused = QApplication.focusWidget()
    return focused.objectName() if isinstance(focused, QWidget) else ""


def tab_to(name: str, most: int = 40) -> None:
    """Go on with the Tab key until something has the focus."""
    for _ in range(most):
        if focus() == name:
            return
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"{name} is not reached with the Tab key")
