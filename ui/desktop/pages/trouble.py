"""When something is in the way: a picture, an instruction as title, why, one action, and a support code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from signer import workflow as w
from signer.errors import ErrorCode, Kind
from signer.pades.reasons import refusal
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.pages.situations import look_of
from ui.desktop.widgets.pieces import Button, Label, Picture, announce, frame, restyle
from ui.messages import NAMES_THE_AGENCY, message
from ui.words import _

_LOW: Final = 520  # logical pixels
_DOT: Final = "\N{BLACK CIRCLE}"  # as the pill's: alive, and watching

_OF_THE_FOLDER: Final = frozenset({ErrorCode.FILE_NOT_WRITABLE, ErrorCode.DISK_FULL})

Troubled = w.Unavailable | w.AwaitingLoginCard | w.AwaitingCard | w.Refused | w.NotAccepted


_CAN_TRY: Final = w.Unavailable | w.AwaitingLoginCard | w.AwaitingCard


class TroublePage(Page):
    """Everything is kept; going on starts where it stopped, by itself where it can."""

    retry = Signal()
    by_code = Signal()  # to log in without the card
    elsewhere = Signal(object)  # Path of the file whose signed copy shall be saved in another folder

    def __init__(self, context: Context) -> None:
        super().__init__(_("Something is in the way"))
        self._context = context
        self._detail = ""  # for whoever made the document
        self._agency_id: str | None = None
        self.leads_back = False  # to a contract that was read before, and not to the list
        _card, layout = in_the_middle(self, 640)
        self._picture = Picture("card", QSize(196, 128))
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(2 * theme.UNIT)
        self._title, self._meaning, self._next = Label("", "title"), Label("", "lead"), Label()
        for each in (self._title, self._meaning, self._next):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(each)
            layout.addSpacing(4)
        layout.addSpacing(theme.UNIT)
        layout.addWidget(self._agency_box())
        self._wait = Label("", "now")
        self._wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._wait)
        layout.addSpacing(theme.UNIT)
        self.primary = Button(_("Try again"), "act", self.retry.emit)
        self.other_folder = Button(_("Choose another folder"), "act", lambda: self.elsewhere.emit(self._path))
        self.later = Button("", "ghost", self.back.emit)
        self.code = Button(_("No card here? Get a code by mail"), "ghost", self.by_code.emit)
        self._path: Path | None = None
        for button in (self.other_folder, self.primary, self.code, self.later):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(self._support())

    def name_agency(self, agency_id: str | None) -> None:
        """Say whose contract it is that is opened: whom to call, when only people can help."""
        self._agency_id = agency_id

    def show_state(self, state: Troubled) -> None:
        """Show what is in the way of a signing."""
        self._detail = state.detail if isinstance(state, w.Refused) else ""
        self._show(state.because, waits=isinstance(state, w.AwaitingCard | w.AwaitingLoginCard))
        if isinstance(state, w.Unavailable) and state.because.kind is Kind.NETWORK:
            self._meaning.setText(_("We could not get the contract. Nothing was signed."))
        can_try = isinstance(state, _CAN_TRY) and state.because.retriable
        to_list = _("Sign later") if can_try else _("Back to the list")
        self._offer(can_try=can_try, later=_("Back to the contract") if self.leads_back else to_list)
        self._offer_folder(state)
        self.code.setVisible(isinstance(state, w.AwaitingLoginCard) and state.door.takes_code)

    def show_mishap(self, code: ErrorCode) -> None:
        """Show what is in the way outside a signing, such as a link that was used already."""
        self._detail = ""
        self._show(code, waits=False)
        self._offer(can_try=False, later=_("Back to the list"))
        self.code.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the words and the action in sight: in a low window the picture stays away."""
        super().resizeEvent(event)
        self._picture.setVisible(event.size().height() >= theme.sized(_LOW))

    def first_focus(self) -> QWidget | None:
        """Begin at the action."""
        buttons = (self.other_folder, self.primary, self.later)
        return next(button for button in buttons if button.isVisibleTo(self) or button is self.later)

    def _offer_folder(self, state: Troubled) -> None:
        """Offer another folder where a signed copy cannot be saved: trying the same one again is in vain."""
        self.other_folder.hide()
        if not isinstance(state, w.Unavailable) or state.because not in _OF_THE_FOLDER:
            return
        if isinstance(state.target, w.FileTarget):
            self._path = state.target.path
            self.other_folder.show()
            self.primary.hide()

    def _show(self, code: ErrorCode, *, waits: bool) -> None:
        words, look = message(code, _), look_of(code)
        self._code = code
        self._picture.change(look.picture, look.colour)
        self._title.setText(words.title)
        self._meaning.setText(words.meaning)
        self._next.setText(words.next_step)
        self._wait.setVisible(waits and bool(look.waits))
        self._wait.setText(f"{_DOT} {_(look.waits)}")
        self._show_agency(shown=code in NAMES_THE_AGENCY)
        self._id.setText(_("Support code: {id}").format(id=code.support_id))
        announce(self, f"{words.title}. {words.meaning} {words.next_step}")

    def _offer(self, *, can_try: bool, later: str) -> None:
        """Give one action: to try again, unless that happens by itself or cannot help; else to leave."""
        by_itself = self._wait.isVisibleTo(self)
        self.primary.setVisible(can_try and not by_itself)
        self.later.setText(later)
        self.later.setAccessibleName(later)
        self.later.setProperty("kind", "ghost" if can_try else "act")
        restyle(self.later)

    def _show_agency(self, *, shown: bool) -> None:
        agency = self._context.agency(self._agency_id)
        ways = tuple(filter(None, (agency.telephone, agency.mail))) if agency else ()
        self._agency.setVisible(shown and bool(ways))
        if agency:
            self._agency_name.setText(agency.name)
            self._agency_ways.setText(" · ".join(ways))

    def _agency_box(self) -> QWidget:
        self._agency, layout = frame("inner", margins=2 * theme.UNIT, space=2)
        self._agency_name, self._agency_ways = Label("", "now"), Label()
        for each in (self._agency_name, self._agency_ways):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            each.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(each)
        return self._agency

    def _support(self) -> QVBoxLayout:
        self._id = Label("", "small", wrap=False)
        self.copy = Button(_("Copy"), "small", self._copy)
        self.copy.setAccessibleName(_("Copy the support code"))
        across = QHBoxLayout()
        across.addStretch()
        across.addWidget(self._id)
        across.addWidget(self.copy)
        across.addStretch()
        layout = QVBoxLayout()
        layout.addSpacing(theme.UNIT)
        layout.addLayout(across)
        return layout

    def _copy(self) -> None:
        line = refusal(self._code, self._detail)
        QGuiApplication.clipboard().setText(line or self._code.support_id)
        announce(self, _("Copied"))
