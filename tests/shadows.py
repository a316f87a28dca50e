"""Shadow attacks: documents that are prepared to be signed, and afterwards show what was hidden in them.

The three classes of Mainka, Mladenov and Rohlmann ("Shadow Attacks", NDSS 2021): hide, replace, hide and replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signer.model import Caution
from tests import papers
from tests.hostile import FINE, annotated, drawn, only, stream
from tests.papers import assemble

_COVERED: Final = b"BT /F1 12 Tf 72 700 Td (Bruto uurloon: 6,42 euro) Tj ET\n"


class Shadow(NamedTuple):
    """What is given to be signed, what preflight warns of, and what is appended afterwards."""

    prepared: bytes
    cautions: frozenset[Caution]
    attack: papers.Forge


def _overlay() -> bytes:
    """Cover the true pay with a form that shows another one."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
    shown = stream(b"1 1 1 rg 60 690 300 30 re f 0 g BT /F1 12 Tf 72 700 Td (16,42) Tj ET", form)
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << %s %s >> >>"
    catalog, pages = papers.CATALOG, papers.PAGES
    objects = {1: catalog, 2: pages, 3: page % (font, b"/XObject << /O 5 0 R >>"), 4: stream(_COVERED + b"/O Do")}
    return assemble(objects | {5: shown})


def _hidden_page() -> bytes:
    """Carry a second page, tree and catalogue that nothing points at yet."""
    font = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    page = b"<< /Type /Page /Parent 11 0 R /MediaBox [0 0 595 842] %s /Contents 13 0 R >>" % font
    hidden = {
        10: b"<< /Type /Catalog /Pages 11 0 R >>",
        11: b"<< /Type /Pages /Kids [12 0 R] /Count 1 >>",
        12: page,
        13: stream(_COVERED),
    }
    return drawn(b"BT /F1 12 Tf 72 700 Td (Bruto uurloon: 16,42 euro) Tj ET", more=hidden)


def _field() -> bytes:
    look = stream(b"BT /F1 12 Tf 2 4 Td (16,42) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 90 20]")
    widget = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (pay) /Rect [72 600 162 620] /F 4 /AP << /N 11 0 R >> >>"
    return annotated(widget, {11: look}, b"/AcroForm << /Fields [10 0 R] >>")


def _font() -> bytes:
    """Use a font of the document's own, whose letters can be swapped later."""
    fonts = b"/Resources << /Font << /F1 5 0 R >> >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % fonts
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return assemble({1: papers.CATALOG, 2: papers.PAGES, 3: page, 4: stream(_COVERED), 5: font})


def _write(writer: IncrementalPdfFileWriter, number: int, content: generic.PdfObject) -> None:
    writer.objects[(0, number)] = content


def empty_overlay(writer: IncrementalPdfFileWriter) -> None:
    form = writer.prev.get_object(generic.Reference(5, 0, writer.prev))
    entries = {key: value for key, value in form.items() if key not in {"/Length", "/Filter"}}
    _write(writer, 5, generic.StreamObject(entries, stream_data=b""))


def drop_overlay(writer: IncrementalPdfFileWriter) -> None:
    resources = writer.root["/Pages"]["/Kids"][0]["/Resources"]
    del resources["/XObject"]
    writer.update_container(resources)


def swap_appearance(writer: IncrementalPdfFileWriter) -> None:
    """Draw something else over the page in a field's place; its rectangle grows with it."""
    field = writer.root["/AcroForm"]["/Fields"][0].get_object()
    field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (60, 690, 360, 720)))
    writer.update_container(field)


def swap_letters(writer: IncrementalPdfFileWriter) -> None:
    font = writer.prev.get_object(generic.Reference(5, 0, writer.prev))
    differences = generic.ArrayObject([generic.NumberObject(54), generic.pdf_name("/nine")])
    font[generic.pdf_name("/Encoding")] = generic.DictionaryObject({generic.pdf_name("/Differences"): differences})
    _write(writer, 5, font)


def point_page_at_hidden(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = generic.IndirectObject(13, 0, writer)
    writer.update_container(page)


def point_tree_at_hidden(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/Pages"] = generic.IndirectObject(11, 0, writer)
    writer.update_root()


def overwrite_page(writer: IncrementalPdfFileWriter) -> None:
    _write(writer, 3, writer.prev.get_object(generic.Reference(12, 0, writer.prev)))


SHADOWS: Final[Mapping[str, Shadow]] = {
    "hide: the cover is emptied": Shadow(_overlay(), only(Caution.COVERED), empty_overlay),
    "hide: the cover is taken away": Shadow(_overlay(), only(Caution.COVERED), drop_overlay),
    "replace: a field grows over the page": Shadow(_field(), FINE, swap_appearance),
    "replace: letters of the font": Shadow(_font(), FINE, swap_letters),
    "hide and replace: the page's content": Shadow(_hidden_page(), FINE, point_page_at_hidden),
    "hide and replace: the page tree": Shadow(_hidden_page(), FINE, point_tree_at_hidden),
    "hide and replace: the page itself": Shadow(_hidden_page(), FINE, overwrite_page),
}
