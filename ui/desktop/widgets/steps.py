"""The steps of a signing, each with its number or tick, its state in words, and a note."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.desktop import theme
from ui.desktop.widgets.pieces import Label, restyle
from ui.desktop.widgets.reflow import Line
from ui.words import _


class Progress(Enum):
    """Where a step stands."""

    AHEAD = "ahead"
    NOW = "now"
    DONE = "done"


class Step(QWidget):
    """One line: badge, name, note."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__()
        self._name = name
        self._badge = _Badge(number)
        self._label = Label(name, wrap=False)
        self._note = Label("", "small", wrap=False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * theme.UNIT)
        layout.addWidget(self._badge)
        layout.addWidget(Line(self._label, self._note, grows=self._label, space=theme.UNIT), 1)
        self.setMinimumHeight(theme.sized(36))
        self.show_progress(Progress.AHEAD)

    def rename(self, name: str) -> None:
        """Call it otherwise from now on, such as when it is done."""
        self._name = name
        self._label.setText(name)

    def show_progress(self, progress: Progress, note: str = "") -> None:
        """Show where it stands."""
        self._badge.show_progress(progress)
        self._label.setProperty("look", "now" if progress is Progress.NOW else "")
        restyle(self._label)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        in_words = {Progress.AHEAD: _("still to do"), Progress.NOW: _("now"), Progress.DONE: _("done")}[progress]
        self.setAccessibleName(", ".join(filter(None, (self._name, in_words, note))))


class _Badge(QWidget):
    """A number in a circle; a tick on green when it is done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._progress = Progress.AHEAD
        self.setFixedSize(theme.sized(30), theme.sized(30))

    def show_progress(self, progress: Progress) -> None:
        self._progress = progress
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        del event
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 30, self.height() / 30)
        circle = QRectF(2, 2, 26, 26)
        if self._progress is Progress.DONE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.ok))
            painter.drawEllipse(circle)
            pen = QPen(QColor(colours.paper), 2.2, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline([QPointF(10, 15.5), QPointF(13.5, 19), QPointF(20, 11.5)])
            return
        colour = QColor(colours.act if self._progress is Progress.NOW else colours.soft)
        painter.setPen(QPen(colour, 2))
        painter.drawEllipse(circle)
        font = painter.font()
        font.setPixelSize(14)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, 30, 30), Qt.AlignmentFlag.AlignCenter, str(self._number))
