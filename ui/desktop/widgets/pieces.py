"""Labels, buttons, frames and pictures, dressed by the theme and named for a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QIcon, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

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

    def dress(self, look: str) -> None:
        """Look otherwise from now on."""
        self.setProperty("look", look)
        restyle(self)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(harmless(text))


class Shortened(Label):
    """One line that ends in … where there is no room for the whole, which the pointer and a screen reader still get."""

    def __init__(self, text: str, look: str) -> None:
        super().__init__(text, look, wrap=False)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(text)
        self.setAccessibleName(self.text())
        self.setToolTip(self.text())

    def minimumSizeHint(self) -> QSize:
        """Ask for no more than a short word needs."""
        whole, metrics = self.sizeHint(), self.fontMetrics()
        return QSize(min(whole.width(), _SHORT * metrics.averageCharWidth()), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what there is room for."""
        del event
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)


_SHORT: Final = 10  # letters


class Chip(QLabel):
    """A short word with a colour: calm, soon, late or ok."""

    def __init__(self, text: str = "", tone: str = "calm") -> None:
        super().__init__(harmless(text))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setIndent(0)
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setProperty("chip", tone)

    def sizeHint(self) -> QSize:
        """Ask for one line; where there is no room for it, more lines follow."""
        self.ensurePolished()
        wide = self.fontMetrics().horizontalAdvance(self.text()) + 2 * _CHIP_ROOM + 1
        return QSize(wide, self.heightForWidth(wide))

    def say(self, text: str, tone: str) -> None:
        """Change word and colour."""
        self.setText(harmless(text))
        self.setProperty("chip", tone)
        restyle(self)


_CHIP_ROOM: Final = 12  # logical pixels at each side, as in the style sheet


class Note(Label):
    """Something to know before going on, on a quiet ground: act for news, soon for what waits."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self.setProperty("note", tone)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text; none hides it."""
        self.setText(text)
        self.setVisible(bool(text))


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


class CheckBox(QCheckBox):
    """A box to tick, whose tick has the theme's colour: a style sheet can only show a fixed picture."""

    def __init__(self, text: str) -> None:
        super().__init__(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tick over the box that the style has drawn."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _svg("check", theme.shown().act_ink).render(painter, box)


class Picture(QWidget):
    """An icon of resources/icons in a colour of the theme; sharp at every scale, right in light and dark."""

    def __init__(self, name: str, size: QSize, colour: str = "act", *, on: str = "") -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        self._on = on  # the colour of a disc behind it
        self.setFixedSize(size)

    def change(self, name: str, colour: str = "act") -> None:
        """Show another icon, or the same in another colour of the theme."""
        self._name, self._colour = name, colour
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
        _svg(self._name, getattr(colours, self._colour)).render(painter, box)


def _svg(name: str, colour: str) -> QSvgRenderer:
    drawing = _drawing(name).replace("currentColor", colour).replace("#PAPER", theme.shown().paper)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    return renderer


@cache
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")


def icon(name: str, colour: str) -> QIcon:
    """Give an icon of resources/icons in a colour of the theme, for a button; new ones when the theme changes."""
    picture = QPixmap(_ICON, _ICON)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _svg(name, getattr(theme.shown(), colour)).render(painter)
    painter.end()
    return QIcon(picture)


_ICON: Final = 96  # pixels; made smaller for the screen, sharp up to four times


def frame(name: str, *, across: bool = False, margins: int = 0, space: int = theme.UNIT) -> tuple[QFrame, QHBoxLayout]:
    """Give a dressed frame and its layout; ``margins`` and ``space`` in pixels."""
    result = QFrame()
    result.setObjectName(name)
    layout = QHBoxLayout(result) if across else QVBoxLayout(result)
    layout.setContentsMargins(margins, margins, margins, margins)
    layout.setSpacing(space)
    return result, layout  # type: ignore[return-value] # both are QBoxLayouts; the stubs know addStretch there alone


def words_of(title: str, about: str, *more: str) -> QWidget:
    """Give lines of text that belong together, such as what a row is about and what is to be known of it."""
    result = QWidget()
    result.setMinimumWidth(_EASY)
    layout = QVBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.UNIT // 2)
    layout.addStretch()  # what is left of the row's height stands around the lines, not between them
    layout.addWidget(Label(title, "heading"))
    layout.addWidget(Label(about, "soft"))
    for line in more:
        layout.addWidget(Label(line))
    layout.addStretch()
    return result


_EASY: Final = 224  # logical pixels; narrower, a title breaks at every word


def rule(*, upright: bool = False) -> QFrame:
    """Give a thin line between two parts: a style sheet's own borders are not mirrored."""
    return frame("upright" if upright else "rule")[0]


def restyle(widget: QWidget) -> None:
    """Dress again after a property changed that the style sheet looks at."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Let a screen reader say something that happened by itself; what is urgent breaks off what it is saying."""
    event = QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)
