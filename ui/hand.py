"""The one way of a PIN from a face to the card: handed over once, and wiped by whoever takes it."""

from __future__ import annotations

from signer.ports import ErasablePin


class Hand:
    """Holds the PIN between the prompt and the card; whoever takes it wipes it."""

    def __init__(self) -> None:
        self._pin: ErasablePin | None = None

    def put(self, pin: ErasablePin) -> None:
        """Keep a PIN until it is taken; one that nobody took is wiped."""
        before = self.take()
        if before is not None:
            before.wipe()
        self._pin = pin

    def take(self) -> ErasablePin | None:
        """Give the PIN and forget it."""
        pin, self._pin = self._pin, None
        return pin
