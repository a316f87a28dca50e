"""A process of its own, as Qt learns the screen's scale factor once: are the view's pixels those of PDFium?"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication

from tests.gui.qt_world import show
from ui.desktop.document.paper import Cut, Paper
from ui.desktop.document.view import DocumentView


def main(path: Path) -> None:
    application = QApplication(["paraph"])
    view = DocumentView()
    view.resize(901, 703)
    view.show()
    show(view, path)
    pages = view.pages
    pages.verticalScrollBar().setValue(33)
    application.processEvents()
    show(view, path)
    ratio = view.devicePixelRatioF()
    shot = pages.viewport().grab().toImage()
    page = pages.layout_of_pages.page(0)
    paper = Paper(path.read_bytes())
    whole = paper.picture(0, Cut(0, 0, page.width, page.height, (page.width, page.height)))
    paper.close()
    part = QRect(page.left, page.top, page.width, 300)
    same = shot.copy(part).convertToFormat(whole.format()) == whole.copy(0, 0, page.width, 300)
    print(f"{ratio:g}", "same" if same else "different")
    view.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
