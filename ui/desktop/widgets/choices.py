"""What a setting is chosen with: a list that drops down, a switch, and one of several with a word on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QRadioButton, QWidget

from ui.desktop import theme
from ui.desktop.widgets.pieces import Label
from ui.harmless import harmless

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Choice(QComboBox):
    """One of a few, each with a value that is not shown; tells only what a person chose."""

    chosen = Signal(object)

    def __init__(self, name: str, options: Mapping[Any, str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumWidth(theme.sized(240))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for value, text in options.items():
            self.addItem(harmless(text), value)
        self.activated.connect(lambda index: self.chosen.emit(self.itemData(index)))

    def show_value(self, value: object) -> None:
        """Show what counts."""
        self.setCurrentIndex(self.findData(value))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll: nobody changes a setting by rolling past it."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow, which a style sheet has only as a file in one colour."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.shown()
        painter.setPen(QPen(QColor(colours.soft if self.isEnabled() else colours.edge), 2))
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        x, y, arm = (20 if is_mirrored else self.width() - 20), self.height() / 2, theme.sized(5)
        painter.drawPolyline([QPointF(x - arm, y - arm / 2), QPointF(x, y + arm / 2), QPointF(x + arm, y - arm / 2)])


class Switch(QCheckBox):
    """On or off; a check box to a screen reader."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """As large as a finger wants it."""
        return QSize(theme.sized(56), theme.sized(36))

    def hitButton(self, pos: QPoint) -> bool:
        """Take a press anywhere on it."""
        return self.rect().contains(pos)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn on Enter as well as Space."""
        if event.key() in _ENTER and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a knob at one end or the other, with a tick when it is on: never told by colour alone."""
        del event
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(theme.sized(100) / 100, theme.sized(100) / 100)
        is_on, is_free = self.isChecked(), self.isEnabled()
        groove = QRectF(5, 5, 46, 26)
        front = QColor(colours.act if is_free else colours.edge)
        painter.setPen(QPen(front if is_on else QColor(colours.edge), 2))
        painter.setBrush(front if is_on else QColor(colours.paper))
        painter.drawRoundedRect(groove, 13, 13)
        at_end = is_on is not (self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        middle = QPointF(groove.right() - 13 if at_end else groove.left() + 13, groove.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.act_ink if is_on else colours.edge))
        painter.drawEllipse(middle, 8, 8)
        if is_on:
            painter.setPen(QPen(front, 2))
            tick = (QPointF(-3.5, 0.5), QPointF(-1, 3), QPointF(4, -2.5))
            painter.drawPolyline([middle + each for each in tick])
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.act), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(1, 1, 54, 34), 17, 17)


class Option(NamedTuple):
    """One of several: its value, what it is called, and what it means."""

    value: str
    title: str
    about: str = ""


class Options(QWidget):
    """One of several, all of them in sight, each with a sentence; arrows go from one to the next."""

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[Option], *, columns: int = 1) -> None:
        super().__init__()
        self.setAccessibleName(name)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QRadioButton] = {}
        for number, option in enumerate(options):
            row, column = 2 * (number // columns), number % columns
            button = QRadioButton(harmless(option.title).replace("&", "&&"))
            button.setObjectName(f"option-{option.value}")
            button.setAccessibleName(f"{name}: {option.title}")
            button.setAccessibleDescription(option.about)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _checked=False, value=option.value: self.chosen.emit(value))
            self._group.addButton(button)
            self.buttons[option.value] = button
            layout.addWidget(button, row, column)
            if option.about:
                about = Label(option.about, "small")
                about.setContentsMargins(0, 0, 0, theme.UNIT)
                under = QHBoxLayout()  # a layout mirrors its spacing, and not a margin
                under.addSpacing(theme.sized(20) + 20)  # the mark, and the room beside it
                under.addWidget(about, 1)
                layout.addLayout(under, row + 1, column)

    @property
    def first(self) -> QRadioButton:
        """The one where the keyboard begins: the chosen one, else the first."""
        return self.buttons[self.value or next(iter(self.buttons))]

    @property
    def value(self) -> str | None:
        """What is chosen on the screen; None for nothing yet."""
        return next((value for value, button in self.buttons.items() if button.isChecked()), None)

    def show_value(self, value: str) -> None:
        """Show what counts; one that is not offered here chooses none."""
        if value in self.buttons:
            self.buttons[value].setChecked(True)
