"""Mishaps on demand: a hook that answers for the card, or has it pulled, at a chosen command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BeforeCommand = Callable[[bytes], bytes | None]


class CardPulledError(Exception):
    """The card was pulled out before it answered."""


@dataclass(slots=True)
class Fault:
    """Strikes once: at the ``at``-th command from now (from 1), or at the first with instruction ``ins``, or both.

    ``answer`` is what comes instead of the card's own (data and status word); None pulls the card.
    """

    at: int | None = None
    ins: int | None = None
    answer: bytes | None = None
    _seen: int = 0
    _struck: bool = False

    def __call__(self, apdu: bytes) -> bytes | None:
        """Look at a command; gives the answer to send instead of the card's, or None to let it pass."""
        if self.ins is None or apdu[1:2] == bytes((self.ins,)):
            self._seen += 1
            if not self._struck and self._seen == (self.at or 1):
                self._struck = True
                return self._strike()
        return None

    def _strike(self) -> bytes:
        if self.answer is None:
            raise CardPulledError
        return self.answer
