"""The text of a contract: found, selected, copied, read aloud; a value in a form field is text like any other."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from reportlab.pdfgen.canvas import Canvas

from signer.files import sha256_of
from tests import papers
from tests.gui.qt_world import show, until
from ui.desktop.document import look
from ui.desktop.document.paper import Paper
from ui.desktop.document.selection import Selection
from ui.desktop.document.text import PageText
from ui.desktop.document.view import DocumentView

ACROSS_LINES = "Het uitzend-\r\nkantoor betaalt\r\nde INTÉRIMAIRE"


def page_text(characters: str) -> PageText:
    return PageText(characters, array("f", [0.0] * 4 * len(characters)))


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return papers.contract(tmp_path / "contract.pdf", pages=4)


def look_for(view: DocumentView, wanted: str) -> None:
    view.ask_find()
    view.find_bar.field.setText(wanted)
    until(lambda: not view.pages.findings.searching and (view.find_bar.count.text() or not wanted))


def where(view: DocumentView, page: int, wanted: str, *, after: bool = False) -> QPoint:
    """Give the point on the screen just within a word's first letter, or its last."""
    text = view.pages.text(page)
    assert text
    start = text.characters.index(wanted)
    box = view.pages.on_screen(page, text.box(start + len(wanted) - 1 if after else start))
    return QPoint(round(box.right() - 1 if after else box.left() + 1), round(box.center().y()))


@pytest.mark.parametrize("wanted", ["kantoor betaalt de", "BETAALT DE", "interimaire", "  Intérimaire "])
def test_capitals_accents_and_line_ends_hide_nothing(wanted: str) -> None:
    assert len(list(page_text(ACROSS_LINES).find(wanted))) == 1


def test_what_is_found_is_exactly_what_was_looked_for() -> None:
    text = page_text("ﬁets İ ﬁets")  # a ligature is two letters of one sign
    assert [text.characters[start:end] for start, end in text.find("fiets")] == ["ﬁets", "ﬁets"]


@pytest.mark.parametrize("wanted", ["", "   "])
def test_nothing_is_found_by_looking_for_nothing(wanted: str) -> None:
    assert list(page_text(ACROSS_LINES).find(wanted)) == []


def test_a_fields_value_is_read_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    canvas = Canvas(str(path))
    canvas.drawString(72, 605, "Hourly pay:")
    canvas.drawString(72, 500, "The end")
    canvas.acroForm.textfield(name="pay", value="16,42", x=150, y=600, width=100, height=20)
    canvas.save()
    paper = Paper(path.read_bytes())
    text = paper.text(0)
    paper.close()
    assert text.characters.split() == ["Hourly", "pay:", "16,42", "The", "end"]
    (box,) = text.lines(*next(text.find("16,42")))
    assert tuple(box) == pytest.approx((150, 842 - 620, 250, 842 - 600), abs=1)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_text_is_found_where_it_is_seen_on_a_page_that_is_turned(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "turned.pdf"
    canvas = Canvas(str(path), pagesize=(600, 800))
    canvas.setPageRotation(turn)
    canvas.drawString(100, 500, "here")
    canvas.save()
    paper = Paper(path.read_bytes())
    width, height = paper.sizes[0]
    box = paper.text(0).lines(0, 4)[0]
    paper.close()
    x, y = (box.left + box.right) / 2 / width, (box.top + box.bottom) / 2 / height
    across, down = (600, 800) if turn in {0, 180} else (800, 600)  # of the page before it is turned
    upright = 112 / across, 1 - 504 / down  # from the upper left corner
    seen = {0: upright, 90: (1 - upright[1], upright[0]), 180: (1 - upright[0], 1 - upright[1])}
    seen[270] = upright[1], 1 - upright[0]
    assert (x, y) == pytest.approx(seen[turn], abs=0.02)


def test_finding_goes_round_all_pages_from_the_one_that_is_read(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    view.pages.go_to(2)
    until(lambda: view.page == 3)
    look_for(view, "bruto uurloon")
    assert view.find_bar.count.text() == "3 of 4"
    for expected in ("4 of 4", "1 of 4", "2 of 4"):
        QTest.keyClick(view.find_bar.field, Qt.Key.Key_Return)
        assert view.find_bar.count.text() == expected
    QTest.keyClick(view.find_bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert view.find_bar.count.text() == "1 of 4"
    until(lambda: view.page == 1)


def test_what_is_found_is_marked_and_the_marks_go_with_the_search(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    look_for(view, "bruto")
    now = view.pages.findings.now
    assert now
    until(lambda: view.pages.is_sharp)
    point = view.pages.on_screen(now.page, now.boxes[0]).topLeft().toPoint() + QPoint(2, 2)
    assert view.pages.viewport().grab().toImage().pixelColor(point) == look.FOUND_NOW
    QTest.keyClick(view.find_bar.field, Qt.Key.Key_Escape)
    assert not view.find_bar.isVisible()
    assert view.pages.viewport().grab().toImage().pixelColor(point).name() == "#ffffff"


def test_what_is_not_there_is_said(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    look_for(view, "overtime")
    assert view.find_bar.count.text() == "Not found"
    assert not view.find_bar.on.isEnabled()


def test_a_fields_value_is_found(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    look_for(view, "16,42")
    assert len(view.pages.findings) == 5  # four printed, one filled in


def test_text_is_selected_with_the_mouse_and_copied(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    screen = view.pages.viewport()
    QTest.mousePress(screen, Qt.MouseButton.LeftButton, pos=where(view, 0, "voor"))
    QTest.mouseMove(screen, where(view, 0, "uurloon", after=True))
    QTest.mouseRelease(screen, Qt.MouseButton.LeftButton)
    QGuiApplication.clipboard().clear()
    QTest.keyClick(view.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    until(QGuiApplication.clipboard().text)
    assert QGuiApplication.clipboard().text() == "voor uitzendarbeid, blad 1\nBruto uurloon"


def test_a_double_click_selects_a_word(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    QTest.mouseDClick(view.pages.viewport(), Qt.MouseButton.LeftButton, pos=where(view, 0, "uitzendarbeid"))
    selection, text = view.pages.selection, view.pages.text(0)
    assert selection
    assert text
    assert text.characters[selection.start[1] : selection.end[1]] == "uitzendarbeid,"


def test_everything_is_copied_over_all_pages(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    QGuiApplication.clipboard().clear()
    QTest.keyClick(view.pages, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    until(QGuiApplication.clipboard().text)
    assert QGuiApplication.clipboard().text().count("Arbeidsovereenkomst") == 4


def test_at_a_kiosk_nothing_is_copied_or_printed(qt: QApplication, paper: Path) -> None:
    view = DocumentView(kiosk=True)
    view.show()
    show(view, paper)
    QGuiApplication.clipboard().clear()
    QTest.mouseDClick(view.pages.viewport(), Qt.MouseButton.LeftButton, pos=where(view, 0, "uitzendarbeid"))
    view.pages.select_all()
    view.pages.copy()
    QTest.keyClick(view.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    look_for(view, "bruto")  # by then, what was to be copied would have been
    assert QGuiApplication.clipboard().text() == ""
    assert view.pages.selection is None
    assert not view.tool_bar.print_button.isVisible()
    view.stop()
    view.deleteLater()


def test_a_screen_reader_is_told_the_page_and_its_text(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    assert view.pages.accessibleName() == "Contract, page 1 of 4"
    assert "16,42" in view.pages.accessibleDescription()
    view.pages.go_to_end()
    until(lambda: view.pages.accessibleName() == "Contract, page 4 of 4")
    assert "blad 4" in view.pages.accessibleDescription()


@pytest.fixture
def screen_reader() -> Iterator[None]:
    """Let Qt believe that a screen reader is there, as the system tells it."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


@pytest.mark.usefixtures("screen_reader")
def test_who_listens_goes_through_the_whole_contract_and_reaches_its_end(view: DocumentView, paper: Path) -> None:
    ends: list[str] = []
    view.reached_end.connect(ends.append)
    show(view, paper)
    until(view.listening.isVisible)
    text = QAccessible.queryAccessibleInterface(view.listening).textInterface()
    whole = text.text(0, text.characterCount())
    assert [whole.count(each) for each in ("Page 1 of 4", "blad 1", "blad 4", "16,42")] == [1, 1, 1, 5]
    aside = view.listening.geometry()
    assert not view.rect().intersects(aside)
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_Tab)
    assert view.listening.hasFocus()
    assert view.rect().contains(view.listening.geometry())
    QTest.keyClick(view.listening, Qt.Key.Key_Down)
    assert text.cursorPosition() > 0
    QTest.keyClicks(view.listening, "x")
    assert text.characterCount() == len(whole)
    assert ends == []
    QTest.keyClick(view.listening, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert ends == [sha256_of(paper)]
    view.close_document()
    assert (view.listening.isVisible(), view.listening.toPlainText()) == (False, "")


def test_without_a_screen_reader_there_is_no_second_text(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    assert not view.listening.isVisibleTo(view)
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_Tab)
    assert view.read_button.hasFocus()


@pytest.mark.usefixtures("screen_reader")
def test_at_a_kiosk_nothing_is_copied_from_the_text_either(qt: QApplication, paper: Path) -> None:
    view = DocumentView(kiosk=True)
    view.show()
    show(view, paper)
    until(view.listening.isVisible)
    QGuiApplication.clipboard().clear()
    view.listening.selectAll()
    view.listening.copy()
    assert QGuiApplication.clipboard().text() == ""
    view.stop()
    view.deleteLater()


def test_nothing_of_a_document_is_left_when_it_is_closed(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    view.pages.select(Selection((0, 0), (0, 5)))
    view.close_document()
    assert view.pages.bytes_of_pictures == 0
    assert view.pages.accessibleDescription() == ""
    assert view.pages.text(0) is None
    assert view.pages.selection is None
