"""Where a signature goes: the field that the agency prepared, or a new one."""

from __future__ import annotations

import math
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from signer.errors import ErrorCode, SignerError
from signer.pades.opening import entry
from signer.pades.room import Place
from signer.pades.tree import annotations_of, inherited, pages_of

_FURTHEST_PARENT: Final = 32  # in trees of fields and pages


def require_empty_field(reader: PdfFileReader, name: str) -> None:
    """Make sure that a signature field is there and empty; raises SignerError DOCUMENT_NO_FIELD, _FIELD_LOCKED."""
    found = {found_name: value for found_name, value, _ in enumerate_sig_fields(reader)}
    if name not in found:
        raise SignerError(ErrorCode.DOCUMENT_NO_FIELD)
    if found[name]:
        raise SignerError(ErrorCode.DOCUMENT_FIELD_LOCKED, "signed already")


def new_field(writer: IncrementalPdfFileWriter, place: Place | None) -> SigFieldSpec:
    """Describe a new field on the last page; without a place it is invisible."""
    name = _free_name(writer.prev)
    if place is None:
        return SigFieldSpec(name)
    left, bottom, right, top = place.box
    box = (math.floor(left), math.floor(bottom), math.ceil(right), math.ceil(top))
    return SigFieldSpec(name, on_page=-1, box=box)


def takes_visible_field(reader: PdfFileReader) -> bool:
    """Tell whether a new field may be seen: in a certified document it may not (ISO 32000-2, 12.8.2.2)."""
    return read_certification_data(reader) is None


def rotation_of(reader: PdfFileReader, name: str) -> int:
    """Tell by how many degrees clockwise the page of a field is turned when it is shown."""
    for page in pages_of(reader):
        if any(_is_called(annotation, name) for annotation in annotations_of(page)):
            return _rotation(page)
    return 0


def _is_called(annotation: DictionaryObject, name: str) -> bool:
    """Compare with a field's whole name, which its parents begin (ISO 32000-2, 12.7.4.2)."""
    parts, node = [], annotation
    for _ in range(_FURTHEST_PARENT):
        part, parent = entry(node, "/T"), entry(node, "/Parent")
        parts += [str(part)] if part is not None else []
        if not isinstance(parent, DictionaryObject):
            break
        node = parent
    return ".".join(reversed(parts)) == name


def _rotation(page: DictionaryObject) -> int:
    return 90 * (int(str(inherited(page, "/Rotate") or 0)) // 90 % 4)


def _free_name(reader: PdfFileReader) -> str:
    taken = {name for name, _, _ in enumerate_sig_fields(reader)} | _top_names(reader)
    return next(name for number in range(1, len(taken) + 2) if (name := f"Signature{number}") not in taken)


def _top_names(reader: PdfFileReader) -> set[str]:
    form = entry(reader.root, "/AcroForm")
    fields = entry(form, "/Fields") if isinstance(form, DictionaryObject) else None
    listed = [field.get_object() for field in fields] if isinstance(fields, ArrayObject) else []
    return {str(entry(field, "/T")) for field in listed if isinstance(field, DictionaryObject)}
