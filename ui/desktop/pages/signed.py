"""The list of what was signed on this computer: what, when, and whether the agency has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from signer.errors import code_of
from signer.i18n import mark
from signer.outbox import Entry, EntryState
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, empty, in_a_column
from ui.desktop.widgets.pieces import Button, Chip, Label, frame, words_of
from ui.desktop.widgets.reflow import Line
from ui.messages import MESSAGES, TIMELINESS, message
from ui.qt.worker import Lists
from ui.words import _, when

_STATES: Final[Mapping[EntryState, tuple[str, str]]] = {
    EntryState.SIGNING: (mark("Not finished"), "calm"),
    EntryState.QUEUED: (mark("Waiting to be delivered"), "soon"),
    EntryState.DELIVERED: (mark("Delivered"), "ok"),
    EntryState.PARKED: (mark("Kept: the agency did not take it"), "late"),
}


class SignedPage(Page):
    """Newest first; what waits can be delivered now."""

    save_copy = Signal(object)  # signer.outbox.Entry
    receipt = Signal(object)  # signer.model.Receipt
    deliver = Signal()
    again = Signal(object)  # UUID of a submission that the agency did not take

    def __init__(self, context: Context) -> None:
        super().__init__(_("Signed contracts"))
        self._context = context
        self._first: QWidget | None = None
        self._layout = in_a_column(self, 880)
        self.show_lists(Lists())

    def show_lists(self, lists: Lists) -> None:
        """Show what the outbox has."""
        empty(self._layout)
        self._first = None
        entries = [entry for entry in reversed(lists.entries) if entry.signed]
        title, waits = Label(_("Signed contracts"), "title"), any(each.state is EntryState.QUEUED for each in entries)
        deliver = Button(_("Deliver now"), "act", self.deliver.emit)
        self._layout.addWidget(Line(title, deliver, grows=title) if waits else title)
        self._layout.addWidget(Label(_about(entries), "soft"))
        self._layout.addSpacing(theme.UNIT)
        for entry in entries:
            self._layout.addWidget(self._row(entry))
        self._layout.addStretch()

    def first_focus(self) -> QWidget | None:
        """Begin at the newest."""
        return self._first

    def _row(self, entry: Entry) -> QFrame:
        row, across = frame("row", across=True, space=3 * theme.UNIT)
        across.setContentsMargins(*2 * (3 * theme.UNIT, 2 * theme.UNIT))
        what = words_of(entry.title, self._about(entry), *self._because(entry))
        beside = list(self._beside(entry))
        across.addWidget(Line(what, Line(*beside), grows=what))
        self._first = self._first or next((each for each in reversed(beside) if isinstance(each, QPushButton)), None)
        return row

    def _beside(self, entry: Entry) -> Iterator[QWidget]:
        text, tone = _STATES[entry.state]
        yield Chip(_(text), tone)
        if entry.state is EntryState.PARKED:
            again = Button(_("Try again"), "ghost", lambda: self.again.emit(entry.submission_id))
            again.setAccessibleName(_("Try again: {title}").format(title=entry.title))
            yield again
        if entry.receipt and entry.receipt.proof:
            receipt = Button(_("Receipt"), "ghost", lambda: self.receipt.emit(entry.receipt))
            receipt.setAccessibleName(_("Receipt: {title}").format(title=entry.title))
            yield receipt
        if entry.is_readable:
            copy = Button(_("Save a copy"), "line", lambda: self.save_copy.emit(entry))
            copy.setAccessibleName(_("Save a copy: {title}").format(title=entry.title))
            yield copy

    def _about(self, entry: Entry) -> str:
        assert entry.signed
        agency = self._context.agency(entry.agency_id)
        signed = _("Signed on {when}").format(when=when(entry.signed.claimed_at))
        received = _("received on {when}").format(when=when(entry.receipt.received_at)) if entry.receipt else ""
        return " · ".join(filter(None, (signed, received, agency.name if agency else "", _level(entry))))

    def _because(self, entry: Entry) -> Iterator[str]:
        """Say why it is not delivered, and what happens or is to be done."""
        code = code_of(entry.last_error)
        support = _("Support code: {id}").format(id=entry.last_error)
        if entry.receipt and entry.receipt.late:
            yield _(TIMELINESS[entry.receipt.timeliness])
        if entry.state is EntryState.QUEUED:
            why = f"{_(MESSAGES[code].title)}. " if code else ""
            yield why + _("We deliver it by ourselves; nothing is lost.")
        if entry.state is EntryState.PARKED and code:
            words = message(code, _)
            yield f"{words.title}. {words.next_step}"
            yield f"{self._context.reach(entry.agency_id)} · {support}"


def _about(entries: list[Entry]) -> str:
    """Say where the signed files are."""
    if not entries:
        return _("Nothing was signed on this computer yet.")
    if all(entry.is_readable for entry in entries):
        return _("Each one is kept on this computer too.")
    return _("The agency has them. What still waits here is locked: only the agency can open it.")


def _level(entry: Entry) -> str:
    """Name the level, and the one that follows where the agency asked for more."""
    if entry.level is None:
        return ""
    words = _("level {level}, {asked} follows") if entry.pending else _("level {level}")
    return words.format(level=entry.level.value, asked=entry.terms.level.value)
