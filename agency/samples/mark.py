"""The agency's mark: a sun on its horizon, as a raster with the grain of a scanned letterhead.

Real contracts carry such pictures, and weigh what they weigh because of them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from PIL import Image, ImageDraw

SIDE: Final = 216  # pixels; 25 points on paper, so 620 dots an inch
_TOP, _BOTTOM = (8, 58, 122), (52, 120, 196)  # sky, from zenith to horizon
_SEA: Final = (9, 48, 98)
_GRAIN: Final = 6  # levels of 256
_CORNER: Final = 34


@cache
def mark() -> Image.Image:
    """Draw the mark, the same to the byte every time."""
    picture = Image.new("RGB", (SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    horizon = SIDE * 62 // 100
    for y in range(horizon):
        share = y / horizon
        pen.line((0, y, SIDE, y), tuple(round(a + (b - a) * share) for a, b in zip(_TOP, _BOTTOM, strict=True)))
    pen.rectangle((0, horizon, SIDE, SIDE), _SEA)
    radius = SIDE * 27 // 100
    middle = SIDE // 2
    pen.pieslice((middle - radius, horizon - radius, middle + radius, horizon + radius), 180, 360, (255, 214, 120))
    for row, width in enumerate((44, 30, 16)):
        y = horizon + 16 + 20 * row
        pen.rounded_rectangle((middle - width, y, middle + width, y + 6), 3, (255, 214, 120))
    return _on_white(_grained(picture))


def _grained(picture: Image.Image) -> Image.Image:
    plain = picture.tobytes()
    grain = hashlib.shake_128(b"grain").digest(len(plain))
    return Image.frombytes(
        "RGB", picture.size, bytes(min(255, p + g % _GRAIN) for p, g in zip(plain, grain, strict=True))
    )


def _on_white(picture: Image.Image) -> Image.Image:
    mask = Image.new("L", (SIDE * 4, SIDE * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, SIDE * 4 - 1, SIDE * 4 - 1), _CORNER * 4, 255)
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=mask.resize(picture.size, Image.Resampling.LANCZOS))
    return paper
