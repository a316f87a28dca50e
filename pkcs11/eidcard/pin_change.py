"""Changing the PIN of a card. Unblocking is not here: it needs codes that only the municipality has."""

from __future__ import annotations

from collections.abc import Callable

from eidcard.applet import Applet, EidApplet, again_after_reset
from eidcard.connection import CardConnection
from eidcard.pin import Pin
from eidcard.pinpad import Pinpad, find_pinpad
from signer.errors import ErrorCode, SignerError


class PinChange:
    """One card whose PIN is to be changed, over a connection that it owns."""

    def __init__(
        self, connection: CardConnection, applet: EidApplet, tries_left: int | None, pinpad: Pinpad | None
    ) -> None:
        self._connection = connection
        self._applet = applet
        self._pinpad = pinpad
        self.tries_left = tries_left  # as read, or as the last wrong PIN told; None: the card cannot tell

    @classmethod
    def open(cls, connection: CardConnection) -> PinChange:
        """Read what is known before the PIN is asked.

        Raises SignerError NOT_AN_EID, CARD_TOO_OLD, PIN_BLOCKED and those of the connection, which stays the caller's
        then.
        """
        applet = EidApplet.open(connection)
        if applet.version is Applet.V1_1:
            raise SignerError(ErrorCode.CARD_TOO_OLD, "applet 1.1 or older is only read")
        tries_left, pinpad = again_after_reset(lambda: _read(applet, connection))
        if tries_left == 0:
            raise SignerError(ErrorCode.PIN_BLOCKED, tries_left=0)
        return cls(connection, applet, tries_left, pinpad)

    @property
    def at_reader(self) -> bool:
        """Whether the reader's own keys take all three PINs (``change_at_reader``), and no PIN comes from us."""
        return self._pinpad is not None

    def change(self, old: Pin, new: Pin, again: Pin) -> None:
        """Give the card the new PIN, typed twice; all three are wiped whatever happens.

        Raises SignerError PIN_FORMAT or PIN_NOT_REPEATED before anything is sent, PIN_WRONG with ``tries_left``,
        PIN_BLOCKED and those of the connection.
        """
        with old, new, again:
            if self._pinpad is not None:
                raise SignerError(ErrorCode.PIN_FORMAT, "the PINs are typed on the reader")
            if not new.is_same_as(again):
                raise SignerError(ErrorCode.PIN_NOT_REPEATED)
            self._counting_tries(lambda: self._applet.change_pin(old, new))

    def change_at_reader(self) -> None:
        """Have the reader ask for the PIN, and for the new one twice, up to 30 seconds for each.

        Raises as ``change``, and PIN_TIMEOUT, PIN_CANCELLED; ValueError unless ``at_reader``.
        """
        pinpad = self._pinpad
        if pinpad is None:
            raise ValueError("this reader has no keys that change a PIN")
        self._counting_tries(lambda: self._applet.change_pin_by(pinpad))

    def close(self) -> None:
        """Let go of the card; harmless when done twice."""
        self._connection.close()

    def _counting_tries(self, change: Callable[[], None]) -> None:
        try:
            change()
        except SignerError as error:
            self.tries_left = self.tries_left if error.tries_left is None else error.tries_left
            raise


def _read(applet: EidApplet, connection: CardConnection) -> tuple[int | None, Pinpad | None]:
    """Give the tries left, and the keys of the reader if they can change a PIN: some can only verify one."""
    with applet.undisturbed():
        pinpad = find_pinpad(connection)
        return applet.tries_left(), pinpad if pinpad is not None and pinpad.can_change else None
