"""What every page is: a widget that shows a state, knows where the focus begins, and has one way back."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from ui.desktop import theme
from ui.desktop.widgets.reflow import Card, Scroll


class Page(QWidget):
    """One question on a screen, one clear action, everything else quiet."""

    back = Signal()  # Escape, and the button that says so

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(name)

    def show_state(self, state: Any) -> None:  # noqa: ANN401 - each page knows its own states
        """Show what the workflow says."""

    def first_focus(self) -> QWidget | None:
        """Say where the keyboard begins."""
        return None

    def leave(self) -> None:
        """Forget what must not stay when another page is shown."""


class Aside(Page):
    """A page beside the work: opening it ends no signing, and Escape goes back to where one was."""

    def memory(self) -> Memory:
        """Note where one is, for when everything is built anew in another language or look."""
        focused: QWidget | None = self.focusWidget()
        area = self.findChild(QScrollArea)
        name = focused.objectName() if focused is not None else ""
        return Memory(name, area.verticalScrollBar().value() if area is not None else 0)

    def resume(self, memory: Memory) -> None:
        """Go on where one was."""
        focused = self.findChild(QWidget, memory.focus) if memory.focus else None
        if focused is not None:
            focused.setFocus(Qt.FocusReason.OtherFocusReason)
        area = self.findChild(QScrollArea)
        if area is not None:
            QTimer.singleShot(0, area, lambda: area.verticalScrollBar().setValue(memory.scrolled))


class Memory(NamedTuple):
    """Where somebody is on a page: the name of what has the focus, and how far it is scrolled."""

    focus: str
    scrolled: int
    answer: str = ""  # what was chosen and is not yet kept


class Held(Aside):
    """A page that comes before everything else: nothing leads away from it but its own answer."""


def in_the_middle(page: QWidget, width: int) -> tuple[Card, QVBoxLayout]:
    """Put a card, this wide at most, in the middle of a page that scrolls when it is small; gives it and its layout."""
    card = Card(width)
    middle = QWidget()
    across = QHBoxLayout(middle)
    across.setContentsMargins(*4 * (2 * theme.UNIT,))
    across.addStretch(1)
    across.addWidget(card, 1000, Qt.AlignmentFlag.AlignVCenter)
    across.addStretch(1)
    _scrolling(page, middle)
    return card, card.column


def in_a_column(page: QWidget, width: int) -> QVBoxLayout:
    """Put a column of this width under the bar, in a page that scrolls; gives its layout."""
    column = QWidget()
    column.setMaximumWidth(theme.sized(width))
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 6 * theme.UNIT, 0, 4 * theme.UNIT)
    layout.setSpacing(theme.UNIT + 4)
    middle = QWidget()
    across = QHBoxLayout(middle)
    across.setContentsMargins(3 * theme.UNIT, 0, 3 * theme.UNIT, 0)
    across.addStretch(1)
    across.addWidget(column, 1000)
    across.addStretch(1)
    _scrolling(page, middle)
    return layout


def _scrolling(page: QWidget, content: QWidget) -> None:
    outer = QVBoxLayout(page)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(Scroll(content, page.accessibleName()))


def empty(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
