"""What was found so far, and which of it is shown now."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import attrgetter

from PySide6.QtGui import QColor

from ui.desktop.document import look
from ui.desktop.document.text import Box, Match


class Findings:
    """Matches in the order of the document; they come page by page, not always in order."""

    def __init__(self) -> None:
        self._matches: list[Match] = []
        self._pages_left = 0
        self.now: Match | None = None

    def __len__(self) -> int:
        return len(self._matches)

    @property
    def searching(self) -> bool:
        """Whether there are pages that nobody looked at yet."""
        return self._pages_left > 0

    @property
    def number(self) -> int:
        """Which match is shown, from 1; 0 for none."""
        return bisect_left(self._matches, self.now) + 1 if self.now else 0

    def forget(self, pages: int = 0) -> None:
        """Begin again, with so many pages to look at."""
        self._matches, self._pages_left, self.now = [], pages, None

    def add(self, matches: tuple[Match, ...]) -> None:
        """Add what was found on one page."""
        self._pages_left -= 1
        for match in matches:
            insort(self._matches, match)

    def step(self, by: int) -> Match | None:
        """Go to the next match or the one before; after the last comes the first."""
        if not self._matches:
            return None
        self.now = self._matches[(self.number - 1 + by) % len(self._matches)] if self.now else self._matches[0]
        return self.now

    def marks(self, page: int) -> Iterator[tuple[tuple[Box, ...], QColor]]:
        """Give what is to be marked on a page."""
        start = bisect_left(self._matches, page, key=attrgetter("page"))
        for match in self._matches[start:]:
            if match.page != page:
                return
            yield match.boxes, look.FOUND_NOW if match is self.now else look.FOUND
