"""How soon a contract is seen, how smoothly it scrolls, and what a long one takes of memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Final

from benchmarks import Figure, World, count, race, subject
from benchmarks._contracts import contract
from signer.files import sha256_of

_SIZE: Final = 200_000  # bytes
_MANY: Final = 1000  # pages
_PATIENCE_S: Final = 60.0
_MIB: Final = 1 << 20


@subject("document-view", "The contract view: a contract of 200 kB, and one of 1,000 pages; 900 by 700 pixels")
def document_view(world: World) -> Iterable[Figure]:
    """Measure in this process what is quick, in one of its own what fills memory."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = world.new_folder("document-view")
    path = contract(folder, _SIZE).path
    bare, first = "PDFium alone: open, paint page 1", "file on disk to page 1 painted on the screen"
    yield from race({bare: _bare(path), first: _first(world, path)}, world.effort, bare)
    yield from _long(folder)


def _bare(path: Path) -> Callable[[], object]:
    from ui.desktop.document.paper import Cut, Paper  # noqa: PLC0415 - PDFium and Qt, only when they are measured

    def run() -> None:
        paper = Paper(path.read_bytes())
        width, height = (round(side * 96 / 72) for side in paper.sizes[0])
        paper.picture(0, Cut(0, 0, width, height, (width, height)))
        paper.close()

    return run


def _first(world: World, path: Path) -> Callable[[], object]:
    desk = _Desk()
    world.closing.callback(desk.view.stop)
    sha256 = sha256_of(path)

    def run() -> None:
        desk.view.open(path, sha256)
        desk.until_sharp()
        desk.view.repaint()

    return run


class _Desk:
    """A view on the screen."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - as above

        from ui.desktop.document.view import DocumentView  # noqa: PLC0415

        self.application = QApplication.instance() or QApplication(["paraph"])
        self.view = DocumentView()
        self.view.resize(900, 700)
        self.view.show()

    def until_sharp(self) -> None:
        """Wait as the window does, in its event loop."""
        from PySide6.QtCore import QEventLoop, QTimer  # noqa: PLC0415

        loop, limit = QEventLoop(), perf_counter() + _PATIENCE_S
        timer = QTimer()
        timer.timeout.connect(lambda: loop.quit() if self.view.pages.is_sharp or perf_counter() > limit else None)
        timer.start(0)
        loop.exec()
        timer.stop()


def _long(folder: Path) -> Iterable[Figure]:
    """Ask a fresh process, whose memory nobody else filled."""
    path = folder / "long.pdf"
    _draw_long(path)
    told = subprocess.run([sys.executable, "-m", __name__, str(path)], check=True, capture_output=True, text=True)
    for line in told.stdout.splitlines():
        name, unit, number = line.split("\t")
        yield count(name, unit, float(number))


def _draw_long(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    canvas = Canvas(str(path), pageCompression=1)
    for page in range(_MANY):
        for line in range(50):
            canvas.drawString(
                60, 780 - 14 * line, f"TEST - page {page + 1}, line {line}, of about the usual length of one"
            )
        canvas.showPage()
    canvas.save()


def _walk(path: Path) -> None:
    """See every page of the document, and tell how much memory it took on the way."""
    desk = _Desk()
    before = _resident()
    start = perf_counter()
    desk.view.open(path, sha256_of(path))
    desk.until_sharp()
    _tell(f"{_MANY} pages: page 1 seen, with the start of the thread", "ms", 1000 * (perf_counter() - start))
    highest, halfway, frames = 0.0, 0.0, []
    for page in range(_MANY):
        desk.view.pages.go_to(page)
        start = perf_counter()
        desk.view.pages.viewport().repaint()
        frames.append(1000 * (perf_counter() - start))
        desk.until_sharp()
        if page % 50 == 0:
            highest = max(highest, _resident())
        halfway = highest if page == _MANY // 2 else halfway
    _tell(f"{_MANY} pages: memory for them, all seen", "MiB", highest - before)
    _tell(f"{_MANY} pages: of that, for the second half", "MiB", highest - halfway)
    _tell("a frame while scrolling, the median", "ms", quantiles(frames, n=100)[49])
    _tell("a frame while scrolling, 99 of 100 are quicker", "ms", quantiles(frames, n=100)[98])
    start = perf_counter()
    _search(desk)
    _tell(f"{_MANY} pages: a text on the last page found, every page looked at", "ms", 1000 * (perf_counter() - start))
    desk.view.stop()


def _search(desk: _Desk) -> None:
    from PySide6.QtCore import QEventLoop, QTimer  # noqa: PLC0415

    desk.view.find_bar.field.setText(f"page {_MANY}")
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if _all_found(desk) else None)
    timer.start(5)
    QTimer.singleShot(int(2000 * _PATIENCE_S), loop.quit)
    loop.exec()


def _all_found(desk: _Desk) -> bool:
    findings = desk.view.pages.findings
    return len(findings) > 0 and not findings.searching


def _tell(name: str, unit: str, number: float) -> None:
    print(f"{name}\t{unit}\t{number}")


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


if __name__ == "__main__":
    _walk(Path(sys.argv[1]))
