"""Our own way to type a PIN: keys and a keypad over an erasable buffer; the digits are never shown, nor in any text."""

from __future__ import annotations

import secrets
from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from eidcard.pin import MAX_DIGITS, MIN_DIGITS, Pin
from ui.desktop import theme
from ui.desktop.widgets.pieces import Button, Picture, announce, restyle
from ui.words import _, plural

_DIGIT_BY_KEY: Final = {Qt.Key(Qt.Key.Key_0 + digit): digit for digit in range(10)}
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PinDots(QFrame):
    """One dot a digit. Has the focus, takes the keys, and owns the buffer until it is handed over."""

    changed = Signal()
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dots")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(theme.sized(56))
        self.setAccessibleName(_("PIN of your eID"))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # digits are, in every language
        self._pin = Pin()

    @property
    def complete(self) -> bool:
        """Whether there are as many digits as a PIN has."""
        return MIN_DIGITS <= len(self._pin) <= MAX_DIGITS

    def append(self, digit: int) -> None:
        """Add a digit; more than a PIN can have are not taken."""
        if len(self._pin) < MAX_DIGITS:
            self._pin.append(digit)
            self._tell()

    def erase(self) -> None:
        """Take the last digit away."""
        self._pin.drop_last()
        self._tell()

    def wipe(self) -> None:
        """Take every digit away."""
        self._pin.wipe()
        self._tell()

    def hand_over(self) -> Pin:
        """Give the PIN, and begin with an empty one; whoever takes it wipes it."""
        pin, self._pin = self._pin, Pin()
        self._tell()
        return pin

    def _tell(self) -> None:
        count = plural("{count} digit", "{count} digits", len(self._pin))
        self.setAccessibleDescription(count)
        if self.hasFocus():
            announce(self, count)
        self.update()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take digits, Backspace, Delete and Enter."""
        key = Qt.Key(event.key())
        if key in _DIGIT_BY_KEY:
            self.append(_DIGIT_BY_KEY[key])
        elif key == Qt.Key.Key_Backspace:
            self.erase()
        elif key == Qt.Key.Key_Delete:
            self.wipe()
        elif key in _ENTER:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys go here."""
        self._show_focus(focused=True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that keys go elsewhere."""
        self._show_focus(focused=False)
        super().focusOutEvent(event)

    def _show_focus(self, *, focused: bool) -> None:
        self.setProperty("focused", "true" if focused else "false")
        restyle(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots and the caret."""
        super().paintEvent(event)
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.ink))
        middle, step = self.height() / 2, min(28.0, (self.width() - 48) / MAX_DIGITS)
        for index in range(len(self._pin)):
            painter.drawEllipse(QPointF(28 + index * step, middle), 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.act), 2))
            x = 20 + len(self._pin) * step
            painter.drawLine(QPointF(x, middle - 15), QPointF(x, middle + 15))


class Keypad(QWidget):
    """Ten digits, clear and erase, for fingers; ``shuffled`` puts the digits at other places for each PIN."""

    def __init__(self, dots: PinDots, *, shuffled: bool = False) -> None:
        super().__init__()
        self._shuffled = shuffled
        self._digits = [_digit_key(dots, digit) for digit in (*range(1, 10), 0)]
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as on every telephone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.UNIT)
        clear = _key(_("Clear"))
        clear.setProperty("word", "true")
        clear.clicked.connect(dots.wipe)
        erase = _key("")
        erase.setAccessibleName(_("Erase the last digit"))
        QVBoxLayout(erase).addWidget(Picture("erase", QSize(24, 24), "ink"), 0, Qt.AlignmentFlag.AlignCenter)
        erase.clicked.connect(dots.erase)
        self._grid.addWidget(clear, 3, 0)
        self._grid.addWidget(erase, 3, 2)
        self.arrange()

    def arrange(self) -> None:
        """Put the digits in their places: before each PIN in new ones, where that is the setting."""
        keys = list(self._digits)
        if self._shuffled:
            secrets.SystemRandom().shuffle(keys)
        for key, (row, column) in zip(keys, _PLACES, strict=True):
            self._grid.addWidget(key, row, column)


_PLACES: Final = (*((row, column) for row in range(3) for column in range(3)), (3, 1))


def _key(text: str) -> Button:
    key = Button(text, "key")
    key.setMinimumSize(theme.sized(72), theme.sized(56))
    key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    key.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard has digits of its own; the dots keep the focus
    return key


def _digit_key(dots: PinDots, digit: int) -> Button:
    key = _key(str(digit))
    key.clicked.connect(lambda: dots.append(digit))
    return key
