"""What keeps this computer from signing, each with what to do; and a file of it for a helpdesk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from signer.errors import ErrorCode, SignerError
from signer.i18n import mark
from ui.desktop import theme
from ui.desktop.choosing import Choices
from ui.desktop.pages.page import Aside, empty, in_a_column
from ui.desktop.widgets.pieces import Button, Chip, Label, Picture, announce, frame
from ui.desktop.widgets.reflow import Line, row_of
from ui.diagnosis.findings import Check, Finding, Grade, Says
from ui.diagnosis.words import CHECKS, words
from ui.messages import message
from ui.words import _, plural

_BUNDLE: Final = "paraph-diagnosis.zip"
_TONES: Final[Mapping[Grade, tuple[str, str]]] = {
    Grade.PROBLEM: (mark("To solve"), "late"),
    Grade.WARNING: (mark("To know"), "soon"),
}
_KNOWN_BY_NAME: Final = frozenset({Check.READER, Check.CARD, Check.MODULE, Check.AGENCY})
_IN_THE_WINDOW: Final[Mapping[Says, str]] = {  # where the command line names a command
    Says.OUTBOX_WAITS: mark("Check the network, then press “Deliver now” in the list of signed contracts."),
}


class DiagnosticsPage(Aside):
    """Problems first, then what is well; technical details for whoever asks for them."""

    look = Signal()

    def __init__(self, choose: Choices) -> None:
        super().__init__(_("Check this computer"))
        self._choose = choose
        self._findings: tuple[Finding, ...] = ()
        self._details: list[Label] = []
        layout = in_a_column(self, 760)
        layout.addWidget(Label(_("Check this computer"), "title"))
        self._about = Label("", "soft")
        layout.addWidget(self._about)
        self._again = Button(_("Look again"), "line", self.look.emit)
        self._again.setObjectName("look-again")
        self._save = Button(_("Save for the helpdesk"), "line", self._save_bundle)
        self._save.setObjectName("save-bundle")
        self._more = Button(_("Show the details"), "ghost", self._show_details)
        self._more.setCheckable(True)
        layout.addWidget(row_of(self._again, self._more))
        self._saved = Label("", "small")
        self._saved.hide()
        layout.addSpacing(theme.UNIT)
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.UNIT + 4)
        layout.addLayout(self._list)
        layout.addWidget(row_of(Button(_("Back"), "line", self.back.emit), self._save))
        layout.addWidget(self._saved)
        layout.addStretch()
        self.show_looking()

    def show_looking(self) -> None:
        """Say that the computer is being looked at; what was found before stays till then."""
        self._about.setText(_("Looking at card readers, network and folders …"))
        self._again.setEnabled(False)
        self._save.setEnabled(bool(self._findings))
        announce(self, self._about.text())

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show what was found: what is to be solved, what is to be known, and what is well."""
        self._findings = tuple(findings)
        self._details = []
        empty(self._list)
        order = list(Grade)
        not_well = [each for each in findings if each.grade is not Grade.OK]
        for finding in sorted(not_well, key=lambda each: -order.index(each.grade)):
            self._list.addWidget(self._card(finding))
        well = [each for each in findings if each.grade is Grade.OK]
        if well:
            self._list.addWidget(self._well(well))
        count = sum(each.grade is Grade.PROBLEM for each in findings)
        text = plural("{count} problem was found.", "{count} problems were found.", count)
        self._about.setText(text if count else _("No problem was found."))
        for button in (self._again, self._save):
            button.setEnabled(True)
        self._show_details()
        announce(self, self._about.text())

    def first_focus(self) -> QWidget | None:
        """Begin at looking again, or at the helpdesk's file while that runs."""
        return self._again if self._again.isEnabled() else self._more

    def _card(self, finding: Finding) -> QFrame:
        card, layout = frame("row", margins=24, space=4)
        title, remedy = words(finding, _)
        remedy = _(_IN_THE_WINDOW[finding.says]) if finding.says in _IN_THE_WINDOW else remedy  # type: ignore[index]
        heading = Label(title, "heading")
        heading.setMinimumWidth(theme.sized(280))
        text, tone = _TONES[finding.grade]
        layout.addWidget(Line(heading, Chip(_(text), tone), grows=heading))
        layout.addWidget(Label(_named(_(CHECKS[finding.check]), finding), "small"))
        if remedy:
            layout.addSpacing(theme.UNIT)
            layout.addWidget(Label(remedy))
        layout.addWidget(self._detail(finding))
        return card

    def _well(self, findings: Sequence[Finding]) -> QFrame:
        card, layout = frame("row", margins=24, space=theme.UNIT)
        layout.addWidget(Label(_("This is well"), "heading"))
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(theme.UNIT + 4)
        grid.setVerticalSpacing(theme.UNIT)
        told: dict[str, list[Finding]] = {}
        for finding in findings:
            told.setdefault(_named(words(finding, _).title, finding), []).append(finding)
        for row, (title, same) in enumerate(told.items()):
            grid.addWidget(Picture("check", QSize(theme.sized(22), theme.sized(22))), row, 0, Qt.AlignmentFlag.AlignTop)
            lines = QVBoxLayout()
            lines.setSpacing(0)
            lines.addWidget(Label(title))
            for finding in same:
                lines.addWidget(self._detail(finding))
            grid.addLayout(lines, row, 1)
        layout.addLayout(grid)
        return card

    def _detail(self, finding: Finding) -> Label:
        from ui.diagnosis.bundle import technical  # noqa: PLC0415 - not wanted before the first paint

        label = Label(" ".join(filter(None, (finding.id, finding.subject, technical(finding)))), "small")
        self._details.append(label)
        return label

    def _show_details(self) -> None:
        for label in self._details:
            label.setVisible(self._more.isChecked())

    def _save_bundle(self) -> None:
        from ui.diagnosis.bundle import write_bundle  # noqa: PLC0415 - as above

        target = self._choose.copy(self, _BUNDLE)
        if target is None:
            return
        try:
            write_bundle(target, self._findings, _)
        except SignerError as error:
            self._tell_saved(_not_saved(error.code), is_saved=False)
        else:
            text = _("Saved as {file}. There is nothing personal in it.").format(file=target.name)
            self._tell_saved(text, is_saved=True)

    def _tell_saved(self, text: str, *, is_saved: bool) -> None:
        self._saved.setText(text)
        self._saved.dress("small" if is_saved else "error")
        self._saved.show()
        announce(self, text)


def _named(text: str, finding: Finding) -> str:
    """Say which one it is about, where people know it by that name."""
    return f"{text}: {finding.subject}" if finding.subject and finding.check in _KNOWN_BY_NAME else text


def _not_saved(code: ErrorCode) -> str:
    said = message(code, _)
    return f"{said.title}. {said.next_step}"
