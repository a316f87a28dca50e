"""What the contract view paints: all that PDFium shows, sharp, where it belongs, and never more than fits."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage

from agency.samples.make import make
from agency.samples.text import sample_text
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of
from tests import papers
from tests.gui.qt_world import show, until
from tests.signing_desk import SigningDesk
from ui.desktop.document import look
from ui.desktop.document.cache import Pictures
from ui.desktop.document.layout import TILE, Layout
from ui.desktop.document.paper import Cut, Paper, Size
from ui.desktop.document.view import DocumentView
from ui.desktop.document.work import Find, Open, Tile, Tray

MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
FIELD = QRect(100, 842 - 170, 200, 70)  # papers.FIELD_BOX as it is shown, at a pixel a point


def picture(path: Path, page: int = 0) -> QImage:
    paper = Paper(path.read_bytes())
    try:
        width, height = (round(side) for side in paper.sizes[page])
        return paper.picture(page, Cut(0, 0, width, height, (width, height)))
    finally:
        paper.close()


def empty_the_fields(writer: IncrementalPdfFileWriter) -> None:
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field["/FT"] == "/Tx":
            field["/V"] = generic.TextStringObject("")
            del field["/AP"]
            writer.update_container(field)


def test_what_a_field_of_the_french_sample_holds_is_painted(tmp_path: Path) -> None:
    filled = tmp_path / "fr.pdf"
    make(sample_text("fr", MONDAY, MONDAY), filled)
    empty = papers.forged(filled, tmp_path / "empty.pdf", empty_the_fields)
    assert [picture(filled, page) == picture(empty, page) for page in range(3)].count(False) == 1


def test_a_signature_is_painted(tmp_path: Path, test_pki: TestPki) -> None:
    unsigned = papers.with_field(papers.contract(tmp_path / "contract.pdf"), tmp_path / "field.pdf")
    signed = SigningDesk(tmp_path, test_pki).sign(unsigned, field_name="worker")
    before, after = picture(unsigned, 1), picture(signed, 1)
    assert before.copy(FIELD) != after.copy(FIELD)
    assert before.copy(0, 0, 595, 600) == after.copy(0, 0, 595, 600)


@pytest.mark.parametrize("ratio", ["1", "1.25", "2"])
def test_every_pixel_on_the_screen_is_pdfiums_own(tmp_path: Path, ratio: str) -> None:
    path = papers.contract(tmp_path / "contract.pdf")
    environment = os.environ | {"QT_SCALE_FACTOR": ratio, "QT_QPA_PLATFORM": "offscreen"}
    told = subprocess.run(
        [sys.executable, "-m", "tests.gui.sharpness", str(path)],
        env=environment, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert told.stdout.split() == [ratio, "same"]


def test_a_page_has_its_place_and_size_before_it_is_painted(view: DocumentView, tmp_path: Path) -> None:
    path = papers.contract(tmp_path / "contract.pdf")
    opened: list[QColor] = []

    def look_at_once(_sha256: str) -> None:
        middle = view.pages.viewport().rect().center()
        opened.append(view.pages.viewport().grab().toImage().pixelColor(middle))

    view.opened.connect(look_at_once)
    show(view, path)
    assert opened == [look.WAITING]


def test_another_size_is_shown_blurred_rather_than_blank(view: DocumentView, tmp_path: Path) -> None:
    show(view, papers.contract(tmp_path / "contract.pdf"))
    view.pages.set_zoom(2.0)
    assert not view.pages.is_sharp
    middle = view.pages.viewport().rect().center()
    assert view.pages.viewport().grab().toImage().pixelColor(middle) == QColor("white")
    until(lambda: view.pages.is_sharp)


def test_pictures_never_take_more_than_their_room(view: DocumentView, tmp_path: Path) -> None:
    show(view, papers.contract(tmp_path / "contract.pdf", pages=60))
    most = 0
    for page in range(0, 60, 2):
        view.pages.go_to(page)
        until(lambda: view.pages.is_sharp)
        most = max(most, view.pages.bytes_of_pictures)
    assert 32 << 20 < most <= 96 << 20


def test_the_oldest_picture_goes_first() -> None:
    pictures = Pictures(room=3 * 4 * 100)
    tiles = [Tile(1, page, Cut(0, 0, 10, 10, (10, 10))) for page in range(4)]
    for tile in tiles[:3]:
        pictures.put(tile, QImage(10, 10, QImage.Format.Format_RGB32))
    pictures.get(tiles[0])
    pictures.put(tiles[3], QImage(10, 10, QImage.Format.Format_RGB32))
    assert [tile in pictures for tile in tiles] == [True, False, True, True]


def test_what_is_no_longer_wanted_is_never_painted() -> None:
    tray = Tray()
    cut = Cut(0, 0, 1, 1, (1, 1))
    tray.put(Find(1, 0, "pay"))
    tray.replace(Tile, [Tile(1, page, cut) for page in range(100)])
    tray.replace(Tile, [Tile(1, 500, cut)])
    assert [tray.take(), tray.take(), tray.take()] == [Tile(1, 500, cut), Find(1, 0, "pay"), None]


def test_tiles_cover_a_page_exactly_and_are_never_large() -> None:
    layout = Layout((Size(595, 842), Size(842, 595)), zoom=3.0, ratio=2.0)
    for number in range(2):
        page = layout.page(number)
        cuts = list(layout.cuts(number, 0, layout.height))
        assert sum(cut.width * cut.height for cut in cuts) == page.width * page.height
        assert max(max(cut.width, cut.height) for cut in cuts) <= TILE


def test_the_pages_between_two_heights_are_those_that_are_seen() -> None:
    layout = Layout((Size(600, 750),) * 5, zoom=1.0, ratio=1.0)  # 800 by 1000 pixels, 28 above, 16 between
    assert list(layout.between(0, 28)) == []
    assert list(layout.between(0, 29)) == [0]
    assert list(layout.between(1028, 1044)) == []
    assert list(layout.between(1027, 1045)) == [0, 1]


def test_a_broken_document_is_told_and_not_shown(view: DocumentView, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(papers.no_pages())
    told: list[SignerError] = []
    view.failed.connect(told.append)
    view.open(path, sha256_of(path))
    until(lambda: told)
    assert told[0].code is ErrorCode.DOCUMENT_BROKEN
    assert view.pages.count == 0


def test_a_request_that_is_dropped_lets_its_file_go() -> None:
    with (Path(__file__)).open("rb") as file:
        tray = Tray()
        tray.put(Open(1, file))
        tray.clear()
        assert file.closed
        assert tray.take() is None
