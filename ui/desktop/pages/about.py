"""What this program is, who may use it how, and what it is made of."""

from __future__ import annotations

import platform

from PySide6.QtCore import QSize, Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ui.desktop import theme
from ui.desktop.pages.page import Aside, in_a_column
from ui.desktop.widgets.pieces import Button, Label, Picture, announce, frame
from ui.desktop.widgets.reflow import row_of
from ui.words import _


class AboutPage(Aside):
    """Version, licence, libraries, type; and one line that tells a helpdesk what runs here."""

    diagnose = Signal()

    def __init__(self) -> None:
        super().__init__(_("About Paraph"))
        from ui import licences  # noqa: PLC0415 - what reads metadata is not wanted before the first paint

        self._licences = licences
        self._program = licences.program()
        layout = in_a_column(self, 760)
        layout.addLayout(self._head())
        layout.addWidget(Label(_("Sign contracts for temporary work with your eID, and deliver them to the agency.")))
        layout.addSpacing(theme.UNIT)
        layout.addWidget(self._helpdesk())
        layout.addWidget(self._terms())
        layout.addWidget(self._libraries())
        layout.addWidget(Button(_("Back"), "line", self.back.emit), 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch()

    def first_focus(self) -> QWidget | None:
        """Begin at the line for a helpdesk."""
        return self._copy

    @property
    def what_runs(self) -> str:
        """One line for a helpdesk: program, system and libraries, nothing of the person."""
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        return f"Paraph {self._program.version} · {system} · Python {platform.python_version()} · Qt {qVersion()}"

    def _head(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(2 * theme.UNIT)
        layout.addWidget(Picture("logo", QSize(theme.sized(56), theme.sized(56))))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label("Paraph", "title"))
        words.addWidget(Label(_("Version {number}").format(number=self._program.version), "soft"))
        layout.addLayout(words, 1)
        return layout

    def _helpdesk(self) -> QFrame:
        card, layout = frame("row", margins=24)
        layout.addWidget(Label(_("For a helpdesk"), "heading"))
        layout.addWidget(Label(self.what_runs, "soft"))
        self._copy = Button(_("Copy"), "line", self._copy_line)
        self._copy.setAccessibleName(_("Copy the line for a helpdesk"))
        self._copy.setObjectName("copy-line")
        check = Button(_("Check this computer"), "ghost", self.diagnose.emit)
        layout.addWidget(row_of(self._copy, check))
        return card

    def _terms(self) -> QFrame:
        card, layout = frame("row", margins=24)
        layout.addWidget(Label(_("Licence"), "heading"))
        layout.addWidget(
            Label(
                _(
                    "Paraph is free software: you may use, share and change it by the GNU General Public License, "
                    "version 3 or later. There is no warranty, as far as the law allows."
                )
            )
        )
        return card

    def _libraries(self) -> QFrame:
        card, layout = frame("row", margins=24)
        layout.addWidget(Label(_("Made with"), "heading"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * theme.UNIT)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        rows = [(f"{each.name} {each.version}", each.licence) for each in self._licences.libraries()]
        for row, (name, licence) in enumerate([self._licences.FONTS, *rows]):
            grid.addWidget(Label(name, "small"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Label(licence, "small"), row, 1)
        layout.addLayout(grid)
        self._read = Button(_("Read the licences"), "ghost", self._show_texts)
        self._read.setObjectName("read-licences")
        layout.addWidget(self._read, 0, Qt.AlignmentFlag.AlignLeft)
        self._texts = QPlainTextEdit()
        self._texts.setReadOnly(True)
        self._texts.setTabChangesFocus(True)
        self._texts.setAccessibleName(_("The licences"))
        self._texts.setProperty("look", "small")
        self._texts.setMinimumHeight(360)
        self._texts.hide()
        layout.addWidget(self._texts)
        return card

    def _copy_line(self) -> None:
        QGuiApplication.clipboard().setText(self.what_runs)
        self._copy.setText(_("Copied"))
        announce(self, _("Copied"))

    def _show_texts(self) -> None:
        if not self._texts.toPlainText():
            self._texts.setPlainText(self._licences.as_text())
        self._texts.setVisible(not self._texts.isVisible())
        if self._texts.isVisible():
            self._texts.setFocus(Qt.FocusReason.OtherFocusReason)
