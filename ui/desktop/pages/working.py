"""Work that is going on: opening, or the real steps of a signing, each ticked as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer

from eidcard.pinpad import PATIENCE_S
from signer import workflow as w
from signer.i18n import mark
from signer.model import PinEntry
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.pages.pin import ELSEWHERE, Elsewhere
from ui.desktop.widgets.pieces import Button, Label, Picture, announce
from ui.desktop.widgets.steps import Progress, Step
from ui.messages import STEPS
from ui.words import _, plural

_ORDER: Final = tuple(w.Step)
_DOING: Final[Mapping[w.Step | None, str]] = {  # None: the delivery, which is no step of the card's
    w.Step.PREPARED: mark("Prepare the document"),
    w.Step.CARD_SIGNED: mark("Let your card sign"),
    w.Step.CHECKED: mark("Check the signed file and save it"),
    None: mark("Deliver it to the agency"),
}


_LEAVE_IT_IN: Final = mark("Leave your card in the reader.")
_AT_THE_DOOR: Final[Mapping[type[w.State], tuple[str, str]]] = {
    w.LookingForLogin: (mark("Looking at your card"), mark("It tells the agency who you are.")),
    w.SendingCode: (mark("A code is on its way"), mark("We ask the agency to send it.")),
    w.LoggingIn: (mark("Logging in"), mark("We ask the agency.")),
}


class OpeningPage(Page):
    """The document is fetched and checked."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Opening the contract"))
        del context
        _card, layout = in_the_middle(self, 560)
        self._title, self._about = Label("", "title"), Label("", "lead")
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        layout.addSpacing(2 * theme.UNIT)
        self._stop = Button(_("Stop"), "ghost", self.back.emit)
        layout.addWidget(self._stop)

    def show_state(self, state: w.Opening | w.LookingForLogin | w.SendingCode | w.LoggingIn) -> None:
        """Say what is opened, or how far the log-in is."""
        self._stop.setVisible(not isinstance(state, w.LoggingIn))
        if isinstance(state, w.Opening):
            self._show_opening(state)
            return
        title, about = _AT_THE_DOOR[type(state)]
        self._title.setText(_(title))
        if isinstance(state, w.LoggingIn) and state.key:
            elsewhere = ELSEWHERE.get(state.key.pin_entry)
            about = elsewhere.asked if elsewhere else _LEAVE_IT_IN
        self._about.setText(_(about))

    def _show_opening(self, state: w.Opening) -> None:
        is_file = isinstance(state.target, w.FileTarget)
        from_agency = _("We get it from the agency and check it before you read it.")
        self._title.setText(_("Opening the document") if is_file else _("Opening the contract"))
        self._about.setText(_("We check it before you read it.") if is_file else from_agency)

    def first_focus(self) -> Button:
        """Begin at the only button."""
        return self._stop


class SigningPage(Page):
    """The card must stay in, and the page says so; where the PIN is asked elsewhere, it shows where, and how long."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Signing"))
        del context
        _card, layout = in_the_middle(self, 640)
        self._picture = Picture("pinpad", QSize(208, 136))
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self._which, self._title = Label("", "soft"), Label("", "title")
        self._what, self._stay = Label("", "lead"), Label("", "now")
        self._countdown = Countdown(PATIENCE_S)
        self._which.hide()
        for each in (self._which, self._title, self._what, self._stay, self._countdown):
            layout.addWidget(each)
        layout.addSpacing(2 * theme.UNIT)
        self._steps = [Step(number, _(name)) for number, name in enumerate(_DOING.values(), start=1)]
        for step in self._steps:
            layout.addWidget(step)

    def count(self, number: int, count: int) -> None:
        """Say which of how many it is, from the next state on; nothing where it is one alone."""
        which = _("Contract {number} of {count}").format(number=number, count=count)
        self._which.setText(which)
        self._which.setVisible(count > 1)

    def show_state(self, state: w.LookingForCard | w.Signing | w.Delivering) -> None:
        """Tick what is behind us; between two contracts, the card is looked for anew."""
        done = (
            len(_ORDER) if isinstance(state, w.Delivering) else len(state.done) if isinstance(state, w.Signing) else 0
        )
        elsewhere = _asked_elsewhere(state)
        self._show_words(state, elsewhere)
        self._picture.setVisible(elsewhere is not None)
        if elsewhere:
            self._picture.change(elsewhere.picture)
        self._countdown.show_running(running=elsewhere is ELSEWHERE[PinEntry.PINPAD])
        contract = state.paper.contract
        self._what.setText(in_short(contract) if contract else state.paper.document.path.name)
        self._steps[-1].setVisible(contract is not None)
        for number, (step, kind) in enumerate(zip(self._steps, _DOING, strict=True)):
            step.rename(_(STEPS[kind]) if kind and number < done else _(_DOING[kind]))
            step.show_progress(Progress.DONE if number < done else Progress.NOW if number == done else Progress.AHEAD)
        which = f"{self._which.text()}. " if self._which.isVisibleTo(self) else ""
        in_words = f"{which}{self._title.text()}. {self._stay.text()}"
        announce(self, in_words if done in {0, len(_ORDER)} else _(STEPS[_ORDER[done - 1]]))

    def leave(self) -> None:
        """Stop counting."""
        self._countdown.show_running(running=False)

    def _show_words(self, state: w.LookingForCard | w.Signing | w.Delivering, elsewhere: Elsewhere | None) -> None:
        if elsewhere:
            title, stay = _(elsewhere.title), _(elsewhere.asked)
        elif isinstance(state, w.Delivering):
            title, stay = _("Signed. Delivering it"), _("You can take your card out.")
        else:
            title, stay = _("Signing"), _("Leave your card in the reader.")
        self._title.setText(title)
        self._stay.setText(stay)


def _asked_elsewhere(state: w.LookingForCard | w.Signing | w.Delivering) -> Elsewhere | None:
    """Say who else asks for the PIN now; nobody does once the card has signed."""
    if not isinstance(state, w.Signing) or w.Step.CARD_SIGNED in state.done:
        return None
    return ELSEWHERE.get(state.key.pin_entry)


class Countdown(Label):
    """How many seconds are left, said quietly: a screen reader would be busy with nothing else."""

    def __init__(self, seconds: int) -> None:
        super().__init__("", "soft")
        self._seconds, self._left = seconds, seconds
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._tick)
        self.hide()

    def show_running(self, *, running: bool) -> None:
        """Begin from the full time, go on, or stop and hide."""
        if running and not self._timer.isActive():
            self._left = self._seconds
            self._timer.start()
            self._say()
        elif not running:
            self._timer.stop()
        self.setVisible(running)

    def _tick(self) -> None:
        self._left = max(0, self._left - 1)
        self._say()

    def _say(self) -> None:
        self.setText(plural("{count} second left", "{count} seconds left", self._left))
