"""How a sample contract looks: an A4 page with the agency's head, tables, numbered conditions, two boxes to sign."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from agency.samples.mark import mark
from agency.samples.text import SampleText
from signer.paths import resource

_INK, _GREY, _LINE = HexColor("#172130"), HexColor("#5b6675"), HexColor("#c9d0d8")
_BLUE, _GREEN, _TINT = HexColor("#0b4f9f"), HexColor("#1b7a3d"), HexColor("#f3f6fa")
_REGULAR, _BOLD = "NotoSans", "NotoSans-Bold"
_MARGIN: Final = 22 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_HEAD: Final = 27 * mm
_LABEL: Final = 0.3 * _WIDTH

_TEXT: Final = ParagraphStyle("text", fontName=_REGULAR, fontSize=9, leading=13, textColor=_INK)
_CELL: Final = ParagraphStyle("cell", _TEXT, leading=12.5)
_CELL_LABEL: Final = ParagraphStyle("label", _CELL, textColor=_GREY)
_CELL_RIGHT: Final = ParagraphStyle("right", _CELL, alignment=TA_RIGHT)
_NOTE: Final = ParagraphStyle("note", _TEXT, fontSize=8, leading=11.5, textColor=_GREY, spaceBefore=4)
_ARTICLE: Final = ParagraphStyle(
    "article", _TEXT, leftIndent=20, spaceAfter=5.5, bulletFontName=_REGULAR, bulletFontSize=9, bulletColor=_GREY
)
_HEADING: Final = ParagraphStyle(
    "heading", _TEXT, fontName=_BOLD, fontSize=10, leading=13, textColor=_BLUE, spaceBefore=13, spaceAfter=5
)
_TITLE: Final = ParagraphStyle("title", _TEXT, fontName=_BOLD, fontSize=14, leading=18, alignment=TA_CENTER)
_GRID: Final = [
    ("GRID", (0, 0), (-1, -1), 0.5, _LINE),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 3.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4.2),
    ("LEFTPADDING", (0, 0), (-1, -1), 7),
    ("RIGHTPADDING", (0, 0), (-1, -1), 7),
]
_FIRST_COLUMN: Final = [("BACKGROUND", (0, 0), (0, -1), _TINT)]
_FIRST_ROW: Final = [("BACKGROUND", (0, 0), (-1, 0), _TINT)]

_BOX_HEIGHT: Final = 35 * mm
_BOX_GAP: Final = 8 * mm
_BOX_HEADER: Final = 11.5 * mm  # what the box says above the signature itself
_PARAPH: Final = (  # Bezier curves, in points within the agency's box
    (26, 62, 38, 70, 40, 56),
    (42, 44, 22, 26, 26, 24),
    (32, 22, 44, 52, 52, 48),
    (58, 44, 46, 30, 54, 32),
    (62, 34, 66, 50, 72, 46),
    (78, 40, 68, 30, 76, 32),
    (86, 34, 96, 44, 104, 40),
    (112, 36, 60, 24, 30, 22),
)


class Place(NamedTuple):
    """Where a signature goes: page from 0, rectangle in points from the page's lower left corner."""

    page: int
    rectangle: tuple[int, int, int, int]


def draw(text: SampleText, target: Path, *, sealed: bool) -> Place:
    """Write the document, with the agency's signature by hand or with a line that it is sealed.

    Gives where the worker is to sign.
    """
    _register_fonts()
    pages = _build(text, target, _Course(sealed=sealed), pages=0)[0]  # once to count them, once to say how many
    return _build(text, target, _Course(sealed=sealed), pages)[1]


def _build(text: SampleText, target: Path, course: _Course, pages: int) -> tuple[int, Place]:
    document = BaseDocTemplate(
        str(target),
        pagesize=A4,
        title=f"{text.words['title']} {text.values['id']}",
        author=text.words["header_left"][0],
        subject=text.words["footer"],
        creator="Paraph",
        lang=text.words["locale"],
        initialFontName=_REGULAR,
        pageCompression=0,  # as payroll programs write it, so that sizes are as in real life
    )
    frame = Frame(_MARGIN, 20 * mm, _WIDTH, A4[1] - 20 * mm - _HEAD - 14 * mm, 0, 0, 0, 0)
    document.addPageTemplates(
        PageTemplate(frames=[frame], onPage=lambda canvas, _: _draw_frame_of_page(canvas, text, pages))
    )
    story: list[Flowable] = [Spacer(0, 4), Paragraph(text.words["title"].upper(), _TITLE), Spacer(0, 4)]
    for block in text.blocks:
        story += _BUILDERS[block["kind"]](text, block, course)
    document.build(story)
    return document.page, course.boxes[0].place()


class _Course:
    """What runs through a whole document: the numbers of its conditions, and the boxes once they are placed."""

    def __init__(self, *, sealed: bool) -> None:
        self.sealed = sealed
        self.boxes: list[_Boxes] = []
        self._number = 0

    def next(self) -> int:
        """Give the next condition's number."""
        self._number += 1
        return self._number


class _Boxes(Flowable):  # type: ignore[misc]  # reportlab carries no types
    """Two boxes side by side: the agency's, and the worker's, dashed, where the signature goes."""

    def __init__(self, text: SampleText, *, sealed: bool) -> None:
        super().__init__()
        self._text, self._words, self._sealed = text, text.words["signatures"], sealed
        self._place = Place(0, (0, 0, 0, 0))

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return _WIDTH, _BOX_HEIGHT

    def draw(self) -> None:
        width, words = (_WIDTH - _BOX_GAP) / 2, self._words
        self._box(0, width, _LINE, self._text.say(words["agency"]), words["agency_name"])
        (self._say_sealed if self._sealed else self._sign_by_hand)()
        self._box(width + _BOX_GAP, width, _BLUE, self._text.say(words["worker"]), self._text.values["worker"])

    def _sign_by_hand(self) -> None:
        """Draw somebody's paraph, and who they are."""
        canvas: Canvas = self.canv
        canvas.saveState()
        canvas.setStrokeColor(_BLUE)
        canvas.setLineWidth(1.3)
        canvas.setLineCap(1)
        pen = canvas.beginPath()
        pen.moveTo(18, 34)
        for curve in _PARAPH:
            pen.curveTo(*curve)
        canvas.drawPath(pen)
        canvas.setFillColor(_GREY)
        canvas.setFont(_REGULAR, 8)
        canvas.drawString(8, 8, self._text.say(self._words["agency_line"]))
        canvas.restoreState()

    def _say_sealed(self) -> None:
        """Draw a tick, and when it was sealed; the seal itself is invisible."""
        canvas: Canvas = self.canv
        canvas.saveState()
        canvas.setStrokeColor(_GREEN)
        canvas.setFillColor(_GREEN)
        canvas.setLineWidth(1.2)
        canvas.lines(
            [(9, _BOX_HEIGHT - 37, 11.5, _BOX_HEIGHT - 39.5), (11.5, _BOX_HEIGHT - 39.5, 16, _BOX_HEIGHT - 33)]
        )
        canvas.setFont(_REGULAR, 8.5)
        canvas.drawString(20, _BOX_HEIGHT - 39, self._text.say(self._words["sealed"]))
        canvas.restoreState()

    def place(self) -> Place:
        """Tell where the worker's signature goes, after the document was built."""
        return self._place

    def _box(self, x: float, width: float, colour: HexColor, party: str, name: str) -> None:
        canvas: Canvas = self.canv
        canvas.saveState()
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(1)
        if colour is _BLUE:
            canvas.setDash(4, 2.5)
        canvas.roundRect(x, 0, width, _BOX_HEIGHT, 4)
        canvas.setFillColor(_BLUE if colour is _BLUE else _INK)
        canvas.setFont(_BOLD, 8.5)
        canvas.drawString(x + 8, _BOX_HEIGHT - 13, party)
        canvas.setFont(_REGULAR, 8.5)
        canvas.drawString(x + 8, _BOX_HEIGHT - 25, name)
        left, bottom = canvas.absolutePosition(x, 0)
        canvas.restoreState()
        top = bottom + _BOX_HEIGHT - _BOX_HEADER
        rectangle = (round(left + 4), round(bottom + 3), round(left + width - 4), round(top))
        self._place = Place(canvas.getPageNumber() - 1, rectangle)  # the last box is the worker's


class _FormRow(Flowable):  # type: ignore[misc]  # as above
    """A filled form field, as payroll programs leave them."""

    def __init__(self, name: str, value: str, label: str) -> None:
        super().__init__()
        self._name, self._value, self._label = name, value, label

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        return width, 14

    def draw(self) -> None:
        self.canv.acroForm.textfield(
            name=self._name, value=self._value, tooltip=self._label, relative=True, width=90, height=14, fontSize=9,
            fontName="Helvetica", borderWidth=0, borderStyle="underlined", fillColor=None, borderColor=None,
            textColor=_INK,
        )  # fmt: skip


def _table(text: SampleText, block: dict[str, Any], _course: _Course) -> list[Flowable]:
    rows = [
        [Paragraph(_marked(text, label), _CELL_LABEL), Paragraph(_marked(text, value), _CELL)]
        for label, value in block["rows"]
    ]
    return _kept(text, block, Table(rows, colWidths=[_LABEL, _WIDTH - _LABEL], style=[*_GRID, *_FIRST_COLUMN]))


def _form(text: SampleText, block: dict[str, Any], _course: _Course) -> list[Flowable]:
    rows = [
        [Paragraph(_marked(text, label), _CELL_LABEL), _FormRow(name, value, label)]
        for label, name, value in block["rows"]
    ]
    table = Table(rows, colWidths=[_LABEL, _WIDTH - _LABEL], style=[*_GRID, *_FIRST_COLUMN])
    return _kept(text, block, table, Paragraph(_marked(text, block["note"]), _NOTE))


def _timetable(text: SampleText, block: dict[str, Any], _course: _Course) -> list[Flowable]:
    rows = [[Paragraph(f"<b>{escape(column)}</b>", _CELL) for column in block["columns"]]]
    total = timedelta()
    for begin, end in text.shifts:
        cells = (
            text.words["weekdays"][begin.weekday()],
            f"{begin:{text.words['date']}}",
            f"{begin:%H:%M}",
            f"{end:%H:%M}",
            block["pause"],
        )
        total += end - begin
        rows.append([*(Paragraph(escape(cell), _CELL) for cell in cells), Paragraph(_hours(end - begin), _CELL_RIGHT)])
    if len(text.shifts) > 1:
        rows.append([Paragraph(f"<b>{block['total']}</b>", _CELL), "", "", "", "", _bold_hours(total)])
    widths = [share * _WIDTH for share in (0.19, 0.19, 0.13, 0.13, 0.22, 0.14)]
    table = Table(rows, colWidths=widths, style=[*_GRID, *_FIRST_ROW])
    return _kept(text, block, table, Paragraph(_marked(text, block["note"]), _NOTE))


def _articles(text: SampleText, block: dict[str, Any], course: _Course) -> list[Flowable]:
    items = [Paragraph(_marked(text, item), _ARTICLE, bulletText=f"{course.next()}.") for item in block["items"]]
    first = KeepTogether([Paragraph(_marked(text, block["heading"]), _HEADING), items[0]])
    return [first, *(KeepTogether([item]) for item in items[1:])]


def _signatures(text: SampleText, _block: dict[str, Any], course: _Course) -> list[Flowable]:
    course.boxes.append(_Boxes(text, sealed=course.sealed))
    done = Paragraph(_marked(text, text.words["signatures"]["done"]), _TEXT)
    return [KeepTogether([Spacer(0, 8), done, Spacer(0, 10), *course.boxes])]


_BUILDERS: Final[dict[str, Callable[[SampleText, dict[str, Any], _Course], list[Flowable]]]] = {
    "table": _table,
    "form": _form,
    "timetable": _timetable,
    "articles": _articles,
    "signatures": _signatures,
}


def _kept(text: SampleText, block: dict[str, Any], *parts: Flowable) -> list[Flowable]:
    return [KeepTogether([Paragraph(_marked(text, block["heading"]), _HEADING), *parts])]


def _draw_frame_of_page(canvas: Canvas, text: SampleText, pages: int) -> None:
    words, top = text.words, A4[1] - 17 * mm
    canvas.saveState()
    canvas.drawImage(ImageReader(mark()), _MARGIN, top - 19, 26, 26)
    name, *left = words["header_left"]
    canvas.setFillColor(_INK)
    canvas.setFont(_BOLD, 9)
    canvas.drawString(_MARGIN + 34, top, name.upper())
    canvas.setFillColor(_GREY)
    canvas.setFont(_REGULAR, 8)
    for line, said in enumerate(left, start=1):
        canvas.drawString(_MARGIN + 34, top - 11.5 * line, said)
    page = words["page"].format(page=canvas.getPageNumber(), pages=pages)
    for line, said in enumerate([*map(text.say, words["header_right"]), page]):
        canvas.drawRightString(A4[0] - _MARGIN, top - 11.5 * line, said)
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.5)
    canvas.line(_MARGIN, top - 33, A4[0] - _MARGIN, top - 33)
    canvas.setFontSize(7.5)
    canvas.drawCentredString(A4[0] / 2, 11 * mm, text.say(words["footer"]))
    canvas.restoreState()


def _marked(text: SampleText, sentence: str) -> str:
    """Turn **bold** and line ends into the marks that reportlab knows."""
    said = escape(text.say(sentence)).replace("\n", "<br/>")
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", said)


def _hours(length: timedelta) -> str:
    return f"{length / timedelta(hours=1):g} h"


def _bold_hours(length: timedelta) -> Paragraph:
    return Paragraph(f"<b>{_hours(length)}</b>", _CELL_RIGHT)


def _register_fonts() -> None:
    for name in (_REGULAR, _BOLD):
        file = "NotoSans-Bold.ttf" if name == _BOLD else "NotoSans-Regular.ttf"
        pdfmetrics.registerFont(TTFont(name, str(resource("fonts", file))))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD, italic=_REGULAR, boldItalic=_BOLD)
