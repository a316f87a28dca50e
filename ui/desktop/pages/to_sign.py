"""The list of what is to be signed: job, company, when it starts, and how long is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from signer.i18n import mark
from signer.model import Standing
from signer.objections import Waiting
from ui import contract_words
from ui.contract_words import hours, not_sent
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, empty, in_a_column
from ui.desktop.widgets.pieces import Button, Chip, Label, Note, frame, words_of
from ui.desktop.widgets.reflow import Line
from ui.messages import MESSAGES
from ui.qt.worker import KeepReady, Lists, Task
from ui.words import _, how_long, month, plural, weekday

_READY: Final = {
    KeepReady.OFFERED: mark(
        "On your own computer we can keep your contracts ready, to read and sign with no network."
        " Never do this on a computer that other people use."
    ),
    KeepReady.ON: mark("This is your own computer. Your contracts are kept ready here, to sign with no network too."),
}
TONES: Final = {Standing.IN_TIME: "calm", Standing.SOON: "soon", Standing.LATE: "late"}


class ToSignPage(Page):
    """Each contract a row; an empty list says so kindly."""

    chosen = Signal(object)  # Task
    refresh = Signal()
    open_file = Signal()
    keep_ready = Signal(bool)

    def __init__(self, context: Context) -> None:
        super().__init__(_("Contracts to sign"))
        self._context = context
        self._first: QWidget | None = None
        self._layout = in_a_column(self, 880)
        self._layout.addWidget(Label(_("Looking for your contracts …"), "lead"))
        self._layout.addStretch()

    def show_lists(self, lists: Lists) -> None:
        """Show what was found."""
        empty(self._layout)
        count = len(lists.to_sign)
        title = (
            plural("{count} contract to sign", "{count} contracts to sign", count) if count else _("Nothing to sign")
        )
        about = _("Sign each one before the job starts.") if count else _("A new contract appears here by itself.")
        self._layout.addWidget(Label(title, "title"))
        self._layout.addWidget(Label(about, "soft"))
        if lists.unreached:
            note = Note("soon")
            text = _("No connection with {agencies} now. You see what we knew last; we look again by ourselves.")
            self._layout.addWidget(note)
            note.say(text.format(agencies=", ".join(lists.unreached)))
        self._layout.addSpacing(theme.UNIT)
        first = lists.to_sign[0] if count else None
        for task in lists.tasks:
            self._layout.addWidget(self._row(task, lists.waiting(task.contract.id), first=task is first))
        self._layout.addSpacing(theme.UNIT)
        self._add_foot(lists)
        self._layout.addStretch()

    def first_focus(self) -> QWidget | None:
        """Begin at the first contract."""
        return self._first

    def _row(self, task: Task, waiting: Waiting | None, *, first: bool) -> QFrame:
        contract = task.contract
        row, across = frame("row", across=True, margins=0, space=3 * theme.UNIT)
        across.setContentsMargins(*2 * (3 * theme.UNIT, 2 * theme.UNIT))
        across.addWidget(_date(task))
        place = f"{contract.company}, {contract.place}"
        about = " · ".join((place, hours(contract), task.agency_name))
        what = words_of(contract.job, about, *self._said(task, waiting))
        beside = self._reading(task, first=first) if contract.open else (Chip(_("Withdrawn"), "calm"),)
        across.addWidget(Line(what, Line(*beside), grows=what), 1)
        return row

    def _reading(self, task: Task, *, first: bool) -> tuple[Chip, Button]:
        contract = task.contract
        chip = Chip(left_of(task, self._context), TONES[contract.standing(self._context.clock.now())])
        button = Button(_("Read and sign"), "act" if first else "line", lambda: self.chosen.emit(task))
        button.setAccessibleName(
            _("Read and sign: {job}, {company}").format(job=contract.job, company=contract.company)
        )
        if first:
            self._first = button
        return chip, button

    def _said(self, task: Task, waiting: Waiting | None) -> Iterator[str]:
        """Write what is to be known of a contract before it is opened."""
        contract = task.contract
        if not contract.open:
            agency = self._context.reach(task.agency_id)
            yield _("The agency withdrew it: you cannot sign it. Questions? Call {agency}").format(agency=agency)
        elif contract.replaces:
            yield _("New version of an earlier contract")
        if task.ahead:
            yield _("Ready to sign, also with no network")
        if waiting:
            yield not_sent(waiting)
        elif contract.told:
            yield contract_words.told(contract.told)

    def _add_foot(self, lists: Lists) -> None:
        if lists.because and not lists.unreached:
            self._layout.addWidget(Chip(_(MESSAGES[lists.because].title), "soon"))
        again = Button(_("Look again"), "ghost", self.refresh.emit)
        own = Button(_("Open a PDF of your own …"), "ghost", self.open_file.emit)
        self._layout.addWidget(Line(again, own, space=theme.UNIT), 0, Qt.AlignmentFlag.AlignLeft)
        if not lists.to_sign:
            self._first = again
        self._add_consent(lists.ready)

    def _add_consent(self, ready: KeepReady) -> None:
        """Ask whether this is the worker's own computer, or say that contracts are kept ready on it."""
        if ready is KeepReady.NOT_OFFERED:
            return
        on = ready is KeepReady.OFFERED
        self._layout.addSpacing(theme.UNIT)
        self._layout.addWidget(Label(_(_READY[ready]), "small"))
        text = _("Keep them ready here") if on else _("Do not keep them here any more")
        button = Button(text, "line" if on else "ghost", lambda: self.keep_ready.emit(on))
        self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


def left_of(task: Task, context: Context) -> str:
    """Write how long is left before the job starts, or that it is late."""
    now, starts = context.clock.now(), task.contract.starts_at
    if starts <= now:
        return _("Late: the job has started")
    return _("Starts in {time}").format(time=how_long(starts - now))


def _date(task: Task) -> QWidget:
    local = task.contract.starts_at.astimezone()
    box = QWidget()
    box.setFixedWidth(theme.sized(64))
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addStretch()
    for text, look in ((weekday(local).upper(), "small"), (str(local.day), "day"), (month(local), "small")):
        label = Label(text, look, wrap=False)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(label)
    layout.addStretch()
    return box
