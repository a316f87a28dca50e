"""What a signature looks like on the page: who, when, what kind; never a national number."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from pyhanko.pdf_utils import generic, layout
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp.base import BaseStamp, BaseStampStyle

from signer.certificates import TEST_MARK
from signer.i18n import translator
from signer.paths import resource

_ZONE: Final = ZoneInfo("Europe/Brussels")  # of the contract's law, whatever the PC's clock is set to
_FONT: Final = resource("fonts", "NotoSans-Panel.ttf")  # scripts/make_panel_font.py: quick to subset
_FONT_NAME: Final = "/F1"
_LEADING: Final = 1.35  # Noto Sans: ascent and descent together, in em
_MARGIN: Final = 4.0  # points
_MAX_SCALE: Final = 1.2  # a large field does not make large letters
_BLACK: Final = b"0 0 0 rg"
_RED: Final = b"0.75 0 0 rg"


class Line(NamedTuple):
    """One line of the panel: its text, size in points, and colour operator."""

    text: str
    size: int
    colour: bytes = _BLACK


def panel_lines(name: str, claimed_at: datetime, language: str, *, qualified: bool, test: bool) -> tuple[Line, ...]:
    """Say who signed, when and how, in the document's language; ``test`` never says qualified."""
    _ = translator(language).gettext
    kind = _("qualified electronic signature") if qualified else _("electronic signature")
    body = (Line(name, 11), Line(_shown_time(claimed_at), 8))
    if test:
        return (Line(TEST_MARK, 22, _RED), *body, Line(_("test signature, without legal value"), 8, _RED))
    return (*body, Line(kind, 8))


@dataclass(frozen=True)
class PanelStyle(BaseStampStyle):
    """Hands the lines to pyHanko, which asks for the panel when it knows the field's size."""

    lines: tuple[Line, ...] = ()
    rotation: int = 0  # degrees clockwise by which the page is turned when shown: the panel is turned back
    border_width: int = 0

    def create_stamp(
        self,
        writer: BasePdfFileWriter,
        box: layout.BoxConstraints,
        text_params: dict[str, object],  # noqa: ARG002 (pyHanko's signature)
    ) -> BaseStamp:
        """Make the panel for one field."""
        return _Panel(writer, self, box)


class _Panel(BaseStamp):
    """Lines from the top left, scaled down until they fit."""

    style: PanelStyle

    def _render_inner_content(self) -> list[bytes]:
        assert self.writer is not None
        with _FONT.open("rb") as font:  # the font is read at once, its subset made when the file is written
            engine = GlyphAccumulator(self.writer, BytesIO(font.read()), font_size=10)
        self.set_resource(ResourceType.FONT, generic.pdf_name(_FONT_NAME), engine.as_resource())
        width, height, shapes = _shape(engine, self.style.lines)
        across, up, upright = _turned_back(self.box.width, self.box.height, self.style.rotation)
        scale = min(_MAX_SCALE, self._room(across, width), self._room(up, height))
        top = (up + height * scale) / 2
        return [upright, b"%g 0 0 %g %g %g cm" % (scale, scale, min(_MARGIN, across / 10), top), *shapes]

    @staticmethod
    def _room(available: float, natural: float) -> float:
        return max(available - 2 * _MARGIN, 1.0) / natural


def _turned_back(width: float, height: float, rotation: int) -> tuple[float, float, bytes]:
    """Give a field's width and height as they are seen, and the operator that sets what is drawn in it upright."""
    return {
        0: (width, height, b""),
        90: (height, width, b"0 1 -1 0 %g 0 cm" % width),
        180: (width, height, b"-1 0 0 -1 %g %g cm" % (width, height)),
        270: (height, width, b"0 -1 1 0 0 %g cm" % height),
    }[rotation % 360]


def _shape(engine: GlyphAccumulator, lines: Sequence[Line]) -> tuple[float, float, list[bytes]]:
    """Turn lines into operators below the origin; gives width and height at natural size, in points."""
    width, y, commands = 1.0, 0.0, []
    for line in lines:
        engine.font_size = line.size
        shaped = engine.shape(_drawable(line.text, engine.tt.getBestCmap()))
        width = max(width, shaped.x_advance * line.size)
        y -= line.size * _LEADING
        baseline = y + line.size * 0.3
        start = b"BT %s %s %d Tf 0 %g Td" % (line.colour, _FONT_NAME.encode(), line.size, baseline)
        commands += [start, shaped.graphics_ops, b"ET"]
    return width, -y, commands


def _drawable(text: str, letters: Container[int]) -> str:
    """Write a name in letters that the font has: Latin, Greek and Cyrillic with all accents, as on identity cards.

    What it lacks is written without its accent, or as a question mark: an empty box would look like a fault.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(each if ord(each) in letters else _plainer(each, letters) for each in composed)


def _plainer(letter: str, letters: Container[int]) -> str:
    plain = "".join(each for each in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(each))
    return plain if plain and all(ord(each) in letters for each in plain) else "?"


def _shown_time(moment: datetime) -> str:
    return f"{moment.astimezone(_ZONE):%d/%m/%Y %H:%M:%S %Z}"
