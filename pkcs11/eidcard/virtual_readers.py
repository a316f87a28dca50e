"""Readers that are none: the system lists them, but nobody can put a card in."""

from __future__ import annotations

from typing import Final

_NAMES: Final = ("windows hello",)  # Windows Hello for Business shows a card that nobody put in


def is_virtual(reader: str) -> bool:
    """Tell by its name whether a reader is to be skipped."""
    return reader.lower().startswith(_NAMES)
