"""How often agencies are asked for what is new: often enough for a worker, seldom enough for a server."""

from __future__ import annotations

from typing import Final

_USUAL_MS: Final = 60_000
_UNSEEN_MS: Final = 300_000  # nobody looks at the window
_FIRST_MS: Final = 10_000  # after the first time without an answer: a network is often gone for a moment
_LONGEST_MS: Final = 300_000


def next_look_ms(failed: int, *, seen: bool) -> int:
    """Give the milliseconds until the next look, after so many in a row to which somebody did not answer."""
    if failed:
        return min(_FIRST_MS << min(failed - 1, 8), _LONGEST_MS)
    return _USUAL_MS if seen else _UNSEEN_MS
