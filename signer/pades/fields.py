"""Where a signature goes: the field that the agency prepared, or a new one."""

from __future__ import annotations

from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from signer.errors import ErrorCode, SignerError
from signer.pades.opening import entry

_PANEL_SIZE: Final = (190.0, 62.0)  # points
_PANEL_CORNER: Final = (18.0, 12.0)  # points from the page's lower left: in the margin of most contracts


def require_empty_field(reader: PdfFileReader, name: str) -> None:
    """Make sure that a signature field is there and empty; raises SignerError DOCUMENT_NO_FIELD, _FIELD_LOCKED."""
    found = {found_name: value for found_name, value, _ in enumerate_sig_fields(reader)}
    if name not in found:
        raise SignerError(ErrorCode.DOCUMENT_NO_FIELD)
    if found[name]:
        raise SignerError(ErrorCode.DOCUMENT_FIELD_LOCKED, "signed already")


def new_field(writer: IncrementalPdfFileWriter, *, visible: bool) -> SigFieldSpec:
    """Describe a new field; a visible one stands in the bottom margin of the last page.

    A certified document takes no new visible field (ISO 32000-2, 12.8.2.2), so there it is invisible.
    """
    name = _free_name(writer.prev)
    if not visible or read_certification_data(writer.prev) is not None:
        return SigFieldSpec(name)
    return SigFieldSpec(name, on_page=-1, box=_panel_box(writer))


def _free_name(reader: PdfFileReader) -> str:
    taken = {name for name, _, _ in enumerate_sig_fields(reader)} | _top_names(reader)
    return next(name for number in range(1, len(taken) + 2) if (name := f"Signature{number}") not in taken)


def _top_names(reader: PdfFileReader) -> set[str]:
    form = entry(reader.root, "/AcroForm")
    fields = entry(form, "/Fields") if isinstance(form, DictionaryObject) else None
    listed = [field.get_object() for field in fields] if isinstance(fields, ArrayObject) else []
    return {str(entry(field, "/T")) for field in listed if isinstance(field, DictionaryObject)}


def _panel_box(writer: IncrementalPdfFileWriter) -> tuple[int, int, int, int]:
    page = writer.find_page_for_modification(-1)[0].get_object()
    box = entry(page, "/CropBox")
    while box is None:  # the media box is inherited (ISO 32000-2, 7.7.3.4)
        box, page = entry(page, "/MediaBox"), entry(page, "/Parent")
    assert isinstance(box, ArrayObject)
    left, bottom = min(float(box[0]), float(box[2])), min(float(box[1]), float(box[3]))
    x, y = left + _PANEL_CORNER[0], bottom + _PANEL_CORNER[1]
    return int(x), int(y), int(x + _PANEL_SIZE[0]), int(y + _PANEL_SIZE[1])
