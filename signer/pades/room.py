"""Where on a page a signature panel may stand: in sight, upright, and over nothing that anybody is to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from pypdfium2 import raw

from signer.pades import pdfium
from signer.pades.overlap import Box, annotation_boxes, drawn_on

SIZE: Final = (190.0, 62.0)  # points; what a panel needs to be read
_MARGIN: Final = 12.0  # points from the page's edge
_STEP: Final = 12.0
_AIR: Final = 3.0  # points between the panel and what is there already
_SCALES: Final = (1.0, 0.75, 0.5)
_BACKGROUND: Final = 0.5  # of the page: what is larger is behind the text, not something to read


class Place(NamedTuple):
    """A rectangle in the page's own coordinates (points), and how far the page is turned when shown (degrees)."""

    box: Box
    rotation: int


def free_place(path: Path, page: int = -1) -> Place | None:
    """Find room for a panel on a page; None: there is none. Raises SignerError as pdfium does.

    The lowest free place wins, the leftmost of those: contracts are signed at their end.
    """
    with pdfium.opened(path) as document, closing(document[page % len(document)]) as shown:
        rotation = 90 * (raw.FPDFPage_GetRotation(shown) % 4)
        whole = Box(*map(float, shown.get_cropbox()))
        paper = _turned(whole, whole, rotation)
        taken = [_turned(box, whole, rotation) for box in _taken(shown, whole)]
    found = next((box for box in _candidates(paper) if not any(box.meets(each) for each in taken)), None)
    if found is None:
        return None
    return Place(_turned_back(found, whole, rotation), rotation)


def any_place(path: Path, page: int = -1) -> Place:
    """Give the lower left corner of a page, over whatever stands there: for what must be seen in any case."""
    with pdfium.opened(path) as document, closing(document[page % len(document)]) as shown:
        rotation = 90 * (raw.FPDFPage_GetRotation(shown) % 4)
        whole = Box(*map(float, shown.get_cropbox()))
    width, height = (size * _SCALES[-1] for size in SIZE)
    seen = _turned(whole, whole, rotation)
    return Place(_turned_back(Box(0, 0, min(width, seen.right), min(height, seen.top)), whole, rotation), rotation)


def _taken(page: object, whole: Box) -> Iterator[Box]:
    """Give what is on the page, with some air around it."""
    largest = _BACKGROUND * _area(whole)
    for each in drawn_on(page):
        if not each.is_path or _area(each.box) < largest:
            yield _wider(each.box)
    yield from map(_wider, annotation_boxes(page))


def _candidates(paper: Box) -> Iterator[Box]:
    """Go through a page as it is seen, from the bottom up and from the left, for a smaller and smaller panel."""
    for scale in _SCALES:
        width, height = SIZE[0] * scale, SIZE[1] * scale
        for y in _steps(paper.bottom + _MARGIN, paper.top - _MARGIN - height):
            for x in _steps(paper.left + _MARGIN, paper.right - _MARGIN - width):
                yield Box(x, y, x + width, y + height)


def _steps(first: float, last: float) -> Iterator[float]:
    at = first
    while at <= last:
        yield at
        at += _STEP


def _turned(box: Box, whole: Box, rotation: int) -> Box:
    """Give a box as it is seen when the page is turned clockwise; the page's lower left is then 0, 0."""
    left, bottom = box.left - whole.left, box.bottom - whole.bottom
    right, top = box.right - whole.left, box.top - whole.bottom
    width, height = whole.right - whole.left, whole.top - whole.bottom
    return {
        0: Box(left, bottom, right, top),
        90: Box(bottom, width - right, top, width - left),
        180: Box(width - right, height - top, width - left, height - bottom),
        270: Box(height - top, left, height - bottom, right),
    }[rotation]


def _turned_back(box: Box, whole: Box, rotation: int) -> Box:
    seen = _turned(whole, whole, rotation)
    left, bottom, right, top = _turned(box, seen, (360 - rotation) % 360)
    return Box(left + whole.left, bottom + whole.bottom, right + whole.left, top + whole.bottom)


def _wider(box: Box) -> Box:
    return Box(box.left - _AIR, box.bottom - _AIR, box.right + _AIR, box.top + _AIR)


def _area(box: Box) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.top - box.bottom)
