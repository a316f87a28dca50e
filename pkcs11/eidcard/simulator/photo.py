"""The photo of a simulated card: no face, only the word TEST in large dots, as a baseline JPEG of about 3 kB."""

from __future__ import annotations

from functools import cache
from typing import Final

_BLOCK: Final = 8  # pixels: JPEG codes blocks of 8 by 8, so that one dot is one block with a DC coefficient alone
_WORD: Final = (
    ".................",
    ".###.###.###.###.",
    "..#..#...#....#..",
    "..#..###.###..#..",
    "..#..#.....#..#..",
    "..#..###.###..#..",
    ".................",
)
_HEIGHT: Final = 25  # blocks: a portrait's 140 by 200 pixels, the word in its middle
_DARK, _LIGHT = -96, 96  # around middle grey
_COMMENT: Final = b"TEST card, nobody's photo. " * 90  # fills it up to the size of a real one

# The luminance DC table of ITU-T T.81, annex K.3: codes a bit length 0 to 11; and an AC table with end-of-block alone.
_DC_COUNTS: Final = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_DC_CODES: Final = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110")
_END_OF_BLOCK: Final = "0"


@cache
def marked_photo() -> bytes:
    """Give the JPEG."""
    width, height = len(_WORD[0]) * _BLOCK, _HEIGHT * _BLOCK
    frame = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _segment(0xFE, _COMMENT),
            _segment(0xDB, b"\0" + b"\x08" * 64),  # quantised by 8: a DC step is one grey level
            _segment(0xC0, frame),
            _segment(0xC4, b"\x00" + _DC_COUNTS + bytes(range(12))),
            _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\0"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            _packed(_scan()),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _scan() -> str:
    above = (_HEIGHT - len(_WORD)) // 2
    blank = "." * len(_WORD[0])
    rows = [blank] * above + list(_WORD) + [blank] * (_HEIGHT - above - len(_WORD))
    greys = [_DARK if dot == "#" else _LIGHT for row in rows for dot in row]
    return "".join(_difference(now - before) + _END_OF_BLOCK for before, now in zip([0, *greys], greys, strict=False))


def _difference(value: int) -> str:
    """Code a DC difference: its category, then its bits, those of negative ones reduced by one (T.81, F.1.2.1)."""
    size = abs(value).bit_length()
    bits = value if value > 0 else value + (1 << size) - 1
    return _DC_CODES[size] + (f"{bits:0{size}b}" if size else "")


def _packed(bits: str) -> bytes:
    padded = bits + "1" * (-len(bits) % 8)
    raw = bytes(int(padded[index : index + 8], 2) for index in range(0, len(padded), 8))
    return raw.replace(b"\xff", b"\xff\x00")
