"""Our own keys for the PIN: they type what they show, shuffle where that is the setting, and give nothing away."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from eidcard.pin import MAX_DIGITS, Pin
from tests.gui.qt_world import until
from ui.desktop.widgets.pin_entry import Keypad, PinDots

PIN = "9876"
ROUNDS = 5  # 10! orders: five that are the same do not come about by chance


class Keys(QWidget):
    """The dots and the keys, as on the page."""

    def __init__(self, *, shuffled: bool) -> None:
        super().__init__()
        self.dots = PinDots()
        self.keypad = Keypad(self.dots, shuffled=shuffled)
        column = QVBoxLayout(self)
        for each in (self.dots, self.keypad):
            column.addWidget(each)
        self.show()
        self.activateWindow()
        until(self.isActiveWindow)
        self.dots.setFocus()

    def press(self, text: str) -> None:
        key = next(each for each in self.keypad.findChildren(QPushButton) if each.text() == text)
        QTest.mouseClick(key, Qt.MouseButton.LeftButton)

    def order(self) -> tuple[str, ...]:
        """Read the digits as an eye does: from the upper left to the lower right."""
        QApplication.processEvents()
        digits = [each for each in self.keypad.findChildren(QPushButton) if each.text().isdecimal()]

        def place(key: QPushButton) -> tuple[int, int]:
            where: QPoint = key.pos()
            return where.y(), where.x()

        return tuple(key.text() for key in sorted(digits, key=place))


@pytest.fixture(params=[False, True], ids=["in order", "shuffled"])
def keys(qt: QApplication, request: pytest.FixtureRequest) -> Iterator[Keys]:
    keys = Keys(shuffled=request.param)
    yield keys
    keys.close()
    keys.deleteLater()


def typed(pin: Pin) -> str:
    with pin:
        buffer = (ctypes.c_ubyte * MAX_DIGITS)()
        return bytes(buffer[: pin.write_ascii(buffer)]).decode()


def test_the_keys_type_what_they_show(keys: Keys) -> None:
    for digit in f"1{PIN}5":
        keys.press(digit)
    keys.press("Clear")
    for digit in f"{PIN}0":
        keys.press(digit)
    erase = next(each for each in keys.findChildren(QPushButton) if each.accessibleName() == "Erase the last digit")
    QTest.mouseClick(erase, Qt.MouseButton.LeftButton)
    assert keys.dots.hasFocus()
    assert typed(keys.dots.hand_over()) == PIN
    assert not keys.dots.complete


def test_the_digits_change_places_for_each_pin_only_where_that_is_the_setting(keys: Keys) -> None:
    orders = []
    for _ in range(ROUNDS):
        keys.keypad.arrange()
        orders.append(keys.order())
    assert all(sorted(order) == sorted("1234567890") for order in orders)
    if keys.keypad._shuffled:
        assert len(set(orders)) > 1
    else:
        assert set(orders) == {tuple("1234567890")}


def test_no_digit_is_shown_or_said(keys: Keys, heard: list[str]) -> None:
    for digit in PIN:
        keys.press(digit)
    QTest.keyClick(keys.dots, Qt.Key.Key_9)
    shown = [keys.dots.accessibleName(), keys.dots.accessibleDescription(), *heard]
    assert "5 digits" in shown
    assert [text for text in shown if set(text) & set(PIN)] == []
