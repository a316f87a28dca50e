"""The PIN: who signs what, how many tries are left, and our own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

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
from ui.messages import LAST_TRY, LOGIN_PIN, NUMBER_NOTICE, WITHDRAWAL_UNKNOWN, message
from ui.words import _, plural


class Elsewhere(NamedTuple):
    """A PIN that somebody else asks for: English words before it is asked and while it is, and a picture of it."""

    title: str
    announced: str
    asked: str
    picture: str


ELSEWHERE: Final[Mapping[PinEntry, Elsewhere]] = {
    PinEntry.PINPAD: Elsewhere(
        mark("Type your PIN on the reader"),
        mark("Press Sign, then type your PIN on the keys of the reader. You have half a minute."),
        mark("Use the keys of the reader, then press its OK key. Leave your card in."),
        "pinpad",
    ),
    PinEntry.DIALOG: Elsewhere(
        mark("Type your PIN in the eID software"),
        mark("Press Sign. A window of the eID software will ask for your PIN."),
        mark("A window of the eID software asks for your PIN. It may be behind this one."),
        "dialog",
    ),
}
_EASY: Final = 288  # logical pixels; narrower, the dots of a long PIN do not fit
_FEW: Final = 3  # tries; with fewer the page says so before anything is typed
_IS_BACK: Final = mark("Your card is back. Nothing was signed, so your PIN is asked again.")


class PinPage(Page):
    """Asks for the PIN, on our own keys, on the reader's, or in the middleware's window."""

    entered = Signal(object)  # eidcard.pin.Pin, or None when somebody else asks for it
    by_code = Signal()  # to log in without the card

    def __init__(self, context: Context) -> None:
        super().__init__(_("PIN"))
        self._context = context
        self._entry = PinEntry.OURS
        self.others: tuple[w.Paper, ...] = ()  # that are signed with the one of the state
        card, layout = in_the_middle(self, 820)
        del card
        left = self._left()
        self._keypad = Keypad(self.dots, shuffled=context.settings.pin.shuffle)
        self._keypad.setFixedWidth(theme.sized(256))
        self._picture = Picture("pinpad", QSize(256, 168))
        layout.addWidget(Line(left, self._keypad, self._picture, grows=left, space=4 * theme.UNIT))

    def show_state(self, state: w.AwaitingPin | w.AwaitingLoginPin) -> None:
        """Show whose PIN is asked, for what, and why it is asked again."""
        self.dots.wipe()
        self._entry = state.key.pin_entry
        self._keypad.arrange()
        self._show_entry(ELSEWHERE.get(self._entry))
        title, why = _words_of(state)
        self._title.setText(title)
        self._because.setText(why)
        self._because.setVisible(bool(why))
        if isinstance(state, w.AwaitingPin):
            self._show_signing(state)
        else:
            self._show_login(state)
        self._show_tries(state)
        self._changed()
        announce(self, ". ".join(filter(None, (title, why))), urgent=state.because is not None)

    def first_focus(self) -> QWidget | None:
        """Begin where the PIN goes."""
        return self.dots if self._entry is PinEntry.OURS else self.primary

    def leave(self) -> None:
        """Wipe what was typed."""
        self.dots.wipe()

    def _show_entry(self, elsewhere: Elsewhere | None) -> None:
        ours: tuple[QWidget, ...] = (self.dots, self._keypad)
        theirs: tuple[QWidget, ...] = (self._picture, self._foreign)
        for each in (*ours, *theirs):
            each.setVisible((each in ours) is (elsewhere is None))
        if elsewhere:
            self._picture.change(elsewhere.picture)
            self._foreign.setText(_(elsewhere.announced))

    def _show_signing(self, state: w.AwaitingPin) -> None:
        self._name.setText(_("You sign as {name}").format(name=state.key.signer.name))
        self._show_what((state.paper, *self.others))
        self._unchecked.setText(_(WITHDRAWAL_UNKNOWN[type(state.paper.target)]))
        self._number.setVisible(state.key.tells_number)
        self._unchecked.setVisible(state.key.withdrawal is Withdrawal.UNKNOWN)
        self._name_buttons(self.primary.text(), _("Back to the contract"))
        self._code.hide()

    def _show_login(self, state: w.AwaitingLoginPin) -> None:
        """Say that this PIN signs nothing, and that signing asks for it on its own."""
        self._name.setText(_("You log in as {name}").format(name=state.key.signer.name))
        self._what.setText(f"{_(LOGIN_PIN.meaning)} {_(LOGIN_PIN.next_step)}")
        for each in (self._number, self._unchecked):
            each.hide()
        if elsewhere := ELSEWHERE.get(self._entry):
            self._foreign.setText(_(elsewhere.asked))
        self._name_buttons(_("Log in"), _("Back to the list"))
        self._code.setVisible(state.door.takes_code)

    def _name_buttons(self, act: str, back: str) -> None:
        for button, name in ((self.primary, act), (self._back, back)):
            button.setText(name)
            button.setAccessibleName(name)

    def _show_what(self, papers: tuple[w.Paper, ...]) -> None:
        """Name each document that will be signed; a PIN that somebody else asks for is asked again for each."""
        count = len(papers)
        several = plural("You sign one contract:", "You sign {count} contracts:", count)
        lines = [_what(paper) for paper in papers]
        self._what.setText("\n".join((several, *(f"• {line}" for line in lines))) if self.others else lines[0])
        self.primary.setText(sign_all(count) if self.others else _("Sign"))
        self.primary.setAccessibleName(self.primary.text())
        if self.others and self._entry is not PinEntry.OURS:
            self._foreign.setText(" ".join((self._foreign.text(), _("Your PIN is asked again for each contract."))))

    def _show_tries(self, state: w.AwaitingPin | w.AwaitingLoginPin) -> None:
        """Say before anything is typed that tries are few; where the title says so already, only what comes after."""
        tries = state.key.tries_left
        few = tries is not None and 1 < tries < _FEW
        self._tries.setVisible(few and state.because is not ErrorCode.PIN_WRONG)
        self._warning.setVisible(few)
        self._tries.say(plural("{count} try left", "{count} tries left", tries or 0), "soon")

    def _changed(self) -> None:
        self.primary.setEnabled(self.dots.complete or self._entry is not PinEntry.OURS)

    def _enter(self) -> None:
        if self.primary.isEnabled():
            self.entered.emit(self.dots.hand_over() if self._entry is PinEntry.OURS else None)

    def _left(self) -> QWidget:
        self._title, self._name, self._what = Label("", "title"), Label("", "now"), Label("", "soft")
        self._because, self._foreign = Label(), Label("", "lead")
        self._unchecked, self._number = Label("", "soft"), Label(_(NUMBER_NOTICE), "small")
        self.dots = PinDots()
        self._tries = Chip("", "soon")
        self._warning = Label(_("After the last wrong try your card is blocked for signing."), "soft")
        self.primary = Button(_("Sign"), "act", self._enter)
        self._back = Button(_("Back to the contract"), "ghost", self.back.emit)
        self._code = Button(_("No card here? Get a code by mail"), "ghost", self.by_code.emit)
        self.dots.changed.connect(self._changed)
        self.dots.entered.connect(self._enter)
        left = QWidget()
        left.setMinimumWidth(_EASY)
        layout = QVBoxLayout(left)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        for each, space in (
            *((self._title, 4), (self._because, theme.UNIT), (self._name, 0), (self._what, 2 * theme.UNIT)),
            *(
                (self._number, 4),
                (self._unchecked, 4),
                (self._foreign, 0),
                (self.dots, theme.UNIT),
                (self._tries, 4),
                (self._warning, 0),
            ),
        ):
            layout.addWidget(each)
            layout.addSpacing(space)
        layout.addStretch()
        layout.addSpacing(2 * theme.UNIT)
        for button in (self.primary, self._code, self._back):
            layout.addWidget(button)
        return left


def _words_of(state: w.AwaitingPin | w.AwaitingLoginPin) -> tuple[str, str]:
    """Give the title, and why the PIN is asked in this way; empty when it is asked for the first time."""
    because, tries = state.because, state.key.tries_left
    if tries == 1:
        wrong = f"{message(because, _).title}. " if because is ErrorCode.PIN_WRONG else ""
        return _(LAST_TRY.title), f"{wrong}{_(LAST_TRY.meaning)} {_(LAST_TRY.next_step)}"
    if because is None or because is ErrorCode.CARD_REMOVED:
        if isinstance(state, w.AwaitingLoginPin):
            return _(LOGIN_PIN.title), ""
        elsewhere = ELSEWHERE.get(state.key.pin_entry)
        return _(elsewhere.title) if elsewhere else _("Enter your PIN"), _(_IS_BACK) if because else ""
    words = message(because, _)
    left = plural("{count} try left", "{count} tries left", tries) if tries and because is ErrorCode.PIN_WRONG else ""
    return ", ".join(filter(None, (words.title, left))), f"{words.meaning} {words.next_step}"


def sign_all(count: int) -> str:
    """Write on a button that so many contracts are signed."""
    return plural("Sign {count} contract", "Sign {count} contracts", count)


def _what(paper: w.Paper) -> str:
    pages = plural("{count} page", "{count} pages", paper.document.page_count)
    title = in_short(paper.contract) if paper.contract else paper.document.path.name
    return f"{title} · {pages}"
