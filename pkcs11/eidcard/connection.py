"""What the applet needs of a card: the same for PC/SC, a simulated card in this process, and a recording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from eidcard.apdu import CommandApdu, ResponseApdu
from eidcard.pin import Pin
from signer.errors import ErrorCode, SignerError


class CardConnection(ABC):
    """One card in one reader. All it raises is SignerError of the kind CARD."""

    @property
    @abstractmethod
    def reader(self) -> str:
        """The reader's name, for people."""

    @property
    @abstractmethod
    def atr(self) -> bytes:
        """The card's answer to reset."""

    @abstractmethod
    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; raises CARD_REMOVED, CARD_RESET, CARD_IN_USE or CARD_GARBLED."""

    @abstractmethod
    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Send ``header`` with the PIN block from a buffer that is wiped, never logged or copied.

        VERIFY takes one block; CHANGE PIN two, of which ``new`` is the second.
        """

    def features(self) -> bytes:
        """Ask what the reader can do more: tag, length, control code of each (PC/SC part 10, 2.2); empty: nothing."""
        return b""

    def control(self, code: int, data: bytes) -> bytes:
        """Have the reader itself do something, by one of its control codes; raises as ``transmit``."""
        raise SignerError(ErrorCode.CARD_REFUSED, f"no control code {code:08X}, {len(data)} bytes")

    def firmware(self) -> int | None:
        """Tell the reader's version, major and minor in a byte each; None when it does not say."""
        return None

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs from the card for a while; nestable is not needed."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the card; harmless when done twice."""
