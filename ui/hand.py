"""The one way of a PIN from a face to the card: handed over once, and wiped by whoever takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eidcard.pin import Pin
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


class LendingHand(Hand):
    """Lends one PIN to several signatures, one after the other; ``forget`` wipes it, at the end or at a mishap.

    Where it does not lend it is a hand like any other: whoever takes the PIN wipes it.
    """

    def __init__(self, *, lends: bool = True) -> None:
        super().__init__()
        self.lends = lends
        self._kept: Pin | None = None
        self.card: tuple[bytes, str] | None = None  # whose PIN it is: certificate, and reader

    @property
    def full(self) -> bool:
        """Whether there is a PIN to lend."""
        return self._kept is not None

    @contextmanager
    def not_lending(self) -> Iterator[None]:
        """Be a hand like any other for a while."""
        before, self.lends = self.lends, False
        try:
            yield
        finally:
            self.lends = before

    def put(self, pin: ErasablePin) -> None:
        """Keep a PIN until it is forgotten."""
        if not self.lends:
            super().put(pin)
            return
        assert isinstance(pin, Pin)
        self.forget()
        self._kept = pin

    def take(self) -> ErasablePin | None:
        """Give the PIN for one signature; who takes it cannot wipe it."""
        return self._kept.lend() if self._kept is not None else super().take()

    def forget(self) -> None:
        """Wipe the PIN, lent or not."""
        if self._kept is not None:
            self._kept.wipe()
            self._kept = None
        pin = super().take()
        if pin is not None:
            pin.wipe()
