"""What lies over what, as PDFium lays out a page: text under something else, and fields that show another value."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from pypdfium2 import raw

from signer.model import Caution
from signer.pades import pdfium

_INVISIBLE: Final = raw.FPDF_TEXTRENDERMODE_INVISIBLE  # the text of a scanned page lies there for searching
_OPAQUE: Final = 255
_TRANSPARENT_NOTES: Final = {  # annotations that mark text without hiding it, or that are seen only on a click
    *(raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE),
    *(raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_SQUIGGLY, raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_INK),
}
_HIDDEN: Final = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_SLACK: Final = 1.0  # points: letters stand out a little from what is meant to frame them
_DEEPEST: Final = 8  # forms in forms
_NORMAL: Final = raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL


class Box(NamedTuple):
    """A rectangle on a page, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: Box) -> bool:
        """Tell whether it hides all of another."""
        return (
            self.left - _SLACK <= other.left
            and self.bottom - _SLACK <= other.bottom
            and self.right + _SLACK >= other.right
            and self.top + _SLACK >= other.top
        )

    def meets(self, other: Box) -> bool:
        """Tell whether the two have a point in common."""
        return not (
            self.right <= other.left or other.right <= self.left or self.top <= other.bottom or other.top <= self.bottom
        )


class Drawn(NamedTuple):
    """One thing on a page, in the order of drawing."""

    box: Box
    is_text: bool
    is_path: bool  # a line, a frame, a background
    hides: bool  # what lies under it cannot be seen


class _Matrix(NamedTuple):
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        corners = [self._point(x, y) for x in (left, right) for y in (bottom, top)]
        xs, ys = zip(*corners, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def within(self, outer: _Matrix) -> _Matrix:
        (a, b), (c, d) = self._turned(outer, self.a, self.b), self._turned(outer, self.c, self.d)
        return _Matrix(a, b, c, d, *outer._point(self.e, self.f))

    @staticmethod
    def _turned(outer: _Matrix, x: float, y: float) -> tuple[float, float]:
        return outer.a * x + outer.c * y, outer.b * x + outer.d * y


def cautions_about_overlap(path: Path) -> frozenset[Caution]:
    """Tell what is drawn over text, and which fields look unlike their value; raises SignerError as pdfium does."""
    found: set[Caution] = set()
    with pdfium.opened(path) as document:
        for number in range(len(document)):
            found.update(_of_page(document, number))
    return frozenset(found)


def drawn_on(page: Any) -> list[Drawn]:  # noqa: ANN401 (pypdfium2 carries no types)
    """List what is on a page, without its annotations, in the order of drawing; in the page's own coordinates."""
    count = raw.FPDFPage_CountObjects(page)
    objects = (raw.FPDFPage_GetObject(page, number) for number in range(count))
    return [each for one in objects for each in _flat(one, _Matrix(), _DEEPEST)]


def annotation_boxes(page: Any) -> list[Box]:  # noqa: ANN401 (as above)
    """Give where the annotations that are seen stand."""
    return [_place(note) for note in _annotations(page) if not raw.FPDFAnnot_GetFlags(note) & _HIDDEN]


def _of_page(document: Any, number: int) -> Iterator[Caution]:  # noqa: ANN401
    with closing(document[number]) as page:
        if _is_covered(drawn_on(page), _hiding_annotations(page)):
            yield Caution.COVERED
        values = _values_of(page)
        if values:
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)  # in memory alone
    if values:
        with closing(document[number]) as page:
            seen = page.get_textpage()
            if any(value not in _squeezed(seen.get_text_bounded(*place)) for place, value in values):
                yield Caution.FORM_DIFFERS


def _is_covered(drawn: list[Drawn], over_all: list[Box]) -> bool:
    """Go from the top down, and look for text under what was met before."""
    above = list(over_all)
    for each in reversed(drawn):
        if each.is_text and any(cover.covers(each.box) for cover in above):
            return True
        if each.hides:
            above.append(each.box)
    return False


def _flat(thing: Any, matrix: _Matrix, deepest: int) -> Iterator[Drawn]:  # noqa: ANN401
    kind = raw.FPDFPageObj_GetType(thing)
    if kind == raw.FPDF_PAGEOBJ_FORM:
        inner = _matrix_of(thing).within(matrix)
        for number in range(raw.FPDFFormObj_CountObjects(thing) if deepest else 0):
            yield from _flat(raw.FPDFFormObj_GetObject(thing, number), inner, deepest - 1)
        return
    edges = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(thing, *map(ctypes.byref, edges)):
        return
    is_text = kind == raw.FPDF_PAGEOBJ_TEXT
    if is_text and raw.FPDFTextObj_GetTextRenderMode(thing) == _INVISIBLE:
        return
    box = matrix.box(*(edge.value for edge in edges))
    yield Drawn(box, is_text, kind == raw.FPDF_PAGEOBJ_PATH, not is_text and _hides(thing, kind))


def _hides(thing: Any, kind: int) -> bool:  # noqa: ANN401
    if raw.FPDFPageObj_HasTransparency(thing):
        return False
    if kind != raw.FPDF_PAGEOBJ_PATH:
        return kind in {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING}
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(thing, ctypes.byref(mode), ctypes.byref(stroke))
    if mode.value == raw.FPDF_FILLMODE_NONE:
        return False
    colour = [ctypes.c_uint() for _ in range(4)]
    return not raw.FPDFPageObj_GetFillColor(thing, *map(ctypes.byref, colour)) or colour[3].value == _OPAQUE


def _matrix_of(thing: Any) -> _Matrix:  # noqa: ANN401
    found = raw.FS_MATRIX()
    return _Matrix(*_six(found)) if raw.FPDFPageObj_GetMatrix(thing, ctypes.byref(found)) else _Matrix()


def _six(found: Any) -> tuple[float, ...]:  # noqa: ANN401
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _annotations(page: Any) -> Iterator[Any]:  # noqa: ANN401
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if annotation:
            try:
                yield annotation
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


def _hiding_annotations(page: Any) -> list[Box]:  # noqa: ANN401
    return [
        _place(note)
        for note in _annotations(page)
        if raw.FPDFAnnot_GetSubtype(note) not in _TRANSPARENT_NOTES
        and not raw.FPDFAnnot_GetFlags(note) & _HIDDEN
        and _text(raw.FPDFAnnot_GetAP, note, _NORMAL)
    ]


def _place(annotation: Any) -> Box:  # noqa: ANN401
    found = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, ctypes.byref(found))
    return Box(found.left, min(found.bottom, found.top), found.right, max(found.bottom, found.top))


def _values_of(page: Any) -> list[tuple[Box, str]]:  # noqa: ANN401
    """Give where text fields stand and what their values are; empty ones left out."""
    values = [(_place(note), _squeezed(_value(note))) for note in _annotations(page) if _is_seen_text_field(note)]
    return [(place, value) for place, value in values if value]


def _is_seen_text_field(annotation: Any) -> bool:  # noqa: ANN401
    return (
        raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET
        and not raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN
        and not _named(annotation, b"FT").startswith(("Btn", "Sig", "Ch"))
    )


def _value(annotation: Any) -> str:  # noqa: ANN401
    return _named(annotation, b"V")


def _named(annotation: Any, key: bytes) -> str:  # noqa: ANN401
    return _text(raw.FPDFAnnot_GetStringValue, annotation, key)


def _text(ask: Callable[..., int], *arguments: object) -> str:
    """Ask twice, as PDFium wants it: for the length in bytes, then for the text as UTF-16."""
    length = ask(*arguments, None, 0)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    ask(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[: length - 2].decode("utf-16-le", errors="replace")


def _squeezed(text: str) -> str:
    """Take out what a comb, a line end or a hyphen does to a value."""
    return re.sub(r"[\s\u00ad\u0002]", "", text)
