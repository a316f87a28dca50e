"""Finding out which eID a card is, in a thread of its own: another program's transaction would block who asks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing

from eidcard.applet import Applet, EidApplet
from eidcard.pcsc import PcscContext
from signer.errors import ErrorCode, SignerError

_LOG = logging.getLogger("paraph.monitor")

RecogniseIn = Callable[[str], Applet]


def recognise_in(reader: str) -> Applet:
    """See which eID is in a reader, by a context of its own; waits for a program that keeps the card.

    Raises SignerError NOT_AN_EID and those of the connection.
    """
    with closing(PcscContext()) as context, closing(context.connect(reader)) as connection:
        return EidApplet.open(connection).version


class Recognition:
    """One attempt; it may outlast its welcome, for PC/SC knows no way to call it off (pcsc-lite, SCardTransmit)."""

    def __init__(self, reader: str, recognise: RecogniseIn) -> None:
        self._reader = reader
        self._recognise = recognise
        self._done = threading.Event()
        self._answer: Applet | ErrorCode = ErrorCode.CARD_UNKNOWN
        threading.Thread(target=self._run, name="card recognition", daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the answer; False when ``timeout_s`` seconds went by."""
        return self._done.wait(timeout_s)

    @property
    def answer(self) -> Applet | ErrorCode:
        """Which eID it is, or why that is not known."""
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._recognise(self._reader)
        except SignerError as error:
            _LOG.debug("%s: %s", self._reader, error)
            self._answer = error.code
        finally:
            self._done.set()
