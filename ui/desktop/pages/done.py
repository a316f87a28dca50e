"""A quiet success: delivered or waiting for the network, a copy to save, and the next contract."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from signer import workflow as w
from signer.errors import Kind
from ui.desktop import theme
from ui.desktop.pages.context import Context, folder_name, in_short
from ui.desktop.pages.page import Page, in_the_middle
from ui.desktop.widgets.pieces import Button, Chip, Label, Picture, announce, frame
from ui.desktop.widgets.reflow import Line
from ui.levels import level_line, pending_line
from ui.messages import TIMELINESS
from ui.words import _, clock, when

_EASY: Final = 224  # logical pixels


class DonePage(Page):
    """Done, or signed and kept until there is a network."""

    save_copy = Signal(object)  # w.Done | w.AwaitingNetwork
    receipt = Signal(object)  # signer.model.Receipt
    open_folder = Signal(object)  # w.Done of a local file
    try_again = Signal()
    next = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(_("Signed"))
        self._context = context
        self._state: w.Done | w.AwaitingNetwork | None = None
        _card, layout = in_the_middle(self, 680)
        layout.addWidget(Picture("check", QSize(64, 64), "ok", on="ok_soft"))
        layout.addSpacing(theme.UNIT)
        self._title, self._about = Label("", "title"), Label("", "lead")
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        layout.addSpacing(2 * theme.UNIT)
        layout.addWidget(self._proof())
        layout.addSpacing(2 * theme.UNIT)
        layout.addWidget(self._actions())
        layout.addSpacing(theme.UNIT)
        self._after, self._id = Label("", "soft"), Label("", "small")
        for each in (self._after, self._id):
            layout.addWidget(each)

    def show_state(self, state: w.Done | w.AwaitingNetwork) -> None:
        """Show what came of it."""
        self._state = state
        receipt = state.receipt if isinstance(state, w.Done) else None
        self._title.setText(self._title_of(state))
        self._about.setText(self._about_of(state))
        contract = state.paper.contract
        self._what.setText(in_short(contract) if contract else state.signed.path.name)
        words = _("TEST signature of {name}, {when}") if state.signed.test else _("Signature of {name}, {when}")
        self._who.setText(words.format(name=state.signed.signer_name, when=when(state.signed.claimed_at)))
        self._level.setText(self._level_of(state))
        proven_at = receipt.proven_at if receipt else None
        self._proven.setVisible(proven_at is not None)
        self._proven.setText(_("Proven by a time-stamp: {when}").format(when=when(proven_at)) if proven_at else "")
        self._receipt.setVisible(receipt is not None)
        is_file = isinstance(state.paper.target, w.FileTarget)
        self._folder.setVisible(is_file)
        self._save.setVisible(not is_file)
        self._again.setVisible(isinstance(state, w.AwaitingNetwork))
        self._after.setText(self._after_of(state))
        because = state.because if isinstance(state, w.AwaitingNetwork) else None
        self._id.setVisible(because is not None)
        self._id.setText(_("Support code: {id}").format(id=because.support_id) if because else "")
        announce(self, f"{self._title.text()}. {self._about.text()}")

    def show_left(self, count: int) -> None:
        """Tell how many contracts are still to be signed."""
        self.primary.setText(_("Next contract ({count})").format(count=count) if count else _("Back to the list"))
        self.primary.setAccessibleName(self.primary.text())

    def first_focus(self) -> QWidget | None:
        """Begin at what comes next."""
        return self.primary

    def _title_of(self, state: w.Done | w.AwaitingNetwork) -> str:
        if isinstance(state, w.AwaitingNetwork):
            by_agency = state.because is not None and state.because.kind is Kind.AGENCY
            return _("Signed. Waiting for the agency") if by_agency else _("Signed. Waiting for the network")
        return _("Signed and delivered") if state.receipt else _("Signed")

    def _about_of(self, state: w.Done | w.AwaitingNetwork) -> str:
        if isinstance(state, w.AwaitingNetwork):
            return _(
                "It is kept on this computer. We deliver it by ourselves when there is a network and Paraph is open."
            )
        if state.receipt is None:
            where = _("The signed file is {name}, in the folder {folder}.")
            return where.format(name=state.signed.path.name, folder=folder_name(state.signed.path))
        agency = self._context.agency(state.paper.terms.agency_id if state.paper.terms else None)
        has_it = _("Delivered at {time}. {agency} has your contract.").format(
            agency=agency.name if agency else _("The agency"), time=clock(state.receipt.received_at)
        )
        return f"{has_it} {_(TIMELINESS[state.receipt.timeliness])}" if state.receipt.late else has_it

    def _after_of(self, state: w.Done | w.AwaitingNetwork) -> str:
        if isinstance(state, w.AwaitingNetwork):
            return _("You can take your card out. Do not sign it again: your signature is kept and is not lost.")
        if state.receipt is None:
            return _("You can take your card out. The file that you opened is as it was.")
        if self._context.settings.shared:
            return _("You can take your card out. Save a copy now if you want one: it does not stay on this computer.")
        return _("You can take your card out. The agency keeps your contract, and you find it under “Signed”.")

    def _show_receipt(self) -> None:
        if isinstance(self._state, w.Done):
            self.receipt.emit(self._state.receipt)

    def _level_of(self, state: w.Done | w.AwaitingNetwork) -> str:
        """Say which level the signature has, and what the agency asked beyond it."""
        level, terms = state.signed.level, state.paper.terms
        pending = pending_line(level, terms.level) if terms else ""
        return " ".join(filter(None, (f"{level_line(level)}.", pending)))

    def _proof(self) -> QWidget:
        box, layout = frame("inner", margins=2 * theme.UNIT, space=theme.UNIT // 2)
        self._what, self._who, self._level = Label(), Label("", "small"), Label("", "small")
        self._proven = Label("", "small")
        self._what.setMinimumWidth(_EASY)
        layout.addWidget(Line(self._what, Chip(_("Checked: valid"), "ok"), grows=self._what))
        layout.addWidget(self._who)
        layout.addWidget(self._proven)
        layout.addWidget(self._level)
        return box

    def _actions(self) -> QWidget:
        self.primary = Button(_("Back to the list"), "act", self.next.emit)
        self._again = Button(_("Deliver now"), "line", self.try_again.emit)
        self._folder = Button(_("Open the folder"), "line", lambda: self.open_folder.emit(self._state))
        self._save = Button(_("Save a copy"), "line", lambda: self.save_copy.emit(self._state))
        self._receipt = Button(_("Receipt"), "line", self._show_receipt)
        beside = Line(self._again, self._folder, self._save, self._receipt, space=theme.UNIT)
        return Line(self.primary, beside, grows=self.primary, space=theme.UNIT)
