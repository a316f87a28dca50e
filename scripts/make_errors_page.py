"""Write docs/errors.md from the codes and their words: one section a code, for whoever looks up a support code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from signer.errors import ErrorCode, Kind
from ui.messages import MESSAGES

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

_HEAD: Final = """\
# What each support code means

Made from `signer/errors.py` and `ui/messages.py` by `scripts/make_errors_page.py`; do not edit it by hand. A code is
never used for something else, so an old report stays readable. Paraph says the same in each of its languages.
`paraph diagnose` finds out most of what stands here by itself ([the command line](cli.md)).
"""
_KINDS: Final = {
    Kind.CARD: "Card and reader",
    Kind.PIN: "PIN",
    Kind.CERTIFICATE: "Certificate",
    Kind.DOCUMENT: "Document",
    Kind.FILE: "Files on this computer",
    Kind.NETWORK: "Network",
    Kind.AGENCY: "Agency",
    Kind.MODULE: "eID software (PKCS#11)",
    Kind.INTERNAL: "Paraph itself",
}
_AGAIN: Final = {
    True: "Yes: everything is kept, and the same step can be tried again.",
    False: "No: something has to change first.",
}


def page() -> str:
    """Give the whole page."""
    return "\n".join((_HEAD, *_contents(), *(line for kind in Kind for line in _chapter(kind))))


def _contents() -> Iterator[str]:
    yield "| code | what the screen says | exit code |"
    yield "|---|---|---|"
    for code in ErrorCode:
        yield f"| [{code.support_id}](#{code.support_id.lower()}) | {_what_it_says(code)} | {code.kind.value} |"
    yield ""


def _what_it_says(code: ErrorCode) -> str:
    """Give the title, with the reason where several codes share it."""
    words = MESSAGES[code]
    shared = [each.title for each in MESSAGES.values()].count(words.title) > 1
    return f"{words.title}: {words.meaning.split('. ')[0].rstrip('.')}" if shared else words.title


def _chapter(kind: Kind) -> Iterator[str]:
    yield f"## {_KINDS[kind]}"
    yield ""
    for code in ErrorCode:
        if code.kind is kind:
            yield from _section(code)


def _section(code: ErrorCode) -> Iterator[str]:
    words = MESSAGES[code]
    yield f"### {code.support_id}"
    yield ""
    yield f"**{words.title}**"
    yield ""
    yield f"- What it means: {words.meaning}"
    yield f"- What to do: {words.next_step}"
    yield f"- Can trying again help? {_AGAIN[code.retriable]}"
    yield f"- Exit code of the command line: {code.kind.value}"
    yield ""


def main() -> int:
    """Write the page to the file that is named, else to docs/errors.md."""
    target = Path(sys.argv[1]) if sys.argv[1:] else PAGE
    target.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
