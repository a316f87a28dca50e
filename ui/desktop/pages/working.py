"""Work that is going on: opening, or the real steps of a signing, each ticked as it happens."""

from __future__ import annotations

from typing import Final

from signer import workflow as w
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.desktop.widgets.steps import Progress, Step
from ui.messages import STEPS
from ui.words import _

_ORDER: Final = tuple(w.Step)


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
        _card, layout = in_the_middle(self, 560)
        self._title, self._what, self._stay = Label("", "title"), Label("", "lead"), Label("", "now")
        for each in (self._title, self._what, self._stay):
            layout.addWidget(each)
        layout.addSpacing(2 * theme.UNIT)
        names = [*(_(STEPS[step]) for step in _ORDER), _("Delivered to the agency")]
        self._steps = [Step(number, name) for number, name in enumerate(names, start=1)]
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
        for number, step in enumerate(self._steps):
            step.show_progress(Progress.DONE if number < done else Progress.NOW if number == done else Progress.AHEAD)
        announce(self, self._title.text() if done in {0, len(_ORDER)} else _(STEPS[_ORDER[done - 1]]))
