"""What every part of the settings page is: a card with a heading and rows, which shows what counts and tells a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from signer.settings_file import Layers, Value
from ui.desktop import theme
from ui.desktop.widgets.pieces import Label
from ui.desktop.widgets.reflow import Line
from ui.words import _

_EASY: Final = 280  # logical pixels that the words of a row want beside what it is changed with


class Part(QFrame):
    """A card of the settings page."""

    preferred = Signal(object)  # Mapping[str, Value]: count from now on

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(title)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(28, 24, 28, 24)
        self.rows.setSpacing(2 * theme.UNIT)
        self.rows.addWidget(Label(title, "heading"))

    def show_layers(self, layers: Layers) -> None:
        """Show what counts, and what only an administrator can change."""

    def prefer(self, values: Mapping[str, Value]) -> None:
        """Tell what somebody chose."""
        self.preferred.emit(dict(values))


def fixed_note() -> Label:
    """Give the words that stand beside what only an administrator can change; hidden at first."""
    note = Label(_("Set by the administrator of this computer"), "small")
    note.hide()
    return note


class Row(QWidget):
    """A setting: its name and what it means, and what it is changed with at the end of the line, or below."""

    about: Label

    def __init__(self, title: str, about: str, controls: Sequence[QWidget], *, below: bool = False) -> None:
        super().__init__()
        self.controls = tuple(controls)
        self._fixed = fixed_note()
        self.about = Label(about, "small")
        self._words = words = QWidget()
        words.setMinimumWidth(theme.sized(_EASY))
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addStretch()
        for label in (Label(title, "now"), self.about):
            column.addWidget(label)
            label.setVisible(bool(label.text()))
        column.addWidget(self._fixed)
        column.addStretch()
        self._title = title
        words.setVisible(bool(title))
        for each in controls:
            each.setAccessibleDescription(each.accessibleDescription() or about)
            if isinstance(each, QPushButton):  # at the beginning where it stands below, and not across
                each.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        if below:
            for each in (words, *controls):
                layout.addWidget(each)
        else:
            layout.addWidget(Line(words, *controls, grows=words, space=2 * theme.UNIT))

    def say(self, about: str) -> None:
        """Say what counts now, under the name."""
        self.about.setText(about)
        self.about.show()
        for each in self.controls:
            each.setAccessibleDescription(about)

    def show_fixed(self, *, fixed: bool) -> None:
        """Say that an administrator decided, and hold the controls."""
        self._fixed.setVisible(fixed)
        self._words.setVisible(fixed or bool(self._title))
        for each in self.controls:
            each.setEnabled(not fixed)
