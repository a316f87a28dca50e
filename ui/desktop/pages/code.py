"""The code that came by mail: six digits, typed once, to read one's contracts without a card."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QLineEdit, QWidget

from signer import workflow as w
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.messages import message
from ui.words import _

_DIGITS: Final = 6
_PATTERN: Final = r"\s*(\d\s*){0,6}"  # people copy it with spaces


class CodePage(Page):
    """Asks for the code; another one can be sent, and the card can be used after all."""

    entered = Signal(str)
    by_code = Signal()  # another one
    by_card = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(_("Code"))
        del context
        _card, layout = in_the_middle(self, 560)
        self._title, self._why = Label("", "title"), Label("", "lead")
        self._about = Label(_("Type the 6 digits of the message."), "now")
        self.field = QLineEdit()
        self.field.setObjectName("code")
        self.field.setValidator(QRegularExpressionValidator(QRegularExpression(_PATTERN), self.field))
        self.field.setAccessibleName(_("Code of 6 digits"))
        self.field.textChanged.connect(self._changed)
        self.field.returnPressed.connect(self._enter)
        self._about.setBuddy(self.field)
        self.primary = Button(_("Log in"), "act", self._enter)
        self.another = Button(_("Send a new code"), "ghost", self.by_code.emit)
        self.card = Button(_("Log in with my eID"), "ghost", self.by_card.emit)
        leave = Button(_("Back to the list"), "ghost", self.back.emit)
        self._leave = leave
        for each, space in (
            *((self._title, 4), (self._why, theme.UNIT), (self._about, 4), (self.field, 2 * theme.UNIT)),
            *((self.primary, 4), (self.another, 0), (self.card, 0), (leave, 0)),
        ):
            layout.addWidget(each)
            layout.addSpacing(space)

    def show_state(self, state: w.AwaitingCode) -> None:
        """Say where the code went, or what was wrong with the last one."""
        self.field.clear()
        words = message(state.because, _) if state.because else None
        sent = _("A code of 6 digits is on its way to {mail}.").format(mail=state.mail)
        self._title.setText(words.title if words else _("Look at your mail"))
        self._why.setText(f"{words.meaning} {words.next_step}" if words else sent)
        self.card.setVisible(state.door.takes_card)
        self._leave.setVisible(not state.door.takes_card)
        self._changed()
        announce(self, f"{self._title.text()}. {self._why.text()}", urgent=words is not None)

    def first_focus(self) -> QWidget | None:
        """Begin where the code goes."""
        return self.field

    def leave(self) -> None:
        """Forget what was typed."""
        self.field.clear()

    @property
    def _code(self) -> str:
        return "".join(self.field.text().split())

    def _changed(self) -> None:
        self.primary.setEnabled(len(self._code) == _DIGITS)

    def _enter(self) -> None:
        if self.primary.isEnabled():
            self.entered.emit(self._code)
