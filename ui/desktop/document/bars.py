"""What floats over the pages: page and size below, the search above."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QIntValidator, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from ui.desktop import theme
from ui.desktop.document import look
from ui.desktop.widgets.pieces import icon
from ui.words import _

_SIZES: Final = (50, 75, 100, 125, 150, 200, 300)  # per cent, in the menu
_SEARCH_WIDTH: Final = 16  # widths of an average letter
_SMALLER_TYPE: Final = 0.94  # than the window's


class Bar(QFrame):
    """A pill in the colours of the theme, as high as its type asks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("documentBar")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(10, 3, 10, 3)
        self.row.setSpacing(2)

    def dress(self) -> None:
        """Put the theme's colours on."""
        pixels = max(13, round(self.fontInfo().pixelSize() * _SMALLER_TYPE))
        colours = asdict(theme.shown())
        self.setStyleSheet(look.BAR.format(**colours, type=pixels, radius=min(22, self.sizeHint().height() // 2)))

    def button(self, text: str, name: str = "") -> QPushButton:
        """Add a button; ``name`` is for a screen reader when the text is a sign."""
        button = QPushButton(text, self)
        button.setAccessibleName(name or text)
        button.setToolTip(name)
        button.setAutoDefault(False)
        self.row.addWidget(button)
        return button

    def showEvent(self, event: QEvent) -> None:
        """Know the height, and with it the roundness, before the first paint."""
        self.dress()
        super().showEvent(event)  # type: ignore[arg-type]


class ToolBar(Bar):
    """Page 2 of 5, 110 %, Find, Print."""

    page_wanted = Signal(int)  # from 0
    zoom_wanted = Signal(float)
    fit_wanted = Signal()

    def __init__(self, parent: QWidget, *, may_print: bool) -> None:
        super().__init__(parent)
        self._count = 0
        self.page = self.button("")
        self.page.clicked.connect(self.ask_page)
        self._asked = QLineEdit(self)
        self._asked.setAccessibleName(_("Go to page"))
        self._asked.setPlaceholderText(_("Go to page"))
        self._asked.returnPressed.connect(self._answer)
        self._asked.installEventFilter(self)
        self._asked.hide()
        self.row.addWidget(self._asked)
        self.row.addSpacing(8)
        self.smaller = self.button("\N{MINUS SIGN}", _("Smaller"))
        self.zoom = self.button("100 %")
        self.zoom.setMenu(self._menu())
        self.larger = self.button("+", _("Larger"))
        self.row.addSpacing(8)
        self.find_button = self.button(_("Find"))
        self.print_button = self.button(_("Print"))
        self.print_button.setVisible(may_print)
        self._words = {self.find_button: "search", self.print_button: "print"}  # the picture for a narrow window
        self._has_words, self._short_page = True, ""

    def fit(self, room: int) -> None:
        """Show pictures instead of words where the window is narrow."""
        for words in (True, False):
            if words is not self._has_words:
                self._has_words = words
                self.dress()
            self.adjustSize()
            if self.width() <= room:
                return

    def dress(self) -> None:
        """Show words or pictures, too."""
        super().dress()
        self._show_words()

    def _show_words(self) -> None:
        self.page.setText(self.page.accessibleName() if self._has_words else self._short_page)
        for button, name in self._words.items():
            button.setText(button.accessibleName() if self._has_words else "")
            button.setIcon(QIcon() if self._has_words else icon(name, "soft"))
            button.setToolTip("" if self._has_words else button.accessibleName())

    def show_page(self, page: int, count: int) -> None:
        """Say where we are; pages from 1."""
        self._count = count
        text = _("Page {page} of {count}").format(page=page, count=count)
        if text != self.page.accessibleName():
            self.page.setAccessibleName(text)
            self.page.setToolTip(_("Go to page"))
            self._short_page = f"{page} / {count}"
            self._show_words()
            self.adjustSize()

    def show_zoom(self, zoom: float) -> None:
        """Say how large."""
        text = f"{round(100 * zoom)} %"
        self.zoom.setText(text)
        self.zoom.setAccessibleName(_("Size: {size}").format(size=text))
        self.adjustSize()

    def ask_page(self) -> None:
        """Turn the number into a field."""
        self._asked.setValidator(QIntValidator(1, max(1, self._count), self._asked))
        self._asked.clear()
        self._asked.setFixedWidth(
            max(self.page.width(), self._asked.fontMetrics().horizontalAdvance(_("Go to page")) + 28)
        )
        self.page.hide()
        self._asked.show()
        self._asked.setFocus()
        self.adjustSize()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Leave the field by Escape, or by going elsewhere."""
        if watched is self._asked:
            if event.type() is QEvent.Type.FocusOut:
                self._leave()
            elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                self.page.show()
                self.page.setFocus()
                self._leave()
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _answer(self) -> None:
        self.page_wanted.emit(int(self._asked.text()) - 1)

    def _leave(self) -> None:
        self._asked.hide()
        self.page.show()
        self.adjustSize()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        fit = menu.addAction(_("Fit to width"))
        fit.triggered.connect(self.fit_wanted)
        for size in _SIZES:
            action = QAction(f"{size} %", menu)
            action.triggered.connect(lambda _checked=False, zoom=size / 100: self.zoom_wanted.emit(zoom))
            menu.addAction(action)
        return menu


class FindBar(Bar):
    """A field, how many there are, on and back."""

    wanted = Signal(str)
    step = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        self.field.setAccessibleName(_("Find in the contract"))
        self.field.setPlaceholderText(_("Find in the contract"))
        self.field.textChanged.connect(self.wanted)
        self.row.addWidget(self.field)
        self.count = QLabel(self)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.row.addSpacing(8)
        self.row.addWidget(self.count)
        self.row.addSpacing(4)
        self.back = self.button("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", _("Previous"))
        self.on = self.button("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", _("Next"))
        self.close_button = self.button("×", _("Close"))
        self.back.clicked.connect(lambda: self.step.emit(-1))
        self.on.clicked.connect(lambda: self.step.emit(1))
        self.close_button.clicked.connect(self.left)
        self.say(0, 0)

    def say(self, number: int, count: int, *, searching: bool = False) -> None:
        """Say how many there are, and which one is shown."""
        text = _("{number} of {count}").format(number=number, count=count) if count else ""
        if self.field.text() and not count:
            text = "…" if searching else _("Not found")
        self.count.setText(text)
        self.back.setEnabled(count > 0)
        self.on.setEnabled(count > 0)
        self.adjustSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, with Shift back; Escape leaves."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.step.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def dress(self) -> None:
        """Make the field wide enough to type in, too."""
        self.field.setMinimumWidth(_SEARCH_WIDTH * self.field.fontMetrics().averageCharWidth())
        super().dress()
