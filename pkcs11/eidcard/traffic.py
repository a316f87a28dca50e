"""The traffic with a card, for support, tests and benchmarks: lengths, status words and times, never the data.

What a card answers holds personal data, and VERIFY's body a PIN: neither is logged or recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Final, NamedTuple

from eidcard.apdu import CommandApdu, ResponseApdu, StatusWord
from eidcard.connection import CardConnection
from eidcard.pin import PIN_BLOCK_LENGTH, Pin

TRAFFIC: Final = 4  # below DEBUG; 5 is what uvicorn calls TRACE
logging.addLevelName(TRAFFIC, "TRAFFIC")
_log: Final = logging.getLogger("paraph.apdu")

_SELECT: Final = 0xA4
_MSE: Final = 0x22
_NAME: Final = {  # applet manual 1.8, list of commands
    _SELECT: "SELECT",
    0xB0: "READ BINARY",
    0xE4: "GET CARD DATA",
    0x20: "VERIFY",
    0x24: "CHANGE PIN",
    _MSE: "MSE SET",
    0x2A: "PSO",
    0xC0: "GET RESPONSE",
    0xE6: "LOGOFF",
    0x88: "INTERNAL AUTHENTICATE",
    0xC2: "PINPAD",
}
_SPEAKS_OF_NOBODY: Final = {_SELECT, _MSE}  # names of files, numbers of keys: the only bodies that are shown


class Exchange(NamedTuple):
    """One command and its answer, without what either said of a person."""

    name: str
    header: bytes
    lc: int  # bytes of the command's data
    data: bytes  # of SELECT and MSE SET; else empty
    le: int | None
    answered: int  # bytes of data
    sw: StatusWord | None  # None: no answer came
    milliseconds: float

    def __str__(self) -> str:
        body = self.data.hex() or (f"({self.lc} bytes)" if self.lc else "-")
        answer = "no answer" if self.sw is None else f"{self.sw:04X} + {self.answered} bytes"
        return f"{self.name:<14} {self.header.hex()} {body} -> {answer}, {self.milliseconds:.1f} ms"


class TracedConnection(CardConnection):
    """A connection that logs each exchange at TRAFFIC on ``paraph.apdu``, and tells a recorder, if there is one."""

    def __init__(self, inner: CardConnection, recorder: Callable[[Exchange], None] | None = None) -> None:
        self._inner = inner
        self._recorder = recorder

    @property
    def reader(self) -> str:
        """The reader's name, for people."""
        return self._inner.reader

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._inner.atr

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and note it."""
        with self._noted(command, len(command.data)) as answers:
            answers.append(self._inner.transmit(command))
        return answers[0]

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Send a PIN command and note its header."""
        with self._noted(header, PIN_BLOCK_LENGTH * (1 if new is None else 2)) as answers:
            answers.append(self._inner.transmit_pin(header, pin, new))
        return answers[0]

    def features(self) -> bytes:
        """Ask the reader what it can do more; not noted, as it reaches no card."""
        return self._inner.features()

    def control(self, code: int, data: bytes) -> bytes:
        """Have the reader itself do something; not noted, as what reaches the card is the reader's own."""
        return self._inner.control(code, data)

    def firmware(self) -> int | None:
        """Tell the reader's version."""
        return self._inner.firmware()

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs from the card for a while."""
        return self._inner.transaction()

    def close(self) -> None:
        """Let go of the card."""
        self._inner.close()

    @contextmanager
    def _noted(self, command: CommandApdu, lc: int) -> Iterator[list[ResponseApdu]]:
        answers: list[ResponseApdu] = []
        start = perf_counter()
        try:
            yield answers
        finally:
            self._note(_exchange(command, lc, answers, 1000 * (perf_counter() - start)))

    def _note(self, exchange: Exchange) -> None:
        _log.log(TRAFFIC, "%s", exchange)
        if self._recorder is not None:
            self._recorder(exchange)


def _exchange(command: CommandApdu, lc: int, answers: list[ResponseApdu], milliseconds: float) -> Exchange:
    answer = answers[0] if answers else None
    return Exchange(
        name=_NAME.get(command.ins, f"INS {command.ins:02X}"),
        header=bytes(command[:4]),
        lc=lc,
        data=command.data if command.ins in _SPEAKS_OF_NOBODY else b"",
        le=command.le,
        answered=0 if answer is None else len(answer.data),
        sw=None if answer is None else answer.sw,
        milliseconds=milliseconds,
    )
