"""The contract view: shows the one file that will be signed, and tells when it was read to its end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from signer.errors import SignerError
from ui.desktop.document.bars import FindBar, ToolBar
from ui.desktop.document.listening import Listening
from ui.desktop.document.readable import ReadablePages
from ui.desktop.document.source import take
from ui.desktop.document.work import Find, Open, Print, ReadAll, Work, Workshop
from ui.words import _

_PAUSE_MS: Final = 120  # after a letter typed, before the search begins
_WITHIN: Final = Qt.ShortcutContext.WidgetWithChildrenShortcut
_FROM_EDGE: Final = 20  # logical pixels between the bars and the window's edge


class DocumentView(QWidget):
    """One document at a time; with ``kiosk`` nothing can be copied or printed."""

    opened = Signal(str)  # sha256; the pages are laid out
    failed = Signal(object)  # SignerError: the document, or a page of it, cannot be shown
    reached_end = Signal(str)  # sha256 of what was shown; once for each ``open``
    page_changed = Signal(int, int)  # page from 1, count
    printed = Signal(int)  # pages

    def __init__(self, parent: QWidget | None = None, *, kiosk: bool = False) -> None:
        super().__init__(parent)
        self._workshop = Workshop()
        self._sha256, self._visit, self._read, self._page = "", 0, True, 0
        self.pages = ReadablePages(self._workshop, self, may_copy=not kiosk)
        self.find_bar, self.tool_bar = FindBar(self), ToolBar(self, may_print=not kiosk)
        self.listening = Listening(self, may_copy=not kiosk)
        self.read_button = QPushButton(_("I have read it"), self)
        self.read_button.setProperty("kind", "act")
        self.read_button.setAutoDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._wanted = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._connect()
        self._add_keys(kiosk=kiosk)
        order = (self.pages, self.listening, self.read_button, self.tool_bar.page)
        for earlier, later in pairwise(order):
            QWidget.setTabOrder(earlier, later)
        self.setFocusProxy(self.pages)
        self._show_bars(shown=False)

    # The document

    def open(self, path: Path, sha256: str) -> None:
        """Show a file, if its content has this SHA-256 (lower-case hex); ``opened`` or ``failed`` follows.

        Raises SignerError DOCUMENT_NOT_AS_SHOWN or FILE_MISSING, and shows nothing then.
        """
        self.close_document()
        source = take(path, sha256)
        self._sha256, self._read = sha256, False
        self._workshop.ask(Open(self._visit, source))

    def close_document(self) -> None:
        """Show nothing, and keep nothing of what was shown."""
        self._visit += 1
        self._sha256, self._read, self._page = "", True, 0
        self._workshop.close_document(self._visit)
        self.leave_find()
        self.pages.show_document(self._visit, ())
        self.listening.show_text("")
        self._show_bars(shown=False)

    def stop(self) -> None:
        """Close the document and end the thread; ``open`` may be used again."""
        self.close_document()
        self._workshop.stop()

    def confirm_read(self) -> None:
        """Take somebody's word that they read it, who does not scroll: the same as coming to the end."""
        if self.pages.count and not self._read:
            self.pages.go_to_end()
            self._end_reached()

    @property
    def page(self) -> int:
        """The page that is read now, from 1; 0 without a document."""
        return self._page

    # Finding

    def search(self, wanted: str) -> None:
        """Look for a text on every page, from this one on."""
        count = self.pages.count if wanted.strip() else 0
        start = self.pages.current
        self.pages.findings.forget(count)
        self._workshop.ask_instead(Find, (Find(self._visit, (start + page) % count, wanted) for page in range(count)))
        self._tell_findings()

    def ask_find(self) -> None:
        """Show the field to search with."""
        if self.pages.count:
            self.find_bar.show()
            self.find_bar.raise_()
            self.find_bar.field.setFocus()
            self.find_bar.field.selectAll()
            self._place_bars()

    def leave_find(self) -> None:
        """Put the search away, with its marks."""
        self._wanted.stop()
        self._workshop.tray.replace(Find, ())
        self.pages.findings.forget()
        if self.find_bar.isVisibleTo(self):
            self.find_bar.hide()
            self.pages.setFocus()
        self.pages.viewport().update()

    def find_step(self, by: int) -> None:
        """Show the next text that was found, or the one before."""
        match = self.pages.findings.step(by)
        if match:
            self.pages.bring_in_sight(match.page, match.boxes[0])
        self._tell_findings()

    def _tell_findings(self) -> None:
        findings = self.pages.findings
        self.find_bar.say(findings.number, len(findings), searching=findings.searching)
        self._place_bars()
        self.pages.viewport().update()

    # Printing

    def ask_print(self) -> None:
        """Let them choose a printer, and print."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.setWindowTitle(_("Print"))
        dialog.setMinMax(1, self.pages.count)
        if self.pages.count and dialog.exec():
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        """Print on this printer; ``printed`` or ``failed`` follows."""
        self._workshop.ask(Print(self._visit, printer))

    # What happens

    def _connect(self) -> None:
        self._workshop.done.connect(self._done)
        self._workshop.failed.connect(self._failed)
        self.destroyed.connect(self._workshop.stop)
        program = QApplication.instance()
        assert isinstance(program, QApplication)
        program.aboutToQuit.connect(self._workshop.stop)
        program.focusChanged.connect(self._focus_moved)
        self._wanted.timeout.connect(lambda: self.search(self.find_bar.field.text()))
        for signal, action in (
            (self.pages.moved, self._moved),
            (self.pages.end_seen, self._end_reached),
            (self.pages.zoomed, self.tool_bar.show_zoom),
            (self.pages.zoomed, self._place_bars),
            (self.read_button.clicked, self.confirm_read),
            (self.listening.end_reached, self._end_reached),
            (self.tool_bar.page_wanted, self._go_to),
            (self.tool_bar.zoom_wanted, self.pages.set_zoom),
            (self.tool_bar.fit_wanted, self.pages.fit_width),
            (self.tool_bar.find_button.clicked, self.ask_find),
            (self.tool_bar.print_button.clicked, self.ask_print),
            (self.find_bar.wanted, self._wanted.start),
            (self.find_bar.step, self.find_step),
            (self.find_bar.left, self.leave_find),
        ):
            signal.connect(action)
        self.tool_bar.smaller.clicked.connect(lambda: self.pages.zoom_step(-1))
        self.tool_bar.larger.clicked.connect(lambda: self.pages.zoom_step(1))

    def _add_keys(self, *, kiosk: bool) -> None:
        standard = QKeySequence.StandardKey
        keys: list[tuple[list[QKeySequence], Callable[[], object]]] = [
            (_keys(standard.ZoomIn, "Ctrl+="), lambda: self.pages.zoom_step(1)),
            (_keys(standard.ZoomOut), lambda: self.pages.zoom_step(-1)),
            (_keys("Ctrl+0"), lambda: self.pages.set_zoom(1.0)),
            (_keys("Ctrl+9"), self.pages.fit_width),
            (_keys(standard.Find), self.ask_find),
            (_keys(standard.FindNext), lambda: self.find_step(1)),
            (_keys(standard.FindPrevious), lambda: self.find_step(-1)),
            (_keys("Ctrl+G"), self.tool_bar.ask_page),
            (_keys("Ctrl+Home"), lambda: self.pages.go_to(0)),
            (_keys("Ctrl+End"), self.pages.go_to_end),
        ]
        if not kiosk:
            keys += [(_keys(standard.Print), self.ask_print)]
            self._add_keys_to(self.pages, [(_keys(standard.Copy), self.pages.copy)])
            self._add_keys_to(self.pages, [(_keys(standard.SelectAll), self.pages.select_all)])
        self._add_keys_to(self, keys)

    @staticmethod
    def _add_keys_to(widget: QWidget, keys: list[tuple[list[QKeySequence], Callable[[], object]]]) -> None:
        for sequences, function in keys:
            action = QAction(widget)
            action.setShortcuts(sequences)
            action.setShortcutContext(_WITHIN)
            action.triggered.connect(lambda _checked=False, function=function: function())
            widget.addAction(action)

    def _done(self, work: Work, result: object) -> None:
        if work.visit != self._visit:
            return
        if isinstance(work, Open):
            self._show_bars(shown=True)
            self.pages.show_document(self._visit, result)  # type: ignore[arg-type]
            if self.listening.is_wanted():
                self._workshop.ask(ReadAll(self._visit, _("Page {page} of {count}")))
            self.opened.emit(self._sha256)
        elif isinstance(work, ReadAll) and isinstance(result, str):
            self.listening.show_text(result)
            self._place_bars()
        elif isinstance(work, Find) and work.wanted == self.find_bar.field.text():
            self._found(result)  # type: ignore[arg-type]
        elif isinstance(work, Print) and isinstance(result, int):
            self.printed.emit(result)

    def _found(self, matches: tuple[object, ...]) -> None:
        findings = self.pages.findings
        findings.add(matches)  # type: ignore[arg-type]
        if matches and findings.now is None:
            findings.now = matches[0]  # type: ignore[assignment]
            self.find_step(0)
        self._tell_findings()

    def _failed(self, work: Work, error: SignerError) -> None:
        if work.visit == self._visit:
            self.failed.emit(error)

    def _moved(self) -> None:
        page, count = self.pages.current + 1, self.pages.count
        if page != self._page and count:
            self._page = page
            self.tool_bar.show_page(page, count)
            self._place_bars()
            self.page_changed.emit(page, count)

    def _end_reached(self) -> None:
        if not self._read:
            self._read = True
            if self.read_button.hasFocus():
                self.pages.setFocus()
            self.read_button.hide()
            self.reached_end.emit(self._sha256)

    def _go_to(self, page: int) -> None:
        self.pages.go_to(page)
        self.pages.setFocus()

    # Where things float

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        """Bring in sight what the keyboard came to, and put aside what it left."""
        if {self.read_button, self.listening} & {before, now}:
            self._place_bars()

    def _show_bars(self, *, shown: bool) -> None:
        self.tool_bar.setVisible(shown)
        self.read_button.setVisible(shown and not self._read)
        self._place_bars()

    def _place_bars(self) -> None:
        room, beside = self.rect(), self.pages.verticalScrollBar().sizeHint().width()
        room.adjust(beside if self.isRightToLeft() else 0, 0, 0 if self.isRightToLeft() else -beside, 0)
        for bar in (self.tool_bar, self.find_bar, self.read_button):
            bar.adjustSize()
        self.tool_bar.fit(room.width() - _FROM_EDGE)
        middle, bottom = room.center().x(), room.bottom() - self.tool_bar.height() - _FROM_EDGE
        self.tool_bar.move(middle - self.tool_bar.width() // 2, bottom)
        end = room.left() if self.isRightToLeft() else room.right() - self.find_bar.width() - 2 * _FROM_EDGE
        self.find_bar.move(end + _FROM_EDGE, room.top() + _FROM_EDGE)
        above = bottom - self.read_button.height() - _FROM_EDGE // 2
        self._place_listening(room)
        aside = -self.read_button.width() - 1  # there for the keyboard and the screen reader, out of everybody's way
        self.read_button.move(middle - self.read_button.width() // 2 if self.read_button.hasFocus() else aside, above)

    def _place_listening(self, room: QRect) -> None:
        """Put the text over the pages while it has the focus, else aside as the button."""
        inside = room.adjusted(_FROM_EDGE, _FROM_EDGE, -_FROM_EDGE, -2 * _FROM_EDGE - self.tool_bar.height())
        if not self.listening.hasFocus():
            inside.moveRight(-1)
        self.listening.setGeometry(inside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the bars in their places."""
        super().resizeEvent(event)
        self._place_bars()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "tool_bar"):
            self.tool_bar.dress()
            self.find_bar.dress()
            self._place_bars()


def _keys(*sequences: QKeySequence.StandardKey | str) -> list[QKeySequence]:
    return [
        each
        for sequence in sequences
        for each in ([QKeySequence(sequence)] if isinstance(sequence, str) else QKeySequence.keyBindings(sequence))
    ]
