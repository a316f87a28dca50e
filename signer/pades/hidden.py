"""What a document holds and does not show: layers, hidden fields, files inside the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from signer.errors import ErrorCode, SignerError
from signer.model import Caution
from signer.pades.opening import entry
from signer.pades.tree import annotations_of, pages_of

_HIDDEN: Final = 0x02 | 0x20  # Hidden, NoView (ISO 32000-2, table 167)
_FURTHEST_PARENT: Final = 32


def cautions_about_hidden(reader: PdfFileReader) -> frozenset[Caution]:
    """Tell what is there and not seen.

    Raises SignerError DOCUMENT_PORTFOLIO when the document is only the cover of others, DOCUMENT_HIDES when a part
    of its pages is switched off.
    """
    if entry(reader.root, "/Collection") is not None:
        raise SignerError(ErrorCode.DOCUMENT_PORTFOLIO, "/Collection")
    return frozenset((*_layers(reader), *_attachments(reader), *_hidden_fields(reader)))


def _layers(reader: PdfFileReader) -> Iterator[Caution]:
    """Look at optional content: what is off, or off on paper, is not on the screen (ISO 32000-2, 8.11.4)."""
    content = entry(reader.root, "/OCProperties")
    groups = entry(content, "/OCGs") if isinstance(content, DictionaryObject) else None
    if not isinstance(content, DictionaryObject) or not isinstance(groups, ArrayObject) or not len(groups):
        return
    usual = entry(content, "/D")
    if isinstance(usual, DictionaryObject):
        base = str(entry(usual, "/BaseState") or "/ON")
        if _length(entry(usual, "/OFF")) or (base != "/ON" and _length(entry(usual, "/ON")) < len(groups)):
            raise SignerError(ErrorCode.DOCUMENT_HIDES, "optional content is off")
    if any(_is_off_somewhere(group.get_object()) for group in groups):
        raise SignerError(ErrorCode.DOCUMENT_HIDES, "optional content is off on screen or on paper")
    yield Caution.LAYERS


def _is_off_somewhere(group: PdfObject) -> bool:
    """Look at a group's usage: what is to be seen on paper and not on screen, or the other way round."""
    usage = entry(group, "/Usage") if isinstance(group, DictionaryObject) else None
    if not isinstance(usage, DictionaryObject):
        return False
    states = ((entry(usage, medium), state) for medium, state in (("/View", "/ViewState"), ("/Print", "/PrintState")))
    return any(str(entry(each, state)) == "/OFF" for each, state in states if isinstance(each, DictionaryObject))


def _length(value: PdfObject | None) -> int:
    return len(value) if isinstance(value, ArrayObject) else 0


def _attachments(reader: PdfFileReader) -> Iterator[Caution]:
    names = entry(reader.root, "/Names")
    if isinstance(names, DictionaryObject) and entry(names, "/EmbeddedFiles") is not None:
        yield Caution.ATTACHMENTS
    kinds = {str(entry(annotation, "/Subtype")) for page in pages_of(reader) for annotation in annotations_of(page)}
    if "/FileAttachment" in kinds:
        yield Caution.ATTACHMENTS


def _hidden_fields(reader: PdfFileReader) -> Iterator[Caution]:
    for page in pages_of(reader):
        for annotation in annotations_of(page):
            if _is_hidden(annotation) and _value_of(annotation):
                yield Caution.HIDDEN_FIELDS
                return


def _is_hidden(annotation: DictionaryObject) -> bool:
    flags: object = entry(annotation, "/F")  # a number of pyHanko's is an int as well
    box = entry(annotation, "/Rect")
    if isinstance(flags, int) and flags & _HIDDEN:
        return True
    if not isinstance(box, ArrayObject) or len(box) != 4:
        return False
    left, bottom, right, top = (float(each) for each in box)
    return left == right or bottom == top


def _value_of(annotation: DictionaryObject) -> str:
    """Give the text that a form field holds; a signature is no text, and a button's state is no value."""
    value, holder = None, annotation
    for _ in range(_FURTHEST_PARENT):
        kind, value = entry(holder, "/FT"), value or entry(holder, "/V")
        if kind is not None:
            return str(value or "") if str(kind) in {"/Tx", "/Ch"} else ""
        parent = entry(holder, "/Parent")
        if not isinstance(parent, DictionaryObject):
            break
        holder = parent
    return ""
