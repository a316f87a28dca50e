"""Where the pages lie on the desk: one column, in whole device pixels, so that each page is as sharp as can be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from ui.desktop.document.paper import Cut, Size

CSS_PIXELS_PER_POINT: Final = 96 / 72  # at 100 % a page has its own size on a screen of 96 dots an inch
MARGIN: Final = 28  # logical pixels around the column
GAP: Final = 16  # between pages
TILE: Final = 1216  # device pixels a side at most: an A4 page at 100 % is one tile, of 3.5 MB


class Rect(NamedTuple):
    """Whole device pixels, from the upper left corner of the column's own area."""

    left: int
    top: int
    width: int
    height: int

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height


@dataclass(frozen=True)
class Layout:
    """Pages at one zoom (1.0 is 100 %) on a screen of one device pixel ratio."""

    sizes: tuple[Size, ...]
    zoom: float
    ratio: float
    room: int = 0  # device pixels across that are there anyway

    @cached_property
    def scale(self) -> float:
        """Device pixels for a point."""
        return self.zoom * self.ratio * CSS_PIXELS_PER_POINT

    @cached_property
    def pixels(self) -> tuple[tuple[int, int], ...]:
        """Each page's width and height."""
        scale = self.scale
        return tuple((max(1, round(width * scale)), max(1, round(height * scale))) for width, height in self.sizes)

    @cached_property
    def width(self) -> int:
        """The whole area's width."""
        widest = max((width for width, _ in self.pixels), default=0)
        margins = 2 * round((MARGIN - 1) * self.ratio)  # a pixel less: rounding never asks for a scroll bar
        return max(self.room, widest + margins)

    @cached_property
    def height(self) -> int:
        """The whole area's height, with room below for the tool bar."""
        last = len(self.sizes) - 1
        return self._tops[last] + self.pixels[last][1] + round(3 * MARGIN * self.ratio) if self.sizes else 0

    def page(self, number: int) -> Rect:
        """Where a page lies."""
        width, height = self.pixels[number]
        return Rect((self.width - width) // 2, self._tops[number], width, height)

    def between(self, top: int, bottom: int) -> range:
        """Which pages lie between two heights."""
        first = self.at(top)
        if self.sizes and self.page(first).bottom <= top:
            first += 1
        return range(first, bisect_right(self._tops, bottom - 1) if self.sizes else 0)

    def at(self, height: int) -> int:
        """Which page lies at a height, or before the gap that does."""
        return max(0, bisect_right(self._tops, height) - 1)

    def cuts(self, number: int, top: int, bottom: int) -> Iterator[Cut]:
        """Give the tiles of a page that lie between two heights of the area."""
        page = self.page(number)
        rows = -(-page.height // TILE)
        columns = -(-page.width // TILE)
        tall, wide = -(-page.height // rows), -(-page.width // columns)
        for row in range(rows):
            start = row * tall
            height = min(tall, page.height - start)
            if page.top + start >= bottom or page.top + start + height <= top:
                continue
            for column in range(columns):
                left = column * wide
                yield Cut(left, start, min(wide, page.width - left), height, (page.width, page.height))

    @cached_property
    def _tops(self) -> list[int]:
        tops, top = [], round(MARGIN * self.ratio)
        for _, height in self.pixels:
            tops.append(top)
            top += height + round(GAP * self.ratio)
        return tops
