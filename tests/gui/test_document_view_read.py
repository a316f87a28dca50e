"""What is shown is what is signed, and it was read: to its end, or by somebody's word."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of
from signer.pades.pdfium import LOCK
from tests import papers
from tests.gui.qt_world import show, until
from ui.desktop.document import source
from ui.desktop.document.view import DocumentView


def ends_of(view: DocumentView) -> list[str]:
    ends: list[str] = []
    view.reached_end.connect(ends.append)
    return ends


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return papers.contract(tmp_path / "contract.pdf", pages=5)


def test_another_file_than_was_asked_for_is_not_shown(view: DocumentView, paper: Path) -> None:
    asked = sha256_of(paper)
    show(view, paper)
    paper.write_bytes(paper.read_bytes() + b"\n")
    with pytest.raises(SignerError) as refused:
        view.open(paper, asked)
    assert refused.value.code is ErrorCode.DOCUMENT_NOT_AS_SHOWN
    assert view.pages.count == 0


def test_a_file_that_is_gone_is_told(view: DocumentView, tmp_path: Path) -> None:
    with pytest.raises(SignerError) as refused:
        view.open(tmp_path / "gone.pdf", "0" * 64)
    assert refused.value.code is ErrorCode.FILE_MISSING


@pytest.mark.parametrize("in_memory", [32 << 20, 1000])
def test_what_happens_to_the_file_later_changes_nothing_here(
    view: DocumentView, paper: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(source, "IN_MEMORY", in_memory)
    show(view, paper)
    paper.write_bytes(b"something else")
    view.pages.go_to(3)
    until(lambda: view.pages.is_sharp and view.pages.text(3))
    assert "blad 4" in view.pages.text(3).characters  # type: ignore[union-attr]


def test_the_end_is_told_once_when_it_was_painted(view: DocumentView, paper: Path) -> None:
    ends = ends_of(view)
    show(view, paper)
    view.pages.go_to(4)
    until(lambda: view.pages.is_sharp)
    assert ends == []  # the last page's top is not its end
    view.pages.set_zoom(1.5)
    with LOCK:  # nothing can be painted meanwhile
        view.pages.go_to_end()
        for _ in range(20):
            QApplication.processEvents()
        assert ends == []
    until(lambda: ends)
    view.pages.go_to(0)
    view.pages.go_to_end()
    until(lambda: view.pages.is_sharp)
    assert ends == [sha256_of(paper)]


def test_a_document_that_fits_the_window_is_read_when_it_is_seen(view: DocumentView, tmp_path: Path) -> None:
    ends = ends_of(view)
    view.resize(900, 1400)
    paper = papers.contract(tmp_path / "short.pdf", pages=1)
    show(view, paper)
    until(lambda: ends)
    assert ends == [sha256_of(paper)]


def test_each_opening_is_read_anew(view: DocumentView, paper: Path) -> None:
    ends = ends_of(view)
    for _ in range(2):
        show(view, paper)
        view.pages.go_to_end()
        until(lambda: view.pages.is_sharp)
    until(lambda: len(ends) == 2)


def test_who_reads_by_keyboard_says_so_with_a_button(view: DocumentView, paper: Path) -> None:
    ends = ends_of(view)
    show(view, paper)
    view.pages.setFocus()
    until(view.pages.hasFocus)
    aside = view.read_button.geometry()
    QTest.keyClick(view.pages, Qt.Key.Key_Tab)
    assert view.read_button.hasFocus()
    assert not view.rect().intersects(aside)
    assert view.rect().contains(view.read_button.geometry())
    QTest.keyClick(view.read_button, Qt.Key.Key_Space)
    assert ends == [sha256_of(paper)]
    assert view.pages.hasFocus()
    assert not view.read_button.isVisible()


def test_nothing_is_confirmed_before_it_is_shown(view: DocumentView, paper: Path) -> None:
    ends = ends_of(view)
    view.confirm_read()
    view.open(paper, sha256_of(paper))
    view.confirm_read()
    assert ends == []


def test_the_page_that_is_read_is_told(view: DocumentView, paper: Path) -> None:
    pages: list[tuple[int, int]] = []
    view.page_changed.connect(lambda page, count: pages.append((page, count)))
    show(view, paper)
    view.pages.go_to(2)
    until(lambda: view.page == 3)
    view.pages.go_to_end()
    until(lambda: view.page == 5)
    assert pages == [(1, 5), (3, 5), (5, 5)]
    assert view.tool_bar.page.text() == "Page 5 of 5"


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # the one that lists the others
        return ""


def copies_open() -> list[str]:
    links = (_target(link) for link in Path("/proc/self/fd").iterdir())
    return [link for link in links if "/paraph-" in link or "(deleted)" in link]


def test_the_private_copy_of_a_large_document_goes_when_it_is_closed(
    view: DocumentView, paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "IN_MEMORY", 1000)
    before = len(copies_open())
    show(view, paper)
    assert len(copies_open()) == before + 1
    view.close_document()
    until(lambda: len(copies_open()) == before)


def threads() -> list[str]:
    return [task.joinpath("comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]


def test_no_thread_is_left_when_it_stops(view: DocumentView, paper: Path) -> None:
    show(view, paper)
    assert threads().count("document") == 1
    view.stop()
    until(lambda: "document" not in threads())
    show(view, paper)  # and it can be used again


def test_no_thread_is_left_of_a_view_that_nobody_stopped(view: DocumentView, paper: Path) -> None:
    other = DocumentView()
    other.show()
    show(other, paper)
    other.deleteLater()
    del other
    until(lambda: "document" not in threads())
