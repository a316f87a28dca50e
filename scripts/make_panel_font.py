"""Make the signature panel's font from Noto Sans: the same glyphs, without the layout tables.

Subsetting reads those tables (kerning, ligatures, mark placement) whole, which is most of the time that preparing a
signature takes; a name and a date in a panel do without.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FONTS: Final = Path(__file__).resolve().parent.parent / "resources" / "fonts"
_LAYOUT: Final = ("GPOS", "GSUB", "GDEF")


def main() -> int:
    """Write NotoSans-Panel.ttf."""
    font = TTFont(FONTS / "NotoSans-Regular.ttf")
    for table in _LAYOUT:
        del font[table]
    font.save(FONTS / "NotoSans-Panel.ttf")
    return 0


if __name__ == "__main__":
    sys.exit(main())
