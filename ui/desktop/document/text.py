"""The text of a page and where each character stands: to find, to select, to read aloud. No Qt, no PDFium."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_SAME_LINE: Final = 0.5  # share of the lower box that two characters of a line have in common
_HYPHENS: Final = frozenset(
    "\u00ad\u2010\u2011\ufffe\x02"
)  # PDFium gives U+0002 or U+FFFE for a hyphen at a line's end


class Box(NamedTuple):
    """A rectangle on a page, in points from its upper left corner as it is shown."""

    left: float
    top: float
    right: float
    bottom: float


class Match(NamedTuple):
    """Where a text was found: characters ``start`` to ``end`` of a page, and what is to be marked."""

    page: int
    start: int
    end: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class PageText:
    """Characters in reading order; ``boxes`` has four numbers for each of them."""

    characters: str
    boxes: array[float] = field(repr=False)

    def box(self, index: int) -> Box:
        """Where one character stands."""
        return Box(*self.boxes[4 * index : 4 * index + 4])

    def nearest(self, x: float, y: float) -> int | None:
        """Find the character at a point, or the nearest one; None on a page without text."""
        best, nearest = float("inf"), None
        numbers = self.boxes
        for index in range(len(self.characters)):
            left, top, right, bottom = numbers[4 * index : 4 * index + 4]
            if right <= left:
                continue
            across = max(left - x, 0.0, x - right)
            down = max(top - y, 0.0, y - bottom)
            distance = across + 8 * down  # a point beside a line means that line
            if distance < best:
                best, nearest = distance, index
        return nearest

    def over(self, x: float, y: float) -> bool:
        """Whether a point is on a character, so that the pointer can say that text can be selected."""
        index = self.nearest(x, y)
        if index is None:
            return False
        left, top, right, bottom = self.box(index)
        return left - 2 <= x <= right + 2 and top <= y <= bottom

    def lines(self, start: int, end: int) -> tuple[Box, ...]:
        """Join the boxes of some characters, line by line."""
        joined: list[Box] = []
        for index in range(max(0, start), min(end, len(self.characters))):
            box = self.box(index)
            if box.right <= box.left or self.characters[index] in "\r\n":
                continue
            if joined and _on_one_line(joined[-1], box):
                last = joined[-1]
                joined[-1] = Box(
                    min(last.left, box.left),
                    min(last.top, box.top),
                    max(last.right, box.right),
                    max(last.bottom, box.bottom),
                )
            else:
                joined.append(box)
        return tuple(joined)

    def word(self, index: int) -> tuple[int, int]:
        """Give the start and end of the word around a character."""
        start = end = index
        while start > 0 and not self.characters[start - 1].isspace():
            start -= 1
        while end < len(self.characters) and not self.characters[end].isspace():
            end += 1
        return start, end

    def find(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Find a text, whatever its capitals, accents and line ends; gives starts and ends."""
        needle = _folded(wanted)[0].strip()
        haystack, places = _folded(self.characters)
        at = haystack.find(needle) if needle else -1
        while at >= 0:
            yield places[at], places[at + len(needle) - 1] + 1
            at = haystack.find(needle, at + len(needle))


def plain(characters: str) -> str:
    """Write a page's characters as people paste them: our line ends, and no marks of hyphenation."""
    text = characters.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("-" if sign in "\ufffe\x02" else sign for sign in text if sign != "\x00")


def _on_one_line(one: Box, other: Box) -> bool:
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    lower = min(one.bottom - one.top, other.bottom - other.top)
    return common > _SAME_LINE * lower and other.left > one.left - lower


def _folded(text: str) -> tuple[str, list[int]]:
    """Fold capitals, accents, white space and hyphens at line ends away; beside each sign, where it came from."""
    signs: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isspace():
            if signs and signs[-1] != " ":
                signs.append(" ")
                places.append(place)
            continue
        for sign in unicodedata.normalize("NFKD", character).casefold():
            if not unicodedata.combining(sign):
                signs.append("-" if sign in _HYPHENS else sign)
                places.append(place)
    return "".join(signs), places
