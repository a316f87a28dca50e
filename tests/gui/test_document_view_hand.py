"""The contract view by keyboard, wheel, buttons and on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from signer.errors import ErrorCode, SignerError
from tests import papers
from tests.gui.qt_world import show, until
from ui.desktop.document import work
from ui.desktop.document.text import Box
from ui.desktop.document.view import DocumentView

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def shown(view: DocumentView, tmp_path: Path) -> DocumentView:
    show(view, papers.contract(tmp_path / "contract.pdf", pages=6))
    view.pages.setFocus()
    return view


def height(view: DocumentView) -> int:
    return view.pages.verticalScrollBar().value()


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ((Qt.Key.Key_Down, NONE), (Qt.Key.Key_Up, NONE)),
        ((Qt.Key.Key_PageDown, NONE), (Qt.Key.Key_PageUp, NONE)),
        ((Qt.Key.Key_Space, NONE), (Qt.Key.Key_Space, SHIFT)),
        ((Qt.Key.Key_End, NONE), (Qt.Key.Key_Home, NONE)),
        ((Qt.Key.Key_End, CTRL), (Qt.Key.Key_Home, CTRL)),
    ],
)
def test_keys_go_there_and_back(
    shown: DocumentView, there: tuple[Qt.Key, Qt.KeyboardModifier], back: tuple[Qt.Key, Qt.KeyboardModifier]
) -> None:
    QTest.keyClick(shown.pages, *there)
    assert height(shown) > 0
    QTest.keyClick(shown.pages, *back)
    assert height(shown) <= 14  # Ctrl+Home goes to the first page, below the margin's upper half


def test_a_page_key_leaves_some_lines_in_sight(shown: DocumentView) -> None:
    QTest.keyClick(shown.pages, Qt.Key.Key_PageDown)
    assert 0 < shown.pages.viewport().height() - height(shown) <= 80


def test_a_page_is_gone_to_by_its_number(shown: DocumentView) -> None:
    QTest.keyClick(shown.pages, Qt.Key.Key_G, CTRL)
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    until(lambda: shown.page == 5)
    assert shown.pages.hasFocus()


def test_a_page_that_is_not_there_is_not_gone_to(shown: DocumentView) -> None:
    QTest.keyClick(shown.pages, Qt.Key.Key_G, CTRL)
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert shown.tool_bar.page.hasFocus()
    assert shown.page == 1


def test_keys_and_buttons_enlarge_and_reduce(shown: DocumentView) -> None:
    shown.pages.set_zoom(1.0)
    steps = []
    presses: tuple[Callable[[], object], ...] = (
        lambda: QTest.keyClick(shown.pages, Qt.Key.Key_Plus, CTRL),
        lambda: QTest.keyClick(shown.pages, Qt.Key.Key_Minus, CTRL),
        shown.tool_bar.larger.click,
        shown.tool_bar.smaller.click,
        shown.tool_bar.smaller.click,
        lambda: QTest.keyClick(shown.pages, Qt.Key.Key_0, CTRL),
    )
    for press in presses:
        press()
        steps.append((shown.pages.zoom, shown.tool_bar.zoom.text()))
    assert [zoom for zoom, _ in steps] == [1.1, 1.0, 1.1, 1.0, 0.9, 1.0]
    assert [text for _, text in steps] == ["110 %", "100 %", "110 %", "100 %", "90 %", "100 %"]


def test_the_wheel_with_ctrl_enlarges_about_the_pointer(shown: DocumentView) -> None:
    shown.pages.go_to(2)
    pointer = QPointF(300, 200)
    before = shown.pages.on_paper(pointer)
    notch = QWheelEvent(
        pointer, pointer, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, CTRL, Qt.ScrollPhase.NoScrollPhase, False
    )
    zoom = shown.pages.zoom
    QApplication.sendEvent(shown.pages.viewport(), notch)
    assert shown.pages.zoom > zoom
    assert before
    page, x, y = before
    after = shown.pages.on_screen(page, Box(x, y, x, y)).topLeft()
    assert abs(after.y() - pointer.y()) <= 2


def test_pages_fit_the_window_until_somebody_chooses_a_size(shown: DocumentView) -> None:
    shown.resize(600, 700)
    until(lambda: shown.pages.zoom < 0.8)
    assert shown.pages.horizontalScrollBar().maximum() == 0
    shown.pages.set_zoom(1.5)
    shown.resize(800, 700)
    until(lambda: shown.pages.viewport().width() > 700)
    assert shown.pages.zoom == 1.5
    QTest.keyClick(shown.pages, Qt.Key.Key_9, CTRL)
    assert shown.pages.zoom < 1.1


def test_every_button_has_a_name_and_a_key_comes_to_it(shown: DocumentView) -> None:
    reached = []
    for _ in range(8):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.append(focused.accessibleName() or (focused.text() if isinstance(focused, QPushButton) else ""))
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    named = [
        "Contract, page 1 of 6",
        "I have read it",
        "Page 1 of 6",
        "Smaller",
        "Size: 106 %",
        "Larger",
        "Find",
        "Print",
    ]
    assert [name.split(":")[0] for name in reached] == [name.split(":")[0] for name in named]


def test_a_finger_scrolls_the_pages_and_two_fingers_enlarge_them(shown: DocumentView) -> None:
    screen, device = shown.pages.viewport(), QTest.createTouchDevice()
    middle = screen.rect().center()
    QTest.touchEvent(screen, device).press(0, middle).commit()
    for step in range(1, 9):
        QTest.touchEvent(screen, device).move(0, middle - QPoint(0, 30 * step)).commit()
    QTest.touchEvent(screen, device).release(0, middle - QPoint(0, 240)).commit()
    until(lambda: height(shown) > 100)
    before = shown.pages.zoom
    QTest.touchEvent(screen, device).press(1, middle - QPoint(40, 0)).press(2, middle + QPoint(40, 0)).commit()
    for across in range(50, 130, 10):
        left, right = middle - QPoint(across, 0), middle + QPoint(across, 0)
        QTest.touchEvent(screen, device).move(1, left).move(2, right).commit()
    left, right = middle - QPoint(120, 0), middle + QPoint(120, 0)
    QTest.touchEvent(screen, device).release(1, left).release(2, right).commit()
    until(lambda: shown.pages.zoom > 1.5 * before)
    assert shown.pages.selection is None


def test_what_is_printed_has_every_page_with_its_fields(shown: DocumentView, tmp_path: Path) -> None:
    printed: list[int] = []
    shown.printed.connect(printed.append)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    shown.print_on(printer)
    until(lambda: printed)
    with pypdfium2.PdfDocument(tmp_path / "printed.pdf") as document:
        assert printed == [len(document)] == [6]
        assert document.get_page_size(0) == pytest.approx((595, 842), abs=1)
        page = document[0]
        assert page.render(scale=1).to_pil().convert("L").crop((72, 222, 172, 242)).getextrema()[0] < 128
        page.close()


def test_a_printer_that_does_not_answer_is_told(shown: DocumentView, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[SignerError] = []
    shown.failed.connect(told.append)
    monkeypatch.setattr(work, "QPainter", _NoPainter)
    shown.print_on(QPrinter(QPrinter.PrinterMode.HighResolution))
    until(lambda: told)
    assert told[0].code is ErrorCode.FILE_NOT_WRITABLE


class _NoPainter:
    def isActive(self) -> bool:
        return False

    def begin(self, _printer: QPrinter) -> bool:
        return False
