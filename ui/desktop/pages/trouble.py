"""When something is in the way: a picture, an instruction as title, why, one action, and a support code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from signer import workflow as w
from signer.errors import ErrorCode, Kind
from signer.pades.reasons import refusal
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, Picture, announce
from ui.messages import message
from ui.words import _

_PICTURES: Final[Mapping[ErrorCode | Kind, str]] = {
    ErrorCode.NO_READER: "reader",
    ErrorCode.SERVICE_STOPPED: "reader",
    Kind.CARD: "card",
    Kind.PIN: "card",
    Kind.CERTIFICATE: "card",
    Kind.MODULE: "card",
    Kind.NETWORK: "network",
    Kind.AGENCY: "paper",
    Kind.DOCUMENT: "paper",
    Kind.FILE: "paper",
    Kind.INTERNAL: "paper",
}
# What readers and cards tell of themselves: no button is needed to go on, and none stands in the way.
_SEEN_BY_ITSELF: Final = frozenset(
    {
        *(ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER, ErrorCode.NO_CARD, ErrorCode.CARD_REMOVED),
        *(ErrorCode.CARD_UNRESPONSIVE, ErrorCode.NOT_AN_EID, ErrorCode.CARD_OF_ANOTHER),
    }
)

Troubled = w.Unavailable | w.AwaitingCard | w.Refused | w.NotAccepted


class TroublePage(Page):
    """Everything is kept; going on starts where it stopped, by itself where it can."""

    retry = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(_("Something is in the way"))
        self._context = context
        self._detail = ""  # for whoever made the document
        _card, layout = in_the_middle(self, 640)
        self._picture = Picture("card", QSize(220, 144))
        self._title, self._meaning, self._next = Label("", "title"), Label("", "lead"), Label()
        self._waiting = Label("", "now")
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(2 * theme.UNIT)
        for each in (self._title, self._meaning, self._next, self._waiting):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(each)
            layout.addSpacing(4)
        layout.addSpacing(theme.UNIT)
        self.primary = Button(_("Try again"), "act", self.retry.emit)
        self.later = Button("", "ghost", self.back.emit)
        for button in (self.primary, self.later):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(self._support())

    def show_state(self, state: Troubled) -> None:
        """Show what is in the way of a signing."""
        goes_on = isinstance(state, w.AwaitingCard)
        can_try = isinstance(state, w.Unavailable) or (goes_on and state.because not in _SEEN_BY_ITSELF)
        self._detail = state.detail if isinstance(state, w.Refused) else ""
        self._show(state.because, goes_on=goes_on, can_try=can_try)
        ended = isinstance(state, w.Refused | w.NotAccepted)
        self.later.setText(_("Back to the list") if ended else _("Sign later"))
        self.later.setAccessibleName(self.later.text())

    def show_mishap(self, code: ErrorCode) -> None:
        """Show what is in the way outside a signing, such as a link that was used already."""
        self._detail = ""
        self._show(code, goes_on=False, can_try=False)
        self.later.setText(_("Back to the list"))
        self.later.setAccessibleName(self.later.text())

    def first_focus(self) -> QWidget | None:
        """Begin at the action."""
        return self.primary if self.primary.isVisibleTo(self) else self.later

    def _show(self, code: ErrorCode, *, goes_on: bool, can_try: bool) -> None:
        words = message(code, _)
        self._code = code
        self._picture.change(_PICTURES.get(code) or _PICTURES[code.kind])
        self._title.setText(words.title)
        self._meaning.setText(words.meaning)
        self._next.setText(words.next_step)
        self._waiting.setText(_("● Waiting. We go on by ourselves."))
        self._waiting.setVisible(goes_on and not can_try)
        self.primary.setVisible(can_try)
        self._id.setText(_("Support code: {id}").format(id=code.support_id))
        announce(self, f"{words.title}. {words.meaning}")

    def _support(self) -> QHBoxLayout:
        self._id = Label("", "small", wrap=False)
        self.copy = Button(_("Copy"), "small", self._copy)
        self.copy.setAccessibleName(_("Copy the support code"))
        layout = QHBoxLayout()
        layout.addStretch()
        layout.addWidget(self._id)
        layout.addWidget(self.copy)
        layout.addStretch()
        return layout

    def _copy(self) -> None:
        line = refusal(self._code, self._detail)
        QGuiApplication.clipboard().setText(line or self._code.support_id)
