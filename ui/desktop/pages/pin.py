"""The PIN: who signs what, how many tries are left, and our own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from signer import workflow as w
from signer.errors import ErrorCode
from signer.i18n import mark
from signer.model import PinEntry, Withdrawal
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Chip, Label, Picture, announce
from ui.desktop.widgets.pin_entry import Keypad, PinDots
from ui.desktop.widgets.reflow import Line
from ui.messages import LAST_TRY, WITHDRAWAL_UNKNOWN, message
from ui.words import _, plural

_TITLES: Final[Mapping[PinEntry, str]] = {
    PinEntry.OURS: mark("Enter your PIN"),
    PinEntry.PINPAD: mark("Type your PIN on the reader"),
    PinEntry.DIALOG: mark("Type your PIN in the eID software"),
}
_FOREIGN: Final[Mapping[PinEntry, str]] = {
    PinEntry.OURS: "",
    PinEntry.PINPAD: mark("Press Sign, then type your PIN on the keys of the reader."),
    PinEntry.DIALOG: mark("Press Sign. A window of the eID software will ask for your PIN."),
}
_EASY: Final = 288  # logical pixels; narrower, the dots of a long PIN do not fit
_FEW: Final = 3  # tries; with fewer the page says so before anything is typed


class PinPage(Page):
    """Asks for the PIN, on our own keys, on the reader's, or in the middleware's window."""

    entered = Signal(object)  # eidcard.pin.Pin, or None when somebody else asks for it

    def __init__(self, context: Context) -> None:
        super().__init__(_("PIN"))
        self._context = context
        self._entry = PinEntry.OURS
        card, layout = in_the_middle(self, 820)
        del card
        left = self._left()
        self._keypad = Keypad(self.dots)
        self._keypad.setFixedWidth(theme.sized(256))
        self._picture = Picture("reader", QSize(256, 168))
        layout.addWidget(Line(left, self._keypad, self._picture, grows=left, space=4 * theme.UNIT))

    def show_state(self, state: w.AwaitingPin) -> None:
        """Show whose PIN is asked, for what, and why it is asked again."""
        self.dots.wipe()
        self._entry = state.key.pin_entry
        ours = self._entry is PinEntry.OURS
        for each in (self.dots, self._keypad):
            each.setVisible(ours)
        self._picture.setVisible(not ours)
        self._title.setText(_(_TITLES[self._entry]))
        self._name.setText(_("You sign as {name}").format(name=state.key.signer.name))
        self._what.setText(_what(state.paper))
        self._foreign.setText(_(_FOREIGN[self._entry]))
        self._foreign.setVisible(not ours)
        self._unchecked.setText(_(WITHDRAWAL_UNKNOWN[type(state.paper.target)]))
        self._unchecked.setVisible(state.key.withdrawal is Withdrawal.UNKNOWN)
        self._show_because(state)
        self._show_tries(state.key.tries_left)
        self._changed()

    def first_focus(self) -> QWidget | None:
        """Begin where the PIN goes."""
        return self.dots if self._entry is PinEntry.OURS else self.primary

    def leave(self) -> None:
        """Wipe what was typed."""
        self.dots.wipe()

    def _show_because(self, state: w.AwaitingPin) -> None:
        self._because.setVisible(state.because is not None)
        if state.because is None:
            return
        words = message(state.because, _)
        tries = state.key.tries_left
        self._because.setText(f"{words.title}. {words.meaning}")
        if state.because is ErrorCode.PIN_WRONG and tries:
            left = plural("{count} try left", "{count} tries left", tries)
            self._because.setText(words.title if tries == 1 else f"{words.title}, {left}")
        announce(self, self._because.text())

    def _show_tries(self, tries: int | None) -> None:
        few = tries is not None and tries < _FEW
        last = tries == 1
        self._tries.setVisible(few and (last or not self._because.isVisibleTo(self)))
        self._warning.setVisible(few)
        if few and tries is not None:
            text = _(LAST_TRY.title) if last else plural("{count} try left", "{count} tries left", tries)
            self._tries.say(text, "late" if last else "soon")
            after = f"{_(LAST_TRY.meaning)} {_(LAST_TRY.next_step)}"
            self._warning.setText(after if last else _("After the last wrong try your card is blocked for signing."))

    def _changed(self) -> None:
        self.primary.setEnabled(self.dots.complete or self._entry is not PinEntry.OURS)

    def _enter(self) -> None:
        if self.primary.isEnabled():
            self.entered.emit(self.dots.hand_over() if self._entry is PinEntry.OURS else None)

    def _left(self) -> QWidget:
        self._title, self._name, self._what = Label("", "title"), Label("", "now"), Label("", "soft")
        self._because, self._foreign = Label("", "error"), Label("", "lead")
        self._unchecked = Label("", "soft")
        self.dots = PinDots()
        self._tries, self._warning = Chip("", "soon"), Label("", "soft")
        self.primary = Button(_("Sign"), "act", self._enter)
        back = Button(_("Back to the contract"), "ghost", self.back.emit)
        self.dots.changed.connect(self._changed)
        self.dots.entered.connect(self._enter)
        left = QWidget()
        left.setMinimumWidth(_EASY)
        layout = QVBoxLayout(left)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        for each, space in (
            *((self._title, 4), (self._name, 0), (self._what, 2 * theme.UNIT), (self._because, 4)),
            *((self._unchecked, 4), (self._foreign, 0), (self.dots, theme.UNIT), (self._tries, 4), (self._warning, 0)),
        ):
            layout.addWidget(each)
            layout.addSpacing(space)
        layout.addStretch()
        layout.addSpacing(2 * theme.UNIT)
        layout.addWidget(self.primary)
        layout.addWidget(back)
        return left


def _what(paper: w.Paper) -> str:
    pages = plural("{count} page", "{count} pages", paper.document.page_count)
    title = in_short(paper.contract) if paper.contract else paper.document.path.name
    return f"{title} · {pages}"
