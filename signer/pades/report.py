"""A plain report as a PDF: paragraphs in one embedded font, wrapped and paged; what it says is the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from signer.files import write_whole
from signer.paths import resource

_WIDTH, _HEIGHT, _MARGIN = 595.0, 842.0, 60.0  # A4, in points
_LEADING: Final = 1.45  # of lines, in em
_FONT: Final = resource("fonts", "NotoSans-Panel.ttf")
_NAME: Final = "/F1"
_SMALL: Final = 8


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text, its size and the space before it in points, its indent, and its colour (red, green, blue; 0 to 1)."""

    text: str
    size: int = 10
    before: float = 0.0
    indent: float = 0.0
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line at its place on a page."""

    page: int
    y: float
    text: str
    paragraph: Paragraph


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the report (ISO 32000-2, 7.11.4), under a name and with its media type."""

    name: str
    media_type: str
    content: bytes


def write_report(
    target: Path, title: str, language: str, paragraphs: Sequence[Paragraph], attachments: Sequence[Attachment] = ()
) -> None:
    """Write the report whole to ``target``; raises SignerError of the kind FILE."""
    content = BytesIO()
    writer = _document(title, language, paragraphs)
    for each in attachments:
        _attach(writer, each)
    writer.write(content)
    write_whole(target, content.getvalue())


def _attach(writer: PdfFileWriter, attachment: Attachment) -> None:
    data = embed.EmbeddedFileObject.from_file_data(writer, attachment.content, mime_type=attachment.media_type)
    embed.embed_file(writer, embed.FileSpec(attachment.name, attachment.name, data))


def _document(title: str, language: str, paragraphs: Sequence[Paragraph]) -> PdfFileWriter:
    writer = PdfFileWriter()
    font = GlyphAccumulator(writer, BytesIO(_FONT.read_bytes()), font_size=10)
    resources = generic.DictionaryObject(
        {generic.pdf_name("/Font"): generic.DictionaryObject({generic.pdf_name(_NAME): font.as_resource()})}
    )
    lines = list(_placed(font, paragraphs))
    pages = lines[-1].page + 1 if lines else 1
    for number in range(pages):
        drawn = [_drawn(font, line) for line in lines if line.page == number]
        footer = Paragraph(f"{title} · {number + 1}/{pages}", _SMALL, colour=(0.4, 0.4, 0.4))
        drawn.append(_drawn(font, _Line(number, _MARGIN / 2, footer.text, footer)))
        stream = writer.add_object(generic.StreamObject(stream_data=b"\n".join(drawn)))
        writer.insert_page(PageObject(stream, (0, 0, _WIDTH, _HEIGHT), resources))
    writer.set_info(generic.DictionaryObject({generic.pdf_name("/Title"): generic.pdf_string(title)}))
    writer.root[generic.pdf_name("/Lang")] = generic.pdf_string(language)
    return writer


def _placed(font: GlyphAccumulator, paragraphs: Sequence[Paragraph]) -> Iterator[_Line]:
    page, y = 0, _HEIGHT - _MARGIN
    for paragraph in paragraphs:
        y -= paragraph.before
        for text in _wrapped(font, paragraph):
            y -= paragraph.size * _LEADING
            if y < _MARGIN:
                page, y = page + 1, _HEIGHT - _MARGIN - paragraph.size * _LEADING
            yield _Line(page, y, text, paragraph)


def _wrapped(font: GlyphAccumulator, paragraph: Paragraph) -> Iterator[str]:
    """Break between words, and inside one that no line has room for, such as a hash."""
    room, line = _WIDTH - 2 * _MARGIN - paragraph.indent, ""
    for word in paragraph.text.split():
        longer = f"{line} {word}" if line else word
        if _width(font, longer, paragraph.size) <= room:
            line = longer
            continue
        if line:
            yield line
        *whole, line = _pieces(font, word, paragraph.size, room)
        yield from whole
    yield line


def _pieces(font: GlyphAccumulator, word: str, size: int, room: float) -> Iterator[str]:
    while _width(font, word, size) > room and len(word) > 1:
        fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or _width(font, word[:n], size) <= room)
        yield word[:fits]
        word = word[fits:]
    yield word


def _width(font: GlyphAccumulator, text: str, size: int) -> float:
    font.font_size = size
    return float(font.shape(text).x_advance * size)


def _drawn(font: GlyphAccumulator, line: _Line) -> bytes:
    size = line.paragraph.size
    font.font_size = size
    place = b"%g %g %g rg %s %d Tf %g %g Td" % (
        *line.paragraph.colour,
        _NAME.encode(),
        size,
        _MARGIN + line.paragraph.indent,
        line.y,
    )
    return b"BT %s %s ET" % (place, font.shape(line.text).graphics_ops)
