"""What still waits when the window closes: said for a moment, asked of nobody, and gone by itself."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.desktop import theme
from ui.desktop.widgets.pieces import Label, announce
from ui.words import _, plural

STAYS_MS: Final = 5_000  # long enough to be read


class Farewell(QWidget):
    """A small window of two lines; any key or click puts it away sooner."""

    def __init__(self, count: int) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Paraph")
        waits = plural(
            "{count} signed contract waits for the network.", "{count} signed contracts wait for the network.", count
        )
        self.text = " ".join((waits, _("Nothing is lost: it is delivered when you open Paraph again.")))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*4 * (4 * theme.UNIT,))
        layout.addWidget(Label(waits, "heading"))
        layout.addWidget(Label(_("Nothing is lost: it is delivered when you open Paraph again."), "lead"))
        self.setFixedWidth(theme.sized(520))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.close)
        self._timer.start(STAYS_MS)
        announce(self, self.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go sooner."""
        del event
        self.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go sooner."""
        del event
        self.close()
