"""Walks through a document's trees: pages, annotations, form fields. None of them can go in circles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from signer.errors import ErrorCode, SignerError
from signer.pades.opening import entry

_FURTHEST_PARENT: Final = 1000  # a cycle ends there too


def pages_of(reader: PdfFileReader) -> Iterator[DictionaryObject]:
    """Give each page, in order; raises SignerError DOCUMENT_BROKEN at a tree that is none."""
    return _leaves([reader.root.raw_get("/Pages")], "page tree")


def fields_of(reader: PdfFileReader) -> Iterator[DictionaryObject]:
    """Give each node of the form's field tree, parents too; raises SignerError DOCUMENT_BROKEN."""
    form = entry(reader.root, "/AcroForm")
    fields = entry(form, "/Fields") if isinstance(form, DictionaryObject) else None
    return _leaves(list(fields) if isinstance(fields, ArrayObject) else [], "field tree", parents=True)


def inherited(page: DictionaryObject, key: str) -> PdfObject | None:
    """Give what a page has, or else the nearest of its parents (ISO 32000-2, 7.7.3.4)."""
    node: PdfObject | None = page
    for _ in range(_FURTHEST_PARENT):
        if not isinstance(node, DictionaryObject):
            return None
        value = entry(node, key)
        if value is not None:
            return value
        node = entry(node, "/Parent")
    return None


def annotations_of(page: DictionaryObject) -> Iterator[DictionaryObject]:
    """Give a page's annotations."""
    listed = entry(page, "/Annots")
    for each in listed if isinstance(listed, ArrayObject) else ():
        annotation = each.get_object()
        if isinstance(annotation, DictionaryObject):
            yield annotation


def linked(parent: PdfObject | None, first: str, following: str) -> Iterator[DictionaryObject]:
    """Give the items of a linked tree, such as the outlines; each once."""
    seen, waiting = set(), [parent]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, DictionaryObject):
            continue
        if node is not parent:
            yield node
        for key in (following, first):
            raw = node.raw_get(key) if key in node else None
            if isinstance(raw, IndirectObject) and raw.reference not in seen:
                seen.add(raw.reference)
                waiting.append(raw.get_object())


def _leaves(roots: list[PdfObject], what: str, *, parents: bool = False) -> Iterator[DictionaryObject]:
    seen, waiting = set(), list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if node.reference in seen:
                raise SignerError(ErrorCode.DOCUMENT_BROKEN, what)
            seen.add(node.reference)
        content = node.get_object()
        if not isinstance(content, DictionaryObject):
            raise SignerError(ErrorCode.DOCUMENT_BROKEN, what)
        kids = entry(content, "/Kids")
        if isinstance(kids, ArrayObject):
            waiting += reversed(kids)
        if parents or not isinstance(kids, ArrayObject):
            yield content
