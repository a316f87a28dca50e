"""The settings cannot be read: nothing is done by guesses until somebody mends them or starts anew."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QWidget

from signer.errors import ErrorCode, SignerError
from ui.desktop import theme
from ui.desktop.pages.page import Held, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, Picture, announce
from ui.messages import message
from ui.words import _


class SettingsBrokenPage(Held):
    """Says where the mistake is; the user's own file can be put aside, an administrator's only looked at again."""

    look_again = Signal()
    start_anew = Signal()

    def __init__(self) -> None:
        super().__init__(_("The settings cannot be read"))
        _card, layout = in_the_middle(self, 640)
        layout.addWidget(Picture("paper", QSize(theme.sized(180), theme.sized(118))), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(theme.UNIT)
        self._title, self._meaning, self._next = Label("", "title"), Label("", "lead"), Label()
        self._place, self._id = Label("", "small"), Label("", "small")
        for each in (self._title, self._meaning, self._next, self._place, self._id):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(each)
        self._place.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addSpacing(theme.UNIT)
        self._look = Button(_("Look again"), "act", self.look_again.emit)
        self._anew = Button(_("Start with the usual settings"), "line", self.start_anew.emit)
        self._kept = Label(_("The file is kept under another name beside it."), "small")
        self._kept.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (self._look, self._anew, self._kept):
            layout.addWidget(widget)

    def first_focus(self) -> QWidget | None:
        """Begin at looking again, which loses nothing."""
        return self._look

    def show_fault(self, error: SignerError, place: str) -> None:
        """Show what is wrong, and where: ``place`` is a file and a place in it."""
        words = message(error.code, _)
        self._title.setText(words.title)
        self._meaning.setText(words.meaning)
        self._next.setText(words.next_step)
        self._place.setText(place)
        self._id.setText(_("Support code: {id}").format(id=error.code.support_id))
        is_ours = error.code is ErrorCode.SETTINGS_BROKEN
        for each in (self._anew, self._kept):
            each.setVisible(is_ours)
        announce(self, f"{words.title}. {words.meaning}")
