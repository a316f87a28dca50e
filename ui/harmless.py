"""Text of others, made harmless for any screen: nothing in it can reorder, hide or command."""

from __future__ import annotations

import unicodedata
from typing import Final

_KEPT: Final = frozenset("\n\t")
_HARMFUL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, bidi overrides, unassigned (UAX 44)


def harmless(text: str) -> str:
    """Take out escape sequences and reordering; line ends and tabs stay."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    harmful = character not in _KEPT and unicodedata.category(character) in _HARMFUL
    return "\N{REPLACEMENT CHARACTER}" if harmful else character
