"""The receipt, as people read it on the screen and on paper."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.gui.qt_world import until
from tests.gui.scenes import props, stage
from ui.desktop.choosing import BY_DIALOG
from ui.desktop.pages.receipt import ReceiptPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.window import Window


def read(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel))


def test_a_receipt_is_read_saved_and_left_for_where_one_came_from(qt: QApplication, tmp_path: Path) -> None:
    given = props(tmp_path)
    window, _session = stage(given, choose=BY_DIALOG._replace(copy=lambda _parent, name: tmp_path / name))
    window.bar.signed.emit()
    window.page(SignedPage).receipt.emit(given.receipt)
    page = window.page(ReceiptPage)
    assert window.stack.currentWidget() is page
    for told in ("Horizon Interim", "Magazijnmedewerker, week 48", "Marie Peeters", "received in time", "TEST"):
        assert told in read(page)
    assert "{" not in read(page)
    QTest.keyClick(page.primary, Qt.Key.Key_Return)
    name = "Receipt Magazijnmedewerker, week 48.pdf"
    assert window.notice.text() == f"Saved: {name}"
    with pypdfium2.PdfDocument(tmp_path / name) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert "Marie Peeters" in text
    assert "000000000007" in text  # the end of the agency's transaction number
    window.activateWindow()
    until(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.stack.currentWidget() is window.page(SignedPage)
    assert not window.notice.isVisible()
    close(window)


def close(window: Window) -> None:
    window.close()
    window.deleteLater()
