"""The agency's receipt as people read it: who signed what, when, and when the agency had it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, Qt, Signal
from PySide6.QtGui import QFont, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QVBoxLayout

from signer.agency.schema import TransactionProof
from signer.model import Level, Receipt, Timeliness
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Page, empty, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.desktop.widgets.reflow import Line
from ui.levels import level_line, pending_line
from ui.messages import TIMELINESS
from ui.words import _, when, when_at_work

_TYPE_PT: Final = 10  # on paper
_NAME, _EASY = 216, 256  # logical pixels for what it is, and for what the receipt says
_GROUP: Final = 8  # signs of a fingerprint that stand together

Row = tuple[str, str]  # what it is, and what the receipt says


class ReceiptPage(Page):
    """What the agency vouches for; the whole of it, as it was sent, is kept in the outbox (docs/adr/0013)."""

    save = Signal(str, bytes)  # a name for the file, and its content

    def __init__(self, context: Context) -> None:
        super().__init__(_("Receipt"))
        self._context = context
        _card, layout = in_the_middle(self, 760)
        self._about = Label("", "lead")
        layout.addWidget(Label(_("Receipt"), "title"))
        layout.addWidget(self._about)
        layout.addSpacing(2 * theme.UNIT)
        self._rows = QVBoxLayout()
        layout.addLayout(self._rows)
        layout.addSpacing(2 * theme.UNIT)
        self.primary = Button(_("Save the receipt"), "act", self._save)
        layout.addWidget(Line(self.primary, Button(_("Back"), "ghost", self.back.emit)))

    def show_receipt(self, receipt: Receipt) -> None:
        """Show one, in the language of now."""
        self._proof = TransactionProof.model_validate_json(receipt.proof)
        agency = self._context.agency(self._proof.agency_id)
        self._agency = agency.name if agency else self._proof.agency_id
        self._about.setText(_("{agency} says what it received from you.").format(agency=self._agency))
        empty(self._rows)
        for name, said in rows_of(self._proof):
            self._rows.addWidget(_line(name, said))
        announce(self, self._about.text())

    def first_focus(self) -> Button:
        """Begin at saving it."""
        return self.primary

    def _save(self) -> None:
        name = "{receipt} {title}.pdf".format(receipt=_("Receipt"), title=self._proof.title)
        self.save.emit(name, as_pdf(self._agency, self._proof))


def _line(name: str, said: str) -> Line:
    what, value = Label(name, "soft"), Label(said)
    what.setFixedWidth(theme.sized(_NAME))
    value.setMinimumWidth(_EASY)
    value.setAccessibleName(f"{name}: {said}")
    value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return Line(what, value, grows=value)


def rows_of(proof: TransactionProof) -> Iterator[Row]:
    """Say what a receipt says, in words; times in the computer's zone, the job's by the clocks in Belgium."""
    yield _("Contract"), proof.title
    yield _("Pages"), str(proof.page_count)
    yield _("Signed by"), proof.signer_name
    yield _("Signed, by the clock of the computer"), when(proof.claimed_at)
    if proof.proven_at:
        yield _("Proven by a time-stamp"), when(proof.proven_at)
    yield _("Received by the agency"), when(proof.received_at)
    yield _("The job starts"), f"{when_at_work(proof.deadline)}. {_in_time(proof)}"
    test = _("TEST: this is not a real signature") if proof.test else ""
    yield _("Kind of signature"), ". ".join(filter(None, (f"PAdES {proof.level}", test)))
    level, asked = Level(proof.level), Level(proof.level_asked)
    yield _("Level"), " ".join(filter(None, (f"{level_line(level)}.", pending_line(level, asked))))
    yield _("Transaction number"), str(proof.transaction_id)
    yield _("Fingerprint of the signed file"), _in_groups(proof.signed_sha256)


def as_pdf(agency: str, proof: TransactionProof) -> bytes:
    """Write a receipt as a page to print or to keep."""
    rows = "".join(
        f"<tr><td width='34%' style='color:#556273'>{escape(name)}</td><td>{escape(said)}</td></tr>"
        for name, said in rows_of(proof)
    )
    title, document = _("Receipt"), QTextDocument()
    document.setDefaultFont(QFont(theme.FAMILY, _TYPE_PT))
    document.setHtml(
        f"<h1>{escape(title)}</h1><p>{escape(agency)}</p><table width='100%' cellpadding='5'>{rows}</table>"
    )
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("Paraph")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF())  # the document leaves its own
    document.print_(writer)
    return bytes(buffer.data().data())


def _in_time(proof: TransactionProof) -> str:
    if proof.late:
        return _(TIMELINESS[Timeliness(proof.told_timeliness)])
    if proof.received_at > proof.deadline:
        return _("The time-stamp proves that you signed in time.")
    return _("It was received in time.")


def _in_groups(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + _GROUP] for at in range(0, len(fingerprint), _GROUP))
