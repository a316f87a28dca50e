"""A document open in PDFium: sizes, pictures and text of its pages. PDFium is not thread-safe: each use holds LOCK."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import pypdfium2
from pypdfium2 import raw
from PySide6.QtGui import QImage

from signer.errors import ErrorCode, SignerError
from signer.pades.pdfium import LOCK, load
from ui.desktop.document.source import Source
from ui.desktop.document.text import Box, PageText

_SCREEN: Final = raw.FPDF_ANNOT
_PRINTER: Final = raw.FPDF_ANNOT | raw.FPDF_PRINTING
_WHITE: Final = 0xFFFFFFFF
_SHOWN_VALUE: Final = frozenset({raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX})
_GRID: Final = 1 << 16  # how finely a page is divided when PDFium, which answers in whole numbers, is asked for places


class Size(NamedTuple):
    """A page's width and height as it is shown: in points, or in pixels."""

    width: float
    height: float


class Cut(NamedTuple):
    """A part of a page in pixels, when the whole page has ``whole`` pixels."""

    left: int
    top: int
    width: int
    height: int
    whole: tuple[int, int]


class Paper:
    """An open document; one page at a time is kept loaded, as most requests in a row ask for the same."""

    def __init__(self, source: Source) -> None:
        """Open it, with what its form fields hold; raises SignerError DOCUMENT_BROKEN or DOCUMENT_LOCKED."""
        with LOCK, _translated():
            self._document = load(source)
            self._document.init_forms()
            self.sizes = tuple(Size(*self._document.get_page_size(page)) for page in range(len(self._document)))
        self._page: Any = None
        self._page_number = -1

    def close(self) -> None:
        """Let go of everything that PDFium holds."""
        with LOCK:
            self._leave_page()
            self._document.close()

    def picture(self, page: int, cut: Cut, *, printing: bool = False) -> QImage:
        """Paint a part of a page, with form fields and signatures; raises SignerError DOCUMENT_BROKEN."""
        image = QImage(cut.width, cut.height, QImage.Format.Format_RGB32)
        if image.isNull():
            raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE, "no memory for a page's picture")
        pixels = (ctypes.c_ubyte * image.sizeInBytes()).from_buffer(image.bits())
        flags = _PRINTER if printing else _SCREEN
        with LOCK, _translated():
            loaded = self._load(page)
            bitmap = raw.FPDFBitmap_CreateEx(
                cut.width, cut.height, raw.FPDFBitmap_BGRx, ctypes.addressof(pixels), image.bytesPerLine()
            )
            raw.FPDFBitmap_FillRect(bitmap, 0, 0, cut.width, cut.height, _WHITE)
            place = (bitmap, loaded, -cut.left, -cut.top, *cut.whole, 0, flags)
            raw.FPDF_RenderPageBitmap(*place)
            if self._document.formenv:
                raw.FPDF_FFLDraw(self._document.formenv, *place)
            raw.FPDFBitmap_Destroy(bitmap)
        return image

    def text(self, page: int) -> PageText:
        """Read a page's text and what stands in its form fields; raises SignerError DOCUMENT_BROKEN."""
        with LOCK, _translated():
            loaded = self._load(page)
            width, height = self.sizes[page]
            seen = _Mapping.of(loaded, width, height)
            text = loaded.get_textpage()
            try:
                characters, boxes = _characters(text, seen)
            finally:
                text.close()
            for value, box in self._field_values(loaded, seen):
                characters, boxes = _with_field(characters, boxes, value, box)
        return PageText(characters, boxes)

    def may_hold(self, page: int, wanted: str) -> bool:
        """Whether it is worth while to read a page with all its places: False only when the text is not there."""
        with LOCK, _translated():
            loaded = self._load(page)
            if next(self._field_values(loaded, _Mapping.of(loaded, *self.sizes[page])), None):
                return True
            text = loaded.get_textpage()
            try:
                size = raw.FPDFText_CountChars(text) + 1
                buffer = (ctypes.c_ushort * size)()
                raw.FPDFText_GetText(text, 0, size, buffer)
            finally:
                text.close()
        characters = bytes(buffer).decode("utf-16-le", errors="replace")
        return next(PageText(characters, array("f")).find(wanted), None) is not None

    def _load(self, page: int) -> Any:  # noqa: ANN401 (pypdfium2 carries no types)
        if page != self._page_number:
            self._leave_page()
            self._page = self._document.get_page(page)
            self._page_number = page
        return self._page

    def _leave_page(self) -> None:
        if self._page is not None:
            self._page.close()
        self._page, self._page_number = None, -1

    def _field_values(self, page: Any, seen: _Mapping) -> Iterator[tuple[str, Box]]:  # noqa: ANN401
        """Give what people filled in: PDFium's page text leaves it out, and a wage may well stand there."""
        form = self._document.formenv
        for index in range(raw.FPDFPage_GetAnnotCount(page) if form else 0):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            try:
                if raw.FPDFAnnot_GetFormFieldType(form, annotation) in _SHOWN_VALUE:
                    rectangle = raw.FS_RECTF()
                    raw.FPDFAnnot_GetRect(annotation, rectangle)
                    value = _field_value(form, annotation)
                    if value:
                        yield value, seen.box(rectangle.left, rectangle.top, rectangle.right, rectangle.bottom)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


class _Mapping(NamedTuple):
    """From a page's own coordinates, which may be turned and shifted, to points as it is shown."""

    x: tuple[float, float, float]
    y: tuple[float, float, float]

    @classmethod
    def of(cls, page: Any, width: float, height: float) -> _Mapping:  # noqa: ANN401
        """Ask PDFium where three points lie; all others follow, for the map is affine."""
        origin, right, up = (_shown(page, *point) for point in ((0, 0), (1000, 0), (0, 1000)))
        across, down = width / _GRID, height / _GRID
        return cls(
            ((right[0] - origin[0]) * across / 1000, (up[0] - origin[0]) * across / 1000, origin[0] * across),
            ((right[1] - origin[1]) * down / 1000, (up[1] - origin[1]) * down / 1000, origin[1] * down),
        )

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Map a rectangle."""
        (a, b, c), (d, e, f) = self
        x1, x2 = a * left + b * top + c, a * right + b * bottom + c
        y1, y2 = d * left + e * top + f, d * right + e * bottom + f
        return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _shown(page: Any, x: float, y: float) -> tuple[int, int]:  # noqa: ANN401
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, across, down)
    return across.value, down.value


def _characters(text: Any, seen: _Mapping) -> tuple[str, array[float]]:  # noqa: ANN401
    characters: list[str] = []
    boxes = array("f")
    rectangle = raw.FS_RECTF()
    for index in range(raw.FPDFText_CountChars(text)):
        characters.append(chr(raw.FPDFText_GetUnicode(text, index)))
        raw.FPDFText_GetLooseCharBox(text, index, rectangle)
        boxes.extend(seen.box(rectangle.left, rectangle.top, rectangle.right, rectangle.bottom))
    return "".join(characters), boxes


def _field_value(form: Any, annotation: Any) -> str:  # noqa: ANN401
    size = raw.FPDFAnnot_GetFormFieldValue(form, annotation, None, 0)
    buffer = (ctypes.c_ushort * (size // 2))()
    raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size)
    return bytes(buffer).decode("utf-16-le", errors="replace").rstrip("\0")


def _with_field(characters: str, boxes: array[float], value: str, box: Box) -> tuple[str, array[float]]:
    """Put a field's value after the last character on its line, where a reader expects it; else at the end."""
    after = -1
    for index in range(len(characters)):
        left, top, right, bottom = boxes[4 * index : 4 * index + 4]
        if right > left and right <= box.left + 1 and box.top <= (top + bottom) / 2 <= box.bottom:
            after = index
    place = after + 1 if after >= 0 else len(characters)
    step = (box.right - box.left) / len(value)
    spread = array("f", (box.left, box.top, box.left, box.bottom))
    for index in range(len(value)):
        spread.extend((box.left + index * step, box.top, box.left + (index + 1) * step, box.bottom))
    lead = " " if after >= 0 else "\n"
    return characters[:place] + lead + value + characters[place:], boxes[: 4 * place] + spread + boxes[4 * place :]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise SignerError(ErrorCode.DOCUMENT_BROKEN, "PDFium cannot show a page") from error
