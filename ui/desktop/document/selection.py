"""What is selected, from one character to another, maybe over pages. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from ui.desktop.document.text import PageText

Place = tuple[int, int]  # page, character


@dataclass(frozen=True, slots=True)
class Selection:
    """From where the mouse went down to where it is now."""

    anchor: Place
    head: Place

    @property
    def start(self) -> Place:
        """The first character."""
        return min(self.anchor, self.head)

    @property
    def end(self) -> Place:
        """After the last character."""
        return max(self.anchor, self.head)

    def __bool__(self) -> bool:
        return self.anchor != self.head

    def on(self, page: int, length: int) -> tuple[int, int]:
        """Give the selected part of one page that has ``length`` characters."""
        if not self.start[0] <= page <= self.end[0]:
            return 0, 0
        first = self.start[1] if page == self.start[0] else 0
        last = self.end[1] if page == self.end[0] else length
        return first, last


def caret(text: PageText, x: float, y: float) -> int | None:
    """Give the place between two characters that is nearest to a point; None on a page without text."""
    index = text.nearest(x, y)
    if index is None:
        return None
    box = text.box(index)
    return index + (x > (box.left + box.right) / 2 or y > box.bottom)
