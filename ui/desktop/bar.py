"""The bar at the top: whose program, which list, what is in the reader, which language, and help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from eidcard.monitor import CardState, Situation
from signer.i18n import LANGUAGES, mark
from ui.desktop import theme
from ui.desktop.widgets.pieces import Button, Chip, Label, Picture, Shortened, restyle
from ui.desktop.widgets.reflow import Line
from ui.words import _, language

_OF_CARD: Final[Mapping[CardState, str]] = {
    CardState.READY: mark("Card is in"),
    CardState.READING: mark("Reading the card …"),
    CardState.IN_USE: mark("Card in use"),
    CardState.UNRESPONSIVE: mark("Card does not answer"),
    CardState.NOT_AN_EID: mark("Not an eID"),
    CardState.NO_CARD: mark("No card"),
    CardState.SKIPPED: mark("No card reader"),
    CardState.NO_READER: mark("No card reader"),
    CardState.SERVICE_OFF: mark("Smart card service is off"),
}
_THERE: Final = frozenset({CardState.READY, CardState.READING, CardState.IN_USE})


class Bar(QFrame):
    """Always there, always true."""

    to_sign = Signal()
    signed = Signal()
    spoken = Signal(str)  # a language's code
    help = Signal()
    settings = Signal()
    diagnose = Signal()
    about = Signal()
    waiting = Signal()  # somebody wants to see what waits for the network

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.tabs = (Tab(_("To sign"), self.to_sign.emit), Tab(_("Signed"), self.signed.emit))
        lists, others = self._lists(), self._others()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*2 * (2 * theme.UNIT, theme.UNIT))
        layout.addWidget(Line(lists, others, grows=lists, space=theme.UNIT))
        layout.addStrut(theme.sized(48))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the name of the program away where the rest needs its room: the window's title has it too."""
        super().resizeEvent(event)
        self._brand.setVisible(event.size().width() >= theme.sized(_WIDE))

    def _lists(self) -> QWidget:
        result, layout = _beside()
        layout.addWidget(Picture("logo", QSize(theme.sized(26), theme.sized(26))))
        self._brand = Label("Paraph", "brand", wrap=False)
        layout.addWidget(self._brand)
        layout.addSpacing(2 * theme.UNIT)
        for tab in self.tabs:
            layout.addWidget(tab)
        layout.addStretch()
        return result

    def _others(self) -> QWidget:
        result, layout = _beside()
        result.setMinimumWidth(1)  # it is at ease with a shortened name of the card
        layout.addStretch()
        self.offline = Button(_("No connection"), "offline", self.waiting.emit)
        self.offline.hide()
        self.pill = Pill()
        layout.addWidget(self.offline)
        layout.addWidget(self.pill)
        layout.addWidget(self._languages())
        self.more = self._more()
        self._help = Button("?", "bar", self.help.emit)
        self._help.setAccessibleName(_("Help"))
        for button in (self.more, self._help):
            layout.addWidget(button)
        return result

    def show_tab(self, number: int | None) -> None:
        """Mark the list that is on the screen; None for a page that is no list."""
        for index, tab in enumerate(self.tabs):
            tab.show_here(here=index == number)

    def show_count(self, count: int) -> None:
        """Tell how many contracts are to be signed."""
        self.tabs[0].show_count(count)

    def show_unreached(self, names: Sequence[str]) -> None:
        """Tell quietly that agencies do not answer; nothing when all do."""
        text = _("No connection with {agencies}. Show what waits.").format(agencies=", ".join(names))
        self.offline.setAccessibleName(text)
        self.offline.setToolTip(text)
        self.offline.setVisible(bool(names))

    def allow_leaving(self, *, allowed: bool) -> None:
        """Hold the lists back while a card signs."""
        for each in (*self.tabs, self.more, self._help):
            each.setEnabled(allowed)

    def _more(self) -> Button:
        button = Button("", "bar")
        button.setAccessibleName(_("Settings and more"))
        button.setFixedWidth(theme.sized(44))
        side = theme.sized(22)
        picture = Picture("settings", QSize(side, side), "soft")
        QVBoxLayout(button).addWidget(picture, 0, Qt.AlignmentFlag.AlignCenter)
        menu = QMenu(button)
        for text, keys, signal in (
            (_("Settings"), "Ctrl+,", self.settings),
            (_("Check this computer"), "", self.diagnose),
            (_("About Paraph"), "", self.about),
        ):
            action = QAction(text, menu)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # told here; the window listens
            action.triggered.connect(lambda _checked=False, signal=signal: signal.emit())
            menu.addAction(action)
        button.setMenu(menu)
        return button

    def _languages(self) -> QWidget:
        button = Button(f"{language().upper()} ▾", "bar")
        button.setAccessibleName(_("Language: {name}").format(name=LANGUAGES.get(language(), language())))
        menu, group = QMenu(button), QActionGroup(button)
        for code, name in LANGUAGES.items():
            action = QAction(name, menu)
            action.setCheckable(True)
            action.setChecked(code == language())
            action.triggered.connect(lambda _checked=False, code=code: self.spoken.emit(code))
            group.addAction(action)
            menu.addAction(action)
        button.setMenu(menu)
        return button


def _beside() -> tuple[QWidget, QHBoxLayout]:
    result = QWidget()
    layout = QHBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.UNIT)
    return result, layout


_WIDE: Final = 880  # logical pixels


class Pill(QFrame):
    """What is in the reader, in words and with a dot."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pill")
        self.setFixedHeight(theme.sized(36))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * theme.UNIT, 0, 2 * theme.UNIT, 0)
        layout.setSpacing(theme.UNIT)
        self._dot, self._label = _Dot(), Shortened("", "small")
        layout.addWidget(self._dot)
        layout.addWidget(self._label)
        self.show_card(None, "")

    def show_card(self, situation: Situation | None, name: str) -> None:
        """Tell what is in the reader; ``name`` of the holder, where it was read for this signing."""
        state = situation.state if situation else CardState.NO_READER
        there = bool(name) or state in _THERE
        text = _("Card of {name}").format(name=name) if name and (there or not situation) else _(_OF_CARD[state])
        self._dot.show_filled(filled=there)
        self._label.setText(text)

    @property
    def text(self) -> str:
        """What it says."""
        return self._label.text()


class _Dot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._filled = False
        self.setFixedSize(12, 12)

    def show_filled(self, *, filled: bool) -> None:
        self._filled = filled
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it: full when a card is there, a ring when not."""
        del event
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(colours.act if self._filled else colours.soft)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if self._filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(2, 2, 8, 8)


class TestBanner(QWidget):
    """Stripes and the word TEST, on every window of a test world; nothing closes it."""

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch()
        layout.addWidget(Chip(" · ".join(("TEST", _("Nothing signed here is a real signature."))), "test"))
        layout.addStretch()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it, the same in light and dark."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(_STRIPES[0]))
        painter.setPen(QPen(QColor(_STRIPES[1]), 12))
        for x in range(-2 * self.height(), self.width() + self.height(), 40):
            painter.drawLine(x, self.height() + 8, x + self.height() + 16, -8)


_STRIPES: Final = (theme.TEST_GROUND, theme.TEST_STRIPE)


class Tab(Button):
    """A list to go to, with how many there are in it."""

    def __init__(self, text: str, press: Callable[[], object]) -> None:
        super().__init__(text, "tab", press)
        self._name = text
        self._count = 0
        self.show_here(here=False)

    def show_here(self, *, here: bool) -> None:
        """Mark it as the list that is on the screen."""
        self.setProperty("here", "true" if here else "false")
        self.setAccessibleDescription(_("on the screen now") if here else "")
        restyle(self)

    def show_count(self, count: int) -> None:
        """Tell how many there are; none is not said."""
        self._count = count
        self.setText(self._name + (_ROOM if count else ""))
        self.setAccessibleName(f"{self._name}, {count}" if count else self._name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the count in a badge behind the name."""
        super().paintEvent(event)
        if not self._count:
            return
        colours, painter = theme.shown(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.act))
        high, wide = theme.sized(18), theme.sized(26)
        badge = QRectF(self.width() - theme.sized(42), (self.height() - high) / 2, wide, high)
        if self.isRightToLeft():
            badge.moveLeft(self.width() - badge.right())
        painter.drawRoundedRect(badge, high / 2, high / 2)
        painter.setPen(QColor(colours.act_ink))
        font = painter.font()
        font.setPixelSize(theme.sized(13))
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(self._count))


_ROOM: Final = "\N{EM SPACE}\N{EM SPACE}"  # for the badge
