"""A line under the bar for what happens beside the page: it disturbs nothing, and can be put away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout

from ui.desktop import theme
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.words import _


class Notice(QFrame):
    """Says one thing at a time, with at most one action."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * theme.UNIT, theme.UNIT // 2, 2 * theme.UNIT, theme.UNIT // 2)
        layout.setSpacing(2 * theme.UNIT)
        self.label = Label("", "small")
        self.action = Button("", "ghost", self._press)
        close = Button(_("Close"), "quiet", self.hide)
        close.setAccessibleName(_("Close this message"))
        layout.addWidget(self.label, 1)
        layout.addWidget(self.action)
        layout.addWidget(close)
        self._do: Callable[[], object] | None = None
        self.hide()

    def say(self, text: str, action: str = "", do: Callable[[], object] | None = None) -> None:
        """Show a text, and a button when there is something to do about it."""
        self._do = do
        self.label.setText(text)
        self.action.setText(action)
        self.action.setAccessibleName(action)
        self.action.setVisible(do is not None)
        self.show()
        announce(self, text)

    def text(self) -> str:
        """Give what it says."""
        return self.label.text()

    def _press(self) -> None:
        if self._do is not None:
            self.hide()
            self._do()
