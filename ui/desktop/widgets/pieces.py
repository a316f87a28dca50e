"""Labels, buttons, frames and pictures, dressed by the theme and named for a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from signer.paths import resource
from ui.desktop import theme
from ui.harmless import harmless

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Label(QLabel):
    """Plain text, whoever wrote it: never markup, never able to reorder what stands beside it."""

    def __init__(self, text: str = "", look: str = "", *, wrap: bool = True) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if look:
            self.setProperty("look", look)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(harmless(text))


class Chip(QLabel):
    """A short word with a colour: calm, soon, late or ok."""

    def __init__(self, text: str = "", tone: str = "calm") -> None:
        super().__init__(harmless(text))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("chip", tone)

    def say(self, text: str, tone: str) -> None:
        """Change word and colour."""
        self.setText(harmless(text))
        self.setProperty("chip", tone)
        restyle(self)


class Button(QPushButton):
    """A button that Enter presses as well as Space, wherever it stands."""

    def __init__(self, text: str, kind: str, press: Callable[[], object] | None = None) -> None:
        super().__init__(text.replace("&", "&&"))
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if press is not None:
            self.clicked.connect(lambda _checked=False: press())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press on Enter."""
        if event.key() in _ENTER and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)


class Picture(QWidget):
    """An icon of resources/icons in a colour of the theme; sharp at every scale, right in light and dark."""

    def __init__(self, name: str, size: QSize, colour: str = "act", *, on: str = "") -> None:
        super().__init__()
        self._svg = resource("icons", f"{name}.svg").read_text("utf-8")
        self._colour = colour
        self._on = on  # the colour of a disc behind it
        self.setFixedSize(size)

    def change(self, name: str) -> None:
        """Show another icon."""
        self._svg = resource("icons", f"{name}.svg").read_text("utf-8")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        del event
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if self._on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(getattr(colours, self._on))
            painter.drawEllipse(box)
            quarter = box.width() / 4
            box = box.adjusted(quarter, quarter, -quarter, -quarter)
        svg = self._svg.replace("currentColor", getattr(colours, self._colour))
        renderer = QSvgRenderer(QByteArray(svg.encode()))
        renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
        renderer.render(painter, box)


def frame(name: str, *, across: bool = False, margins: int = 0, space: int = theme.UNIT) -> tuple[QFrame, QHBoxLayout]:
    """Give a dressed frame and its layout; ``margins`` and ``space`` in pixels."""
    result = QFrame()
    result.setObjectName(name)
    layout = QHBoxLayout(result) if across else QVBoxLayout(result)
    layout.setContentsMargins(margins, margins, margins, margins)
    layout.setSpacing(space)
    return result, layout  # type: ignore[return-value] # both are QBoxLayouts; the stubs know addStretch there alone


def rule(*, upright: bool = False) -> QFrame:
    """Give a thin line between two parts: a style sheet's own borders are not mirrored."""
    return frame("upright" if upright else "rule")[0]


def restyle(widget: QWidget) -> None:
    """Dress again after a property changed that the style sheet looks at."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say something that happened by itself."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
