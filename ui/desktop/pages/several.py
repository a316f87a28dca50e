"""The end of several contracts with one PIN entry: each with its state, and where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from signer import workflow as w
from signer.i18n import mark
from signer.outbox import Entry, EntryState
from ui.desktop import theme
from ui.desktop.pages.context import Context, in_short
from ui.desktop.pages.page import Page, empty, in_the_middle
from ui.desktop.pages.situations import look_of
from ui.desktop.widgets.pieces import Button, Chip, Label, Picture, announce, frame
from ui.desktop.widgets.reflow import Line
from ui.messages import TIMELINESS, message
from ui.qt.several import Phase, Several
from ui.words import _, plural

_DELIVERED: Final = (mark("Delivered"), "ok")
_STANDS: Final[Mapping[type[w.State], tuple[str, str]]] = {
    w.Delivering: (mark("On its way"), "calm"),
    w.Done: _DELIVERED,
    w.AwaitingNetwork: (mark("Waiting to be delivered"), "soon"),
    w.NotAccepted: (mark("Kept: the agency did not take it"), "late"),
}
_EASY: Final = 224  # logical pixels


class SeveralPage(Page):
    """All are signed, or it stopped at one of them; what is signed is delivered while one looks."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Signed"))
        del context
        _card, layout = in_the_middle(self, 680)
        self._good = Picture("check", QSize(64, 64), "ok", on="ok_soft")
        self._bad = Picture("card", QSize(144, 94))
        self._title, self._where, self._about = Label("", "title"), Label("", "now"), Label("", "lead")
        for each in (self._good, self._bad, self._title, self._where, self._about):
            layout.addWidget(each)
        layout.addSpacing(2 * theme.UNIT)
        rows = QWidget()
        self._rows = QVBoxLayout(rows)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.UNIT)
        layout.addWidget(rows)
        layout.addSpacing(2 * theme.UNIT)
        self.primary = Button(_("Back to the list"), "act", self.back.emit)
        layout.addWidget(self.primary)
        layout.addSpacing(theme.UNIT)
        self._after, self._id = Label("", "soft"), Label("", "small")
        for each in (self._after, self._id):
            layout.addWidget(each)
        self._said = ""
        self._shown: tuple[Several, set[UUID]] | None = None

    def show_several(self, several: Several, entries: Iterable[Entry]) -> None:
        """Show how far each is; ``entries`` tell what was delivered since."""
        delivered = {each.submission_id for each in entries if each.state is EntryState.DELIVERED}
        if (several, delivered) == self._shown:  # the list is looked at again now and then
            return
        self._shown = (several, delivered)
        self._show_words(several)
        self.primary.setVisible(several.phase is Phase.ENDED)
        empty(self._rows)
        for number, paper in enumerate(several.papers):
            self._rows.addWidget(_row(several, number, paper, delivered))
        self._announce()

    def first_focus(self) -> QWidget | None:
        """Begin at the only action."""
        return self.primary

    def _show_words(self, several: Several) -> None:
        because = several.because
        self.setAccessibleName(_("Something is in the way") if because else _("Signed"))
        self._good.setVisible(because is None)
        self._bad.setVisible(because is not None)
        if because:
            look = look_of(because)
            self._bad.change(look.picture, look.colour)
        self._title.setText(_title(several))
        at = several.stopped_at
        self._where.setVisible(at is not None)
        self._where.setText(_("It stopped at: {title}").format(title=_name(at)) if at else "")
        self._about.setText(_about(several))
        self._after.setText(_after(several))
        self._after.setVisible(bool(self._after.text()))
        self._id.setVisible(because is not None)
        self._id.setText(_("Support code: {id}").format(id=because.support_id) if because else "")

    def _announce(self) -> None:
        text = ". ".join(filter(None, (self._title.text(), self._where.text(), self._about.text())))
        if text != self._said:
            self._said = text
            announce(self, text)


def _title(several: Several) -> str:
    if several.because:
        tries = several.tries_left
        left = plural("{count} try left", "{count} tries left", tries) if tries else ""
        return ", ".join(filter(None, (message(several.because, _).title, left)))
    if several.phase is Phase.DELIVERING:
        return _("All signed. Delivering them")
    return (
        _("All signed and delivered") if all(isinstance(each, w.Done) for each in several.signed) else _("All signed")
    )


def _about(several: Several) -> str:
    """Say what is signed and what is not, and what happens to both."""
    count = len(several.signed)
    signed = plural("One contract is signed.", "{count} contracts are signed.", count) if count else ""
    waits = any(isinstance(each, w.AwaitingNetwork) for each in several.signed)
    parts = (
        signed or _("Nothing was signed."),
        _("What waits is kept on this computer. We deliver it by ourselves when there is a network and Paraph is open.")
        if waits
        else "",
        _("What is not signed is in your list, as before: open it there to sign it.") if several.because else "",
    )
    return " ".join(filter(None, parts))


def _after(several: Several) -> str:
    """Say what to do about what stopped it, where opening the next contract does not; and where the others are."""
    because = several.because
    parts = (
        message(because, _).next_step if because and not because.retriable else "",
        "" if because else _("You can take your card out."),
        _("You find your contracts and their receipts under “Signed”.") if several.signed else "",
    )
    return " ".join(filter(None, parts))


def _row(several: Several, number: int, paper: w.Paper, delivered: set[UUID]) -> QWidget:
    box, layout = frame("inner", margins=2 * theme.UNIT, space=theme.UNIT // 2)
    name = Label(_name(paper))
    name.setMinimumWidth(_EASY)
    text, tone = _stands(several, number, delivered)
    layout.addWidget(Line(name, Chip(_(text), tone), grows=name))
    kept = several.signed[number] if number < len(several.signed) else None
    if isinstance(kept, w.Done) and kept.receipt and kept.receipt.late:
        layout.addWidget(Label(_(TIMELINESS[kept.receipt.timeliness]), "small"))
    if isinstance(kept, w.NotAccepted):
        words = message(kept.because, _)
        layout.addWidget(Label(f"{words.title}. {words.next_step}", "small"))
    return box


def _stands(several: Several, number: int, delivered: set[UUID]) -> tuple[str, str]:
    if number >= len(several.signed):
        return mark("Not signed"), "calm"
    kept = several.signed[number]
    return _DELIVERED if kept.signed.submission_id in delivered else _STANDS[type(kept)]


def _name(paper: w.Paper) -> str:
    return in_short(paper.contract) if paper.contract else paper.document.path.name
