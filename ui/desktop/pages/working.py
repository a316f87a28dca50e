"""Work that is going on: opening, or the real steps of a signing, each ticked as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from signer import workflow as w
from signer.i18n import mark
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.desktop.widgets.steps import Progress, Step
from ui.messages import STEPS
from ui.words import _

_ORDER: Final = tuple(w.Step)
_DOING: Final[Mapping[w.Step | None, str]] = {  # None: the delivery, which is no step of the card's
    w.Step.PREPARED: mark("Prepare the document"),
    w.Step.CARD_SIGNED: mark("Let your card sign"),
    w.Step.CHECKED: mark("Check the signed file and save it"),
    None: mark("Deliver it to the agency"),
}


class OpeningPage(Page):
    """The document is fetched and checked."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Opening the contract"))
        del context
        _card, layout = in_the_middle(self, 560)
        layout.addWidget(Label(_("Opening the contract"), "title"))
        layout.addWidget(Label(_("We get it from the agency and check it before you read it."), "lead"))
        layout.addSpacing(2 * theme.UNIT)
        self._stop = Button(_("Stop"), "ghost", self.back.emit)
        layout.addWidget(self._stop)

    def first_focus(self) -> Button:
        """Begin at the only button."""
        return self._stop


class SigningPage(Page):
    """The card must stay in, and the page says so."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Signing"))
        del context
        _card, layout = in_the_middle(self, 640)
        self._title, self._what, self._stay = Label("", "title"), Label("", "lead"), Label("", "now")
        for each in (self._title, self._what, self._stay):
            layout.addWidget(each)
        layout.addSpacing(2 * theme.UNIT)
        self._steps = [Step(number, _(name)) for number, name in enumerate(_DOING.values(), start=1)]
        for step in self._steps:
            layout.addWidget(step)

    def show_state(self, state: w.Signing | w.Delivering) -> None:
        """Tick what is behind us."""
        signed = isinstance(state, w.Delivering)
        done = len(_ORDER) if isinstance(state, w.Delivering) else len(state.done)
        self._title.setText(_("Signed. Delivering it") if signed else _("Signing"))
        self._stay.setText(_("You can take your card out.") if signed else _("Leave your card in the reader."))
        contract = state.paper.contract
        self._what.setText(in_short(contract) if contract else state.paper.document.path.name)
        self._steps[-1].setVisible(contract is not None)
        for number, (step, kind) in enumerate(zip(self._steps, _DOING, strict=True)):
            step.rename(_(STEPS[kind]) if kind and number < done else _(_DOING[kind]))
            step.show_progress(Progress.DONE if number < done else Progress.NOW if number == done else Progress.AHEAD)
        announce(self, self._title.text() if done in {0, len(_ORDER)} else _(STEPS[_ORDER[done - 1]]))
