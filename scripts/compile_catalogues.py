"""Compile resources/locale/*/LC_MESSAGES/paraph.po to .mo where the .mo is missing or older."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "resources" / "locale"


def main() -> int:
    """Compile what is out of date; 0 when all went well."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/paraph.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parts[-3], domain="paraph")
        with target.open("wb") as binary:
            write_mo(binary, catalogue)
    return 0


if __name__ == "__main__":
    sys.exit(main())
