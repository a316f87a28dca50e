"""Text of others, made harmless for a terminal."""

from __future__ import annotations

from rich.markup import escape

from ui.harmless import harmless

__all__ = ["harmless", "plain"]


def plain(text: str) -> str:
    """Make any text printable by rich as it is, without its markup."""
    return escape(harmless(text))
