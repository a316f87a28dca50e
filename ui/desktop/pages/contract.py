"""The contract: the document at the left, at the right a summary in the worker's language and the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from signer import workflow as w
from signer.errors import SignerError
from signer.model import Contract, Told
from signer.objections import Waiting
from ui import contract_words
from ui.contract_words import changes, hours, kept_ahead, not_sent, pay
from ui.desktop import theme
from ui.desktop.document.view import DocumentView
from ui.desktop.pages.context import Context, folder_name, in_short
from ui.desktop.pages.page import Page
from ui.desktop.pages.pin import sign_all
from ui.desktop.pages.to_sign import TONES
from ui.desktop.widgets.cautions import Cautions
from ui.desktop.widgets.pieces import Button, Chip, Label, Note, announce, rule
from ui.desktop.widgets.reflow import Line, Scroll
from ui.desktop.widgets.steps import Progress, Step
from ui.words import _, day, how_long, plural


class ContractPage(Page):
    """Signing needs the last page to have been reached, or the document's own "I have read it"."""

    sign = Signal(str)  # SHA-256 of what was on the screen
    read_next = Signal(str)  # likewise: this one is put aside as read
    unshowable = Signal(object)  # ErrorCode
    wrong = Signal(object)  # w.Paper

    def __init__(self, context: Context, read_before: set[str]) -> None:
        super().__init__(_("Contract"))
        self._context = context
        self._read_before = read_before  # of this run of the program: going back loses no reading
        self._sha256 = ""
        self.paper: w.Paper | None = None
        self._pages = 0
        self._has_next = False  # another contract that may be signed with the same PIN entry
        self.document = DocumentView()
        self.document.setMinimumWidth(min(theme.sized(_READABLE), 480))
        self.document.reached_end.connect(self._reached_end)
        self.document.page_changed.connect(self._page_changed)
        self.document.failed.connect(lambda error: self.unshowable.emit(error.code))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(0)
        self.cautions = Cautions()
        column.addWidget(self.cautions)
        column.addWidget(self.document, 1)
        layout.addLayout(column, 1)
        layout.addWidget(rule(upright=True))
        layout.addWidget(self._side())

    # ── showing ──

    def show_state(self, state: w.Reading | w.LookingForCard) -> None:
        """Show the document of a state, and how far its signing is."""
        paper = state.paper
        if paper.document.sha256 != self._sha256:
            self._sha256 = paper.document.sha256
            self._pages = paper.document.page_count
            self._open(paper)
        self.cautions.show_cautions(paper.cautions)
        self.paper = paper
        self._show_summary(paper)
        is_read = self._sha256 in self._read_before
        self._show_reading(is_read=is_read)
        if isinstance(state, w.LookingForCard):
            self._card.show_progress(Progress.NOW, _("reading the card …"))
            self.primary.setEnabled(False)
            self._more.hide()
            self._is_wrong.setEnabled(False)
            announce(self, _("reading the card …"))
        else:
            self._card.show_progress(Progress.AHEAD)
            self._is_wrong.setEnabled(True)

    def first_focus(self) -> QWidget | None:
        """Begin in the document; where it was read already, at the action."""
        return self.primary if self.primary.isEnabled() else self.document

    def stop(self) -> None:
        """Close the document, and end what draws it."""
        self._sha256 = ""
        self.document.stop()

    def _open(self, paper: w.Paper) -> None:
        try:
            self.document.open(paper.document.path, paper.document.sha256)
        except SignerError as error:
            self.unshowable.emit(error.code)

    def _show_summary(self, paper: w.Paper) -> None:
        contract = paper.contract
        self._job.setText(contract.job if contract else paper.document.path.name)
        self._company.setText(f"{contract.company}, {contract.place}" if contract else _where_it_goes(paper.target))
        self._facts.setText(_facts(contract) if contract else "")
        for each in (
            self._facts,
            self._decides,
            self._left,
            self._is_wrong,
            self._otherwise,
            self._delivered,
        ):
            each.setVisible(contract is not None)
        changed = changes(paper.before, contract) if contract else []
        self._changes.say("\n".join(changed))
        self._kept.say(kept_ahead(paper))
        agency = self._context.reach(paper.terms.agency_id if paper.terms else None)
        self._otherwise.setText(_("No eID at hand? Call {agency}").format(agency=agency))
        if contract:
            now = self._context.clock.now()
            late = contract.starts_at <= now
            time = how_long(contract.starts_at - now)
            text = _("Late: the job has started") if late else _("Starts in {time}").format(time=time)
            self._left.say(text, TONES[contract.standing(now)])

    def show_word(self, waiting: Waiting | None, told: Told | None) -> None:
        """Show what was said of this contract: what waits to be sent, or what the agency knows."""
        text = not_sent(waiting) if waiting else contract_words.told(told) if told else ""
        wait = _("Wait for their answer before you sign.")
        self._word.say(f"{text} {wait}" if text else "")

    def say_told(self) -> None:
        """Let a screen reader say it too."""
        announce(self, self._word.text())

    def show_together(self, aside: Sequence[w.Paper], *, has_next: bool) -> None:
        """Show what was read and is signed with this one, and whether one more can be."""
        ready = ", ".join(in_short(paper.contract) for paper in aside if paper.contract)
        self._ready.say(_("Ready to sign with this one: {contracts}").format(contracts=ready) if aside else "")
        for button, text in (
            (self.primary, sign_all(len(aside) + 1) if aside else _("Sign with my eID")),
            (self._later, _("Skip this one") if aside else _("Sign later")),
        ):
            button.setText(text)
            button.setAccessibleName(text)
        self._has_next = has_next
        self._show_actions(is_read=self.primary.isEnabled())

    def _show_reading(self, *, is_read: bool) -> None:
        pages = plural("{count} page", "{count} pages", self._pages)
        self._read.show_progress(Progress.DONE if is_read else Progress.NOW, pages)
        self.primary.setEnabled(is_read)
        self._show_actions(is_read=is_read)

    def _show_actions(self, *, is_read: bool) -> None:
        self._hint.setVisible(not is_read)
        self._more.setVisible(is_read and self._has_next)

    # ── what the worker does ──

    def _reached_end(self, sha256: str) -> None:
        if sha256 == self._sha256 and sha256 not in self._read_before:
            self._read_before.add(sha256)
            self._show_reading(is_read=True)
            announce(self, _("You have reached the end. You can sign now."))
            if self.document.pages.hasFocus():
                self.primary.setFocus(Qt.FocusReason.OtherFocusReason)

    def _page_changed(self, page: int, count: int) -> None:
        if self._sha256 not in self._read_before:
            note = _("page {page} of {count}").format(page=page, count=count)
            self._read.show_progress(Progress.NOW, note)

    def _sign(self) -> None:
        if self.primary.isEnabled():
            self.sign.emit(self._sha256)

    def _read_next(self) -> None:
        if self.primary.isEnabled():
            self.read_next.emit(self._sha256)

    # ── building ──

    def _side(self) -> QWidget:
        side = _Side()
        outer = QVBoxLayout(side)
        outer.setContentsMargins(*2 * (3 * theme.UNIT, 2 * theme.UNIT))
        outer.setSpacing(theme.UNIT // 2)
        outer.addWidget(self._summary(), 1)
        outer.addWidget(rule())
        below = QVBoxLayout()
        below.setContentsMargins(2, theme.UNIT, 2, 0)  # as the frame of what scrolls above
        below.setSpacing(theme.UNIT // 2)
        for each in self._actions():
            below.addWidget(each)
        outer.addLayout(below)
        return side

    def _summary(self) -> QWidget:
        self._job, self._company, self._facts = Label("", "name"), Label("", "soft"), Label()
        self._decides = Label(_("A short summary. The document itself decides."), "small")
        self._left = Chip()
        self._changes, self._word, self._ready = Note("act"), Note("soon"), Note("act")
        self._kept = Note("soon")
        self._read, self._card = Step(1, _("Read")), Step(2, _("Card"))
        self._delivered = Step(4, _("Delivered"))
        steps = (self._read, self._card, Step(3, _("PIN")), self._delivered)
        self._otherwise = Label("", "small")
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for each, space in (
            *((self._job, 0), (self._company, 10), (self._facts, 6), (self._decides, 10)),
            *((self._left, 8), (self._kept, 4), (self._changes, 0), (self._word, 4), (self._ready, 0), (rule(), 8)),
            *((step, 0) for step in steps),
        ):
            layout.addWidget(each)
            layout.addSpacing(space)
        layout.addSpacing(theme.UNIT)
        layout.addStretch()
        layout.addWidget(self._otherwise)
        layout.addSpacing(theme.UNIT)
        area = Scroll(content, _("Summary"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _actions(self) -> tuple[QWidget, ...]:
        self._hint = Label(_("Read to the last page, then sign."), "small")
        self.primary = Button(_("Sign with my eID"), "act", self._sign)
        self._more = Button(_("Read the next one too"), "line", self._read_next)
        self._more.setToolTip(_("You can read one more, and sign them together."))
        self._later = Button(_("Sign later"), "ghost", self.back.emit)
        self._is_wrong = Button(_("Something is wrong"), "quiet", lambda: self.wrong.emit(self.paper))
        return self._hint, self.primary, self._more, Line(self._later, self._is_wrong, grows=self._later, space=0)


class _Side(QFrame):
    """As wide as is good, as narrow as its buttons allow."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setMaximumWidth(theme.sized(_SIDE))

    def sizeHint(self) -> QSize:
        """Ask for the good width."""
        return QSize(theme.sized(_SIDE), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the buttons, and of a word."""
        least = super().minimumSizeHint()
        return QSize(max(least.width(), theme.sized(_NARROW)), least.height())


_SIDE: Final = 384  # logical pixels
_NARROW: Final = 304
_READABLE: Final = 360  # of the document; below it a page is a picture


def _where_it_goes(target: w.Target) -> str:
    """Write where the signed copy of a local file will be."""
    if not isinstance(target, w.FileTarget):
        return ""
    where = _("The signed copy will be {name}, in the folder {folder}.")
    return where.format(name=target.output.name, folder=folder_name(target.output))


def _facts(contract: Contract) -> str:
    return f"{day(contract.starts_at)}, {hours(contract)}\n{pay(contract)}"
