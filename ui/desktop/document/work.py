"""What the thread beside the window does for the view: open, paint, read, find, print. Each kind of work is a value."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from PySide6.QtCore import QMarginsF, QObject, QRect, QSizeF, Qt, QThread, Signal, Slot
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter
from shiboken6 import isValid

from signer.errors import ErrorCode, SignerError
from ui.desktop.document.paper import Cut, Paper, Size
from ui.desktop.document.source import Source, discard
from ui.desktop.document.text import Match, PageText, plain

_POINTS_PER_INCH: Final = 72
_PRINT_DPI: Final = 300  # finer costs a printer's memory and shows no more of a text
_PRINT_BAND: Final = 1024  # pixels in height, so that no page is ever whole in memory


@dataclass(frozen=True, slots=True)
class Open:
    """Open the document; gives the sizes of its pages."""

    visit: int
    source: Source
    urgency: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Close:
    """Close the document; in one row with ``Open``, so that neither overtakes the other."""

    visit: int
    urgency: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """Collect the text from one place to another; gives a str."""

    visit: int
    start: tuple[int, int]  # page, character
    end: tuple[int, int]
    urgency: ClassVar[int] = 1

    def __call__(self, paper: Paper) -> str:
        """Read every page between."""
        texts = [paper.text(page).characters for page in range(self.start[0], self.end[0] + 1)]
        texts[-1] = texts[-1][: self.end[1]]
        texts[0] = texts[0][self.start[1] :]
        return "\n".join(plain(text).strip("\n") for text in texts)


@dataclass(frozen=True, slots=True)
class ReadAll:
    """Read every page as one text; ``heading`` has places for ``page`` and ``count``. Gives a str."""

    visit: int
    heading: str
    urgency: ClassVar[int] = 4

    def __call__(self, paper: Paper) -> str:
        """Read them."""
        count = len(paper.sizes)
        return "\n\n".join(
            f"{self.heading.format(page=page + 1, count=count)}\n\n{plain(paper.text(page).characters).strip()}"
            for page in range(count)
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """Paint a part of a page; gives a QImage."""

    visit: int
    page: int
    cut: Cut
    urgency: ClassVar[int] = 2

    def __call__(self, paper: Paper) -> QImage:
        """Paint it."""
        return paper.picture(self.page, self.cut)


@dataclass(frozen=True, slots=True)
class Read:
    """Read the text of a page; gives a PageText."""

    visit: int
    page: int
    urgency: ClassVar[int] = 3

    def __call__(self, paper: Paper) -> PageText:
        """Read it."""
        return paper.text(self.page)


@dataclass(frozen=True, slots=True)
class Find:
    """Find a text on one page; gives a tuple of Match."""

    visit: int
    page: int
    wanted: str
    urgency: ClassVar[int] = 4

    def __call__(self, paper: Paper) -> tuple[Match, ...]:
        """Look for it."""
        if not paper.may_hold(self.page, self.wanted):
            return ()
        text = paper.text(self.page)
        return tuple(Match(self.page, start, end, text.lines(start, end)) for start, end in text.find(self.wanted))


@dataclass(frozen=True, slots=True)
class Print:
    """Print the pages that the printer was asked for; gives how many."""

    visit: int
    printer: QPrinter
    urgency: ClassVar[int] = 5

    def __call__(self, paper: Paper) -> int:
        """Print them, each in its own size and direction."""
        return _print(paper, self.printer)


Work = Open | Close | Copy | ReadAll | Tile | Read | Find | Print


class Tray:
    """What is still to be done, the urgent first; what nobody waits for any more is taken out again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: dict[int, deque[Work]] = {urgency: deque() for urgency in range(6)}

    def put(self, work: Work) -> None:
        """Add one piece, after others of its kind."""
        with self._lock:
            self._work[work.urgency].append(work)

    def replace(self, kind: type[Work], work: Iterable[Work]) -> None:
        """Forget all of a kind, and want these instead."""
        with self._lock:
            self._work[kind.urgency] = deque(work)

    def clear(self) -> None:
        """Forget everything; files that were to be opened are let go."""
        with self._lock:
            for work in self._work[Open.urgency]:
                if isinstance(work, Open):
                    discard(work.source)
            for waiting in self._work.values():
                waiting.clear()

    def take(self) -> Work | None:
        """Take the most urgent piece."""
        with self._lock:
            waiting = next((waiting for waiting in self._work.values() if waiting), None)
            return waiting.popleft() if waiting else None


class _Hand(QObject):
    """Lives in the thread; takes one piece of work after the other."""

    done = Signal(object, object)  # work, result
    failed = Signal(object, object)  # work, SignerError
    again = Signal()

    def __init__(self, tray: Tray) -> None:
        super().__init__()
        self._tray = tray
        self._paper: Paper | None = None
        self._source: Source = b""
        self.again.connect(self.work, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def work(self) -> None:
        """Do one piece, then let the thread's event loop see whether it is to stop."""
        work = self._tray.take()
        if work is None:
            return
        try:
            result = self._do(work)
        except SignerError as error:
            self.failed.emit(work, error)
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it: the view tells what happened
            mishap = SignerError(ErrorCode.INTERNAL, type(error).__name__)
            mishap.__cause__ = error
            self.failed.emit(work, mishap)
        else:
            self.done.emit(work, result)
        self.again.emit()

    @Slot()
    def close(self) -> None:
        """Close the document; the last thing that happens in the thread, too."""
        if self._paper is not None:
            self._paper.close()
        discard(self._source)
        self._paper, self._source = None, b""

    def _do(self, work: Work) -> Any:  # noqa: ANN401 - as many kinds of result as of work
        if isinstance(work, Open):
            return self._open(work.source)
        if isinstance(work, Close):
            return self.close()
        if self._paper is None:
            raise SignerError(ErrorCode.FILE_MISSING, "no document is open")
        return work(self._paper)

    def _open(self, source: Source) -> tuple[Size, ...]:
        self.close()
        self._source = source
        self._paper = Paper(source)
        return self._paper.sizes


class Workshop(QObject):
    """One thread and the way to it; results come back as signals in the window's own thread."""

    done = Signal(object, object)  # work, result
    failed = Signal(object, object)  # work, SignerError
    _wake = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tray = Tray()
        self._thread = QThread()
        self._thread.setObjectName("document")
        self._hand = _Hand(self.tray)
        self._hand.moveToThread(self._thread)
        self._wake.connect(self._hand.work)
        self._hand.done.connect(self.done)
        self._hand.failed.connect(self.failed)
        self._thread.finished.connect(self._hand.close, Qt.ConnectionType.DirectConnection)

    def ask(self, work: Work) -> None:
        """Want one thing more."""
        self.tray.put(work)
        self._start()

    def ask_instead(self, kind: type[Work], work: Iterable[Work]) -> None:
        """Want these, and nothing else of their kind."""
        self.tray.replace(kind, work)
        self._start()

    def close_document(self, visit: int) -> None:
        """Forget what is to be done and close the document."""
        self.tray.clear()
        if self._thread.isRunning():
            self.ask(Close(visit))

    def stop(self) -> None:
        """End the thread; a later ``ask`` starts it again."""
        self.tray.clear()
        if isValid(self._thread):  # the interpreter's end takes things apart in any order
            self._thread.quit()
            self._thread.wait()

    def _start(self) -> None:
        if not self._thread.isRunning():
            self._thread.start()
        self._wake.emit()


def _print(paper: Paper, printer: QPrinter) -> int:
    first = printer.fromPage() or 1
    last = min(printer.toPage() or len(paper.sizes), len(paper.sizes))
    printer.setFullPage(True)
    printer.setResolution(_PRINT_DPI)
    painter = QPainter()
    for number in range(first - 1, last):
        _turn(printer, paper.sizes[number])
        ready = printer.newPage() if painter.isActive() else painter.begin(printer)
        if not ready:
            raise SignerError(ErrorCode.FILE_NOT_WRITABLE, "the printer does not answer")
        _print_page(paper, number, painter, printer)
    painter.end()
    return last - first + 1


def _turn(printer: QPrinter, size: Size) -> None:
    """Let the sheet lie as the page does; a printer that writes a file takes the page's own size as well."""
    wide = size.width > size.height
    if printer.outputFormat() is QPrinter.OutputFormat.PdfFormat:
        points = QSizeF(min(size), max(size))
        printer.setPageSize(QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch))
        printer.setPageMargins(QMarginsF())
    printer.setPageOrientation(QPageLayout.Orientation.Landscape if wide else QPageLayout.Orientation.Portrait)


def _print_page(paper: Paper, number: int, painter: QPainter, printer: QPrinter) -> None:
    """Fit the page on the sheet, in its middle, band after band."""
    sheet = printer.pageLayout().fullRectPixels(printer.resolution())
    size = paper.sizes[number]
    scale = min(sheet.width() / size.width, sheet.height() / size.height, printer.resolution() / _POINTS_PER_INCH)
    whole = round(size.width * scale), round(size.height * scale)
    left, top = (sheet.width() - whole[0]) // 2, (sheet.height() - whole[1]) // 2
    for start in range(0, whole[1], _PRINT_BAND):
        height = min(_PRINT_BAND, whole[1] - start)
        band = paper.picture(number, Cut(0, start, whole[0], height, whole), printing=True)
        painter.drawImage(QRect(left, top + start, whole[0], height), band)
