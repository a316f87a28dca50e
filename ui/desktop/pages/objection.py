"""Something is wrong: what it is, in ticks and in the worker's own words; it goes to the agency and signs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from signer import workflow as w
from signer.agency.schema import MAX_OBJECTION
from signer.errors import ErrorCode
from signer.model import Objection, Wrong
from signer.objections import tidy
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, CheckBox, Label, announce
from ui.messages import WRONG, message
from ui.words import _, plural

_NEARLY_FULL: Final = 200  # characters left, from which on they are told


@dataclass(frozen=True, slots=True)
class Draft:
    """What was ticked and typed and is not sent; it waits here while other pages are shown."""

    reasons: tuple[Wrong, ...] = ()
    text: str = ""


class ObjectionPage(Page):
    """Asks what is wrong; nothing typed is lost, whatever the network does."""

    told = Signal(object)  # Objection

    def __init__(self, context: Context, drafts: dict[str, Draft]) -> None:
        super().__init__(_("Something is wrong"))
        self._context = context
        self._drafts = drafts  # by contract
        self._paper: w.Paper | None = None
        self.sent: Objection | None = None
        _card, layout = in_the_middle(self, 720)
        layout.setSpacing(0)
        layout.setContentsMargins(52, 28, 52, 24)
        for each, space in self._pieces():
            layout.addWidget(each)
            layout.addSpacing(space)

    # ── showing ──

    def show_paper(self, paper: w.Paper, waiting: Objection | None) -> None:
        """Show the questions about a contract, with what was answered already."""
        assert paper.contract
        self._paper, self.sent = paper, None
        written = Draft(waiting.reasons, waiting.text) if waiting else Draft()
        draft = self._drafts.get(paper.contract.id, written)
        for reason, box in self.boxes.items():
            box.setChecked(reason in draft.reasons)
        self.text.setPlainText(draft.text)
        self._what.setText(f"{in_short(paper.contract)} · {paper.contract.company}")
        reach = self._context.reach(paper.terms.agency_id if paper.terms else None)
        self._reach.setText(_("Is it urgent? Call {agency}").format(agency=reach))
        self._failed.hide()
        self._changed()

    def show_not_taken(self, code: ErrorCode) -> None:
        """Tell why the agency did not take it; everything that was typed is still here."""
        words = message(code, _)
        text = _("Not sent: {why}. What you wrote is still here.").format(why=words.title)
        self.sent = None
        self._failed.setText(text)
        self._failed.show()
        self._changed()
        announce(self, text)

    def forget(self, contract_id: str) -> None:
        """Forget what was typed about a contract: it is on the disk or with the agency."""
        self._drafts.pop(contract_id, None)
        self._paper = None

    def first_focus(self) -> QWidget | None:
        """Begin at the first answer."""
        return next(iter(self.boxes.values()))

    def leave(self) -> None:
        """Keep what was typed for when somebody comes back."""
        if self._paper and self._paper.contract:
            self._drafts[self._paper.contract.id] = Draft(self._reasons(), self.text.toPlainText())

    # ── what the worker does ──

    def _send(self) -> None:
        paper = self._paper
        if not self.primary.isEnabled() or paper is None or paper.terms is None:
            return
        terms = paper.terms
        words = tidy(self.text.toPlainText())
        self.sent = Objection(uuid4(), terms.agency_id, terms.contract_id, self._reasons(), words)
        self._changed()
        self.told.emit(self.sent)

    def _reasons(self) -> tuple[Wrong, ...]:
        return tuple(reason for reason, box in self.boxes.items() if box.isChecked())

    def _changed(self) -> None:
        left = MAX_OBJECTION - len(tidy(self.text.toPlainText()))
        self._room.setVisible(left < _NEARLY_FULL)
        too_many = plural("{count} character too many", "{count} characters too many", -left)
        self._room.setText(too_many if left < 0 else plural("{count} character left", "{count} characters left", left))
        self.primary.setText(_("Send it to the agency") if self.sent is None else _("Sending …"))
        self.primary.setAccessibleName(self.primary.text())
        self.primary.setEnabled(bool(self._reasons()) and left >= 0 and self.sent is None)

    # ── building ──

    def _pieces(self) -> tuple[tuple[QWidget, int], ...]:
        self._what, self._reach = Label("", "lead"), Label("", "soft")
        self.boxes = {reason: self._box(text) for reason, text in WRONG.items()}
        self._failed, self._room = Label("", "error"), Label("", "small")
        self._reach.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        about = Label(_("What do you want to tell them? You may leave this empty."), "now")
        about.setBuddy(self._words())
        self.primary = Button(_("Send it to the agency"), "act", self._send)
        back = Button(_("Back to the contract"), "ghost", self.back.emit)
        nothing = Label(_("Nothing is signed by this. The agency answers you, and can send a new version."), "soft")
        return (
            *((Label(_("What is wrong?"), "title"), 4), (self._what, theme.UNIT)),
            *((box, theme.UNIT if reason is Wrong.OTHER else 0) for reason, box in self.boxes.items()),
            *((about, 4), (self.text, 4), (self._room, 0), (self._failed, 0), (nothing, 2 * theme.UNIT)),
            *((self.primary, 4), (back, 4), (self._reach, 0)),
        )

    def _box(self, text: str) -> CheckBox:
        box = CheckBox(_(text))
        box.toggled.connect(self._changed)
        return box

    def _words(self) -> QPlainTextEdit:
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(_("What do you want to tell them? You may leave this empty."))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(10 * theme.UNIT)
        self.text.textChanged.connect(self._changed)
        return self.text
