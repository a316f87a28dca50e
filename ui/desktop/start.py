"""``paraph-desktop``: shows its name at once, and loads all the rest after that was painted.

Loading takes several times as long as it takes Qt to show a window; nobody should wonder whether the double click was
one. So this module imports Qt and nothing else until the first paint.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:  # loaded later: see above
    from ui.desktop.app import Running

_NAME: Final = "Paraph"
_WIDTH, _HEIGHT, _RADIUS, _POINTS = 420, 180, 12, 28
_PAPER_AND_INK: Final = {False: ("#ffffff", "#14202e"), True: ("#161c24", "#eef2f6")}  # ui.desktop.theme; by darkness


def application(arguments: Sequence[str]) -> QApplication:
    """Make Qt's application, not dressed yet."""
    result = QApplication(list(arguments))
    result.setApplicationName("paraph")
    result.setApplicationDisplayName(_NAME)
    return result


class FirstSight(QWidget):
    """The program's name, until the window is painted."""

    painted = Signal()

    def __init__(self, qt: QApplication) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        is_dark = qt.styleHints().colorScheme() is Qt.ColorScheme.Dark
        self._paper, self._ink = map(QColor, _PAPER_AND_INK[is_dark])
        self._is_painted = False
        self.setWindowTitle(_NAME)
        self.resize(_WIDTH, _HEIGHT)
        self.move(qt.primaryScreen().availableGeometry().center() - self.rect().center())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the name, and tell when that is done for the first time."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._paper)
        painter.setPen(self._ink)
        font = self.font()
        font.setPointSize(_POINTS)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, _NAME)
        painter.end()
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def give_way_to(self, window: QWidget) -> None:
        """Go away as soon as the window is painted."""
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See the window's first paint."""
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.close)
        return False


class _Start(QObject):
    """What follows the first paint; a failure of it ends the program, and is its end."""

    def __init__(self, qt: QApplication, sight: FirstSight, arguments: Sequence[str]) -> None:
        super().__init__()
        self._qt, self._sight, self._arguments = qt, sight, arguments
        self.running: Running | None = None
        self.failure: BaseException | None = None

    def load(self) -> None:
        """Load everything, and open the window; that a slot of Qt raises would end nothing."""
        try:
            from ui.desktop.app import begin  # noqa: PLC0415 - this is what the first paint does not wait for

            self.running = begin(self._qt, self._arguments, Path.cwd())
            self._sight.give_way_to(self.running.window)
        except BaseException as failure:  # noqa: BLE001 - SystemExit too: another copy took over
            self.failure = failure
            self._qt.quit()


def run() -> None:
    """Run the program; a deep link or a PDF as its argument is opened. Never returns."""
    qt = application(sys.argv[:1])
    sight = FirstSight(qt)
    start = _Start(qt, sight, sys.argv[1:])
    sight.painted.connect(start.load)
    sight.show()
    code = qt.exec()
    if start.running is not None:
        start.running.end()
    if start.failure is not None:
        raise start.failure
    sys.exit(code)
