"""Changing the PIN of a card. Unblocking is not here: it needs codes that only the municipality has."""

from __future__ import annotations

from eidcard.applet import Applet, EidApplet, again_after_reset
from eidcard.connection import CardConnection
from eidcard.pin import Pin
from signer.errors import ErrorCode, SignerError


class PinChange:
    """One card whose PIN is to be changed, over a connection that it owns."""

    def __init__(self, connection: CardConnection, applet: EidApplet, tries_left: int | None) -> None:
        self._connection = connection
        self._applet = applet
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
        tries_left = again_after_reset(lambda: _tries_left(applet))
        if tries_left == 0:
            raise SignerError(ErrorCode.PIN_BLOCKED, tries_left=0)
        return cls(connection, applet, tries_left)

    def change(self, old: Pin, new: Pin, again: Pin) -> None:
        """Give the card the new PIN, typed twice; all three are wiped whatever happens.

        Raises SignerError PIN_FORMAT or PIN_NOT_REPEATED before anything is sent, PIN_WRONG with ``tries_left``,
        PIN_BLOCKED and those of the connection.
        """
        with old, new, again:
            if not new.is_same_as(again):
                raise SignerError(ErrorCode.PIN_NOT_REPEATED)
            try:
                self._applet.change_pin(old, new)
            except SignerError as error:
                self.tries_left = self.tries_left if error.tries_left is None else error.tries_left
                raise

    def close(self) -> None:
        """Let go of the card; harmless when done twice."""
        self._connection.close()


def _tries_left(applet: EidApplet) -> int | None:
    with applet.undisturbed():
        return applet.tries_left()
