"""Parts that find their place in a small window and with large type; what must scroll does so by keyboard too."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ui.desktop import theme

_AROUND: Final = 6 * theme.UNIT  # beside a card: the page's margins and a scroll bar
_WIDE: Final = 720  # logical pixels; a narrower card keeps its room for what is in it


class Line(QWidget):
    """Parts beside each other where there is room, under each other where not; ``grows`` takes what is left."""

    def __init__(self, *parts: QWidget, grows: QWidget | None = None, space: int = 2 * theme.UNIT) -> None:
        super().__init__()
        self._parts = parts
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(space)
        for part in parts:
            self._row.addWidget(part, int(part is grows))
            if part.sizePolicy().verticalPolicy() is QSizePolicy.Policy.Maximum and not isinstance(part, QLabel):
                self._row.setAlignment(part, Qt.AlignmentFlag.AlignTop)

    def sizeHint(self) -> QSize:
        """Ask for the room of all parts beside each other, however they stand now."""
        return QSize(self._needed(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Ask for no more than the parts under each other need."""
        shown = self._shown()
        return QSize(max((_least(part) for part in shown), default=0), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn when the room changes."""
        super().resizeEvent(event)
        self._turn()

    def event(self, event: QEvent) -> bool:
        """Turn when a part changes."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._turn()
        return super().event(event)

    def _turn(self) -> None:
        beside = self._needed() <= self.width()
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._row.direction() == way:
            return
        self._row.setDirection(way)
        for part in self._parts:
            if part.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Maximum:
                self._row.setAlignment(part, Qt.AlignmentFlag.AlignVCenter if beside else Qt.AlignmentFlag.AlignLeft)

    def _needed(self) -> int:
        shown = self._shown()
        return sum(_liked(part) for part in shown) + self._row.spacing() * max(0, len(shown) - 1)

    def _shown(self) -> list[QWidget]:
        return [part for part in self._parts if not part.isHidden()]


def row_of(*buttons: QWidget) -> Line:
    """Put buttons one after the other at the beginning of a line; none is stretched."""
    for each in buttons:
        each.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    rest = QWidget()
    return Line(*buttons, rest, grows=rest, space=theme.UNIT + 4)


def _least(part: QWidget) -> int:
    return max(part.minimumWidth(), part.minimumSizeHint().width())


def _liked(part: QWidget) -> int:
    """Give the width at which a part is at ease: wrapped text says by its minimum width what it wants."""
    return _least(part) if part.minimumWidth() else part.sizeHint().width()


class Card(QFrame):
    """The white card in the middle of a page; its margins shrink before what is in it does."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setMaximumWidth(theme.sized(width))
        self.column = QVBoxLayout(self)
        self.column.setSpacing(theme.UNIT)
        self._give_room(wide=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for what is in it."""
        super().resizeEvent(event)
        # By the window, not by what is left here: a scroll bar that comes and goes with the margins would never rest.
        self._give_room(wide=self.window().width() - _AROUND >= min(_WIDE, self.maximumWidth()))

    def _give_room(self, *, wide: bool) -> None:
        room = (6 if wide else 3) * theme.UNIT
        if self.column.contentsMargins().left() != room:
            self.column.setContentsMargins(room, room - theme.UNIT, room, room - theme.UNIT)


class Scroll(QScrollArea):
    """Scrolls what does not fit; the keyboard comes to it then, and only then."""

    def __init__(self, content: QWidget, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        self.verticalScrollBar().rangeChanged.connect(self._reach)
        running = QApplication.instance()
        if isinstance(running, QApplication):
            running.focusChanged.connect(self._follow)

    def _reach(self, _least: int, most: int) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if most > 0 else Qt.FocusPolicy.NoFocus)

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Bring in sight whoever gets the focus, also from elsewhere."""
        if now is not None and self.isAncestorOf(now):
            self.ensureWidgetVisible(now, 2 * theme.UNIT, 2 * theme.UNIT)
