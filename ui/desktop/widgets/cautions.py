"""What to know of a document before it is signed, above its pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QVBoxLayout

from signer.model import Caution
from ui.desktop.widgets.pieces import Label, announce
from ui.messages import CAUTIONS, CAUTIONS_TITLE
from ui.words import _


class Cautions(QFrame):
    """Out of the way where there is nothing to say; never closed while there is."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("caution")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 12, 24, 12)
        layout.setSpacing(2)
        self._title, self._lines = Label(_(CAUTIONS_TITLE), "now"), Label("", "caution")
        for each in (self._title, self._lines):
            layout.addWidget(each)
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._lines.text()

    def show_cautions(self, cautions: Sequence[Caution]) -> None:
        """Say what there is to know, to eyes and ears."""
        before = self.text
        self._lines.setText("\n".join(f"• {_(CAUTIONS[each])}" for each in cautions))
        self.setVisible(bool(cautions))
        if self.text not in {"", before}:
            announce(self, f"{self._title.text()} {self.text}")
