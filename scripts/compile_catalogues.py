"""Compile each catalogue (.po) to what gettext reads (.mo), where that is missing or older."""

from __future__ import annotations

import sys

from babel.messages.mofile import write_mo
from catalogue import LANGUAGES, po_file, read


def main() -> int:
    """Compile what is out of date; 0 when all went well."""
    for language in LANGUAGES:
        source = po_file(language)
        target = source.with_suffix(".mo")
        if source.exists() and not (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            with target.open("wb") as binary:
                write_mo(binary, read(language))
    return 0


if __name__ == "__main__":
    sys.exit(main())
