"""The link between a simulated card and vpcd, the virtual reader of vsmartcard: TCP, each message after its length.

The card is the client: connecting puts it in the reader, closing pulls it out. vpcd looks every 400 ms.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Final

from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import CardPulledError, CardResetError
from eidcard.simulator.pinpad import SimulatedPinpad

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 35963  # vpcd's own

_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
_QUICK_ACK: Final = getattr(socket, "TCP_QUICKACK", None)  # Linux alone; vpcd as a driver is there alone, too
_PATIENCE_S: Final = 10.0
_RETRY_S: Final = 0.02
# A card that comes back while pcscd powers the old one down is taken for it, and never powered on: so it is put in
# once more. Four looks of the reader, for a busy machine.
_POWER_ON_S: Final = 1.6


class VpcdLink:
    """Puts one card into one virtual reader and pulls it out again; a thread answers for the card meanwhile.

    ``pinpad``: the reader's own keys, reached by PPDU. ``power_on_s``: how long a card waits in the reader for its
    power before it is put in again.
    """

    def __init__(
        self,
        card: SimulatedCard,
        port: int = DEFAULT_PORT,
        host: str = HOST,
        *,
        pinpad: SimulatedPinpad | None = None,
        power_on_s: float = _POWER_ON_S,
    ) -> None:
        self.card = card
        self.pinpad = pinpad
        self.power_on_s = power_on_s
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._powered = threading.Event()
        self._answering = False
        self._powering = False

    @property
    def inserted(self) -> bool:
        """Whether the card is in the reader; not after a fault pulled it or the reader went away."""
        return self._thread is not None and self._thread.is_alive()

    def insert(self, timeout_s: float = _PATIENCE_S) -> None:
        """Put the card in and wait until it was powered on; harmless when it is in.

        Raises TimeoutError when no reader listens, or does not power it on, for ``timeout_s`` seconds.
        """
        deadline = time.monotonic() + timeout_s
        if self.inserted and self._powered.is_set():
            return
        self._powered.clear()
        while not self._powered.is_set():  # one that a fault has pulled since was in all the same
            self.remove()
            self._put_in(deadline)
            self._powered.wait(min(self.power_on_s, max(0.0, deadline - time.monotonic())))
            if time.monotonic() >= deadline and not self._powered.is_set():
                self.remove()
                raise TimeoutError("the virtual reader did not power the card on")

    def _put_in(self, deadline: float) -> None:
        self._powering = False
        self._socket = _connect(self._address, deadline)
        self._answering = True
        self._thread = threading.Thread(target=self._serve, args=(self._socket,), name="simulated card", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Pull the card out and wait until the reader has noticed; harmless when it is out.

        Only its answers stop, and the reader hangs up when it misses one: a card that came back before that would be
        taken for the old one, and not powered on.
        """
        if self._socket is not None:
            self._answering = False
            with contextlib.suppress(OSError):  # the reader may have closed first
                self._socket.shutdown(socket.SHUT_WR)
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
        if self._socket is not None:
            self._socket.close()
        self._socket = self._thread = None

    def _serve(self, link: socket.socket) -> None:
        with link, contextlib.suppress(CardPulledError, OSError):
            while (message := _receive(link)) is not None:
                answer = self._answer(message)
                if answer is not None:
                    link.sendall(len(answer).to_bytes(2, "big") + answer)
                self._note(message)
        self.card.power_off()

    def _note(self, message: bytes) -> None:
        """See when the reader is done powering on: it asks for the ATR after that, and a card gone by then is mute."""
        if message == _POWER_ON:
            self._powering = True
        elif message == _GET_ATR and self._powering:
            self._powered.set()

    def _answer(self, message: bytes) -> bytes | None:
        if not self._answering:
            return None
        return self._control(message) if len(message) == 1 else self._process(message)

    def _process(self, apdu: bytes) -> bytes:
        return self._at_card(apdu) if self.pinpad is None else self.pinpad.process(apdu, self._at_card)

    def _at_card(self, apdu: bytes) -> bytes:
        try:
            return self.card.process(apdu)
        except CardResetError:  # the reader has no word for it: the command reaches a card that has forgotten all
            return self.card.process(apdu)

    def _control(self, message: bytes) -> bytes | None:
        if message == _GET_ATR:
            return self.card.atr
        if message == _POWER_ON:
            self.card.power_on()
        elif message == _POWER_OFF:
            self.card.power_off()
        elif message == _RESET:
            self.card.reset()
        return None


def _connect(address: tuple[str, int], deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(address, timeout=None)
        except ConnectionRefusedError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no virtual reader listens on {address[0]}:{address[1]}") from error
            time.sleep(_RETRY_S)


def _receive(link: socket.socket) -> bytes | None:
    """Read one message; None when the reader closed the link."""
    head = _exactly(link, 2)
    return None if head is None else _exactly(link, int.from_bytes(head, "big"))


def _exactly(link: socket.socket, length: int) -> bytes | None:
    content = b""
    while len(content) < length:
        if _QUICK_ACK is not None:  # the system forgets it after each read; without it an APDU takes 44 ms more
            link.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        part = link.recv(length - len(content))
        if not part:
            return None
        content += part
    return content
