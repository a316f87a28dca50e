"""Help: how signing goes, the keys, and whom to call."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Aside, in_the_middle
from ui.desktop.widgets.pieces import Button, Label
from ui.desktop.widgets.reflow import row_of
from ui.words import _


class HelpPage(Aside):
    """Short enough to be read."""

    diagnose = Signal()
    about = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(_("Help"))
        _card, layout = in_the_middle(self, 680)
        layout.addWidget(Label(_("How to sign"), "title"))
        for text in (
            _("Read the contract to its last page. Put your eID in the reader, with the chip first. Enter your PIN."),
            _("You can stop at any moment before the PIN. What you signed is never lost, also without a network."),
            _("Keys: Ctrl+1 to sign, Ctrl+2 signed, Ctrl+End to the last page, Escape to go back."),
        ):
            layout.addWidget(Label(text, "lead"))
            layout.addSpacing(theme.UNIT)
        for each in context.settings.agencies:
            layout.addWidget(Label(_("Questions? Call {agency}").format(agency=context.reach(each.id)), "now"))
        layout.addSpacing(theme.UNIT)
        self._back = Button(_("Back"), "line", self.back.emit)
        check = Button(_("Check this computer"), "ghost", self.diagnose.emit)
        about = Button(_("About Paraph"), "ghost", self.about.emit)
        layout.addWidget(row_of(self._back, check, about))

    def first_focus(self) -> QWidget | None:
        """Begin at the way back."""
        return self._back
