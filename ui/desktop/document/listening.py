"""The whole contract as one text, for who listens: a screen reader goes through it by line, word and sign.

It is there only while a screen reader is. PySide6 has a door to give the pages themselves a text (QAccessible.
installFactory), but the program ends with a fault when a real one asks (6.12, AT-SPI); Qt's own text field does not.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAccessible, QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ui.words import _

_ENDS: Final = (QKeySequence.StandardKey.MoveToStartOfDocument, QKeySequence.StandardKey.MoveToEndOfDocument)


class Listening(QPlainTextEdit):
    """Read-only; comes in sight when the focus comes to it, and tells when its end was reached."""

    end_reached = Signal()

    def __init__(self, parent: QWidget, *, may_copy: bool) -> None:
        super().__init__(parent)
        self._may_copy = may_copy
        self.setObjectName("documentText")
        self.setAccessibleName(_("The contract as text"))
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        by_keyboard = Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        self.setTextInteractionFlags(by_keyboard)
        self.setContextMenuPolicy(
            Qt.ContextMenuPolicy.DefaultContextMenu if may_copy else Qt.ContextMenuPolicy.NoContextMenu
        )
        self.cursorPositionChanged.connect(self._look_for_end)
        self.hide()

    @staticmethod
    def is_wanted() -> bool:
        """Whether a screen reader, or something like it, is there."""
        return QAccessible.isActive()

    def show_text(self, text: str) -> None:
        """Show a contract from its beginning; an empty text hides it."""
        with QSignalBlocker(self):  # the cursor of an empty text is at its end
            self.setPlainText(text)
            self.moveCursor(QTextCursor.MoveOperation.Start)
        self.setVisible(bool(text))

    def createMimeDataFromSelection(self) -> QMimeData:
        """Give what is copied: nothing at a kiosk."""
        return super().createMimeDataFromSelection() if self._may_copy else QMimeData()

    def event(self, event: QEvent) -> bool:
        """Keep the keys to the beginning and the end, which the pages have too."""
        asks = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if asks and any(event.matches(each) for each in _ENDS):  # type: ignore[attr-defined] # it is a key's
            event.accept()
            return True
        return super().event(event)

    def _look_for_end(self) -> None:
        cursor = self.textCursor()
        if cursor.blockNumber() == self.document().blockCount() - 1:
            self.end_reached.emit()
