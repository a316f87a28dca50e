"""The panel: in sight, upright, over no text, in letters that can be read; or nowhere, where the agency wants none."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from eidcard.simulator.pki import TestPki
from signer.pades import pdfium, sign
from signer.pades.overlap import Box, annotation_boxes, drawn_on
from signer.pades.room import free_place
from tests import hostile, papers
from tests.signing_desk import SigningDesk, bind

A4 = b"[0 0 595 842]"
LINES = [b"BT /F1 10 Tf 20 %d Td (%s) Tj ET\n" % (y, b"tekst " * 22) for y in range(5, 842, 12)]
FOOTER = b"0.9 1 0.9 rg 0 0 595 842 re f 0 g BT /F1 8 Tf 20 20 Td (Agency nv, its address and telephone) Tj ET"


@pytest.fixture
def desk(tmp_path: Path, test_pki: TestPki) -> SigningDesk:
    return SigningDesk(tmp_path, test_pki)


@dataclass
class Panel:
    """What can be seen of it: its words, where they stand, how they are turned, and the page's own text."""

    text: str
    box: Box
    angles: set[int]  # degrees counter-clockwise, in the page's own coordinates
    others: list[Box]


def panel_of(desk: SigningDesk, path: Path, field: str | None = None, *, test: bool = False) -> Panel | None:
    """Sign, and read the last page's annotations as PDFium draws them."""
    signed = desk.sign(path, "signed.pdf", field, test=test)
    with pdfium.LOCK, closing(pypdfium2.PdfDocument(signed)) as document:
        with closing(document[len(document) - 1]) as page:
            others = [each.box for each in drawn_on(page) if each.is_text]
            boxes = annotation_boxes(page)
            before = page.get_textpage().count_chars()
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        with closing(document[len(document) - 1]) as page, closing(page.get_textpage()) as text:
            count = text.count_chars()
            if count == before:
                return None
            box = boxes[-1]
            letters = [n for n in range(before, count) if text.get_text_range(n, 1).isalpha()]
            angles = {-round(math.degrees(raw.FPDFText_GetCharAngle(text, n))) % 360 for n in letters}
            return Panel(text.get_text_range(before, count - before), box, angles, others)


def text_of(path: Path) -> str:
    with pdfium.opened(path) as document:
        for number in range(len(document)):
            with closing(document[number]) as page:
                raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        return "".join(page.get_textpage().get_text_bounded() for page in document)


def written(desk: SigningDesk, content: bytes) -> Path:
    path = desk.folder / "page.pdf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("field", [None, "worker"], ids=["new field", "prepared field"])
def test_the_panel_is_upright_however_the_page_is_turned(desk: SigningDesk, rotation: int, field: str | None) -> None:
    path = written(desk, hostile.sized(A4, b"/Rotate %d" % rotation))
    path = papers.with_field(path, desk.folder / "prepared.pdf") if field else path
    panel = panel_of(desk, path, field)
    assert panel is not None
    assert panel.angles == {rotation}
    assert desk.person.surname in panel.text


@pytest.mark.parametrize(
    "page",
    [
        hostile.drawn(FOOTER),
        hostile.drawn(b"".join(LINES[:24] + LINES[32:])),
        hostile.sized(A4, b"/CropBox [50 400 400 750]"),
        hostile.sized(A4, b"/CropBox [50 400 400 750] /Rotate 270"),
        hostile.sized(b"[100 100 400 300]"),
        hostile.text_field(b"16,42", b"10 10 585 90"),
    ],
    ids=["footer on a background", "a gap in the text", "cropped", "cropped and turned", "shifted", "a form field"],
)
def test_the_panel_stands_in_sight_and_over_nothing(desk: SigningDesk, page: bytes) -> None:
    path = written(desk, page)
    with pdfium.opened(path) as document, closing(document[0]) as shown:
        sight = Box(*shown.get_cropbox())
    panel = panel_of(desk, path)
    assert panel is not None
    assert sight.covers(panel.box)
    assert not any(panel.box.meets(each) for each in panel.others)


def test_a_page_without_room_gets_no_panel_but_the_mark_of_a_test(desk: SigningDesk) -> None:
    path = written(desk, hostile.drawn(b"".join(LINES)))
    assert free_place(path) is None
    assert panel_of(desk, path) is None
    test = panel_of(desk, path, test=True)
    assert test is not None
    assert test.text.strip().startswith("TEST")


def test_a_tiny_page_can_be_signed(desk: SigningDesk) -> None:
    path = written(desk, hostile.sized(b"[0 0 9 9]"))
    assert panel_of(desk, path) is None
    assert panel_of(desk, path, test=True) is not None


def test_the_last_page_is_the_one_that_is_signed(desk: SigningDesk) -> None:
    assert panel_of(desk, papers.contract(desk.folder / "contract.pdf", pages=3)) is not None


def test_a_certified_document_gets_no_panel_that_its_rules_forbid(desk: SigningDesk) -> None:
    assert panel_of(desk, desk.seal(papers.contract(desk.folder / "contract.pdf"))) is None


@pytest.mark.parametrize("field", [None, "worker"], ids=["new field", "prepared field"])
def test_an_agency_that_wants_none_gets_none(desk: SigningDesk, field: str | None) -> None:
    path = papers.contract(desk.folder / "contract.pdf")
    path = papers.with_field(path, desk.folder / "prepared.pdf") if field else path
    request = replace(desk.request(field, test=False), visible=False)
    prepared, target = sign.prepare(bind(path), request, desk.folder), desk.folder / "signed.pdf"
    sign.finish(prepared, desk.card_signs(prepared), target)
    assert desk.person.surname not in text_of(target)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Ștefan Țîrlea-Ożóg", "Ștefan Țîrlea-Ożóg"),
        ("Jose\u0301 Nguye\u0302\u0303n", "José Nguyễn"),  # accents of their own, as some registers have them
        ("Ковальчук Ἀθηνᾶ", "Ковальчук Ἀθηνᾶ"),
        ("Кова (漢)", "Кова (?)"),  # no identity card of ours has such letters
    ],
)
def test_names_are_drawn_in_their_letters(desk: SigningDesk, name: str, drawn: str) -> None:
    path = papers.contract(desk.folder / "contract.pdf")
    request = desk.request(test=False)
    request = replace(request, signer=replace(request.signer, name=name))
    prepared, target = sign.prepare(bind(path), request, desk.folder), desk.folder / "signed.pdf"
    sign.finish(prepared, desk.card_signs(prepared), target)
    assert drawn in text_of(target)
