"""A recorded card, answering again what it answered then: how what a real card did becomes a test."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from eidcard.apdu import OK, CommandApdu, ResponseApdu
from eidcard.connection import CardConnection
from eidcard.pin import PIN_BLOCK_LENGTH, Pin
from eidcard.trace import Trace, TraceLine, by_selection
from signer.errors import ErrorCode, SignerError

_SELECT, _READ_BINARY = 0xA4, 0xB0
_Question = tuple[bytes, bytes, int, bytes | None, int | None]


class ReplayDivergedError(Exception):
    """The program asked what nobody asked the card when the trace was made: record a new one."""


class ReplayConnection(CardConnection):
    """A connection to a trace.

    A command finds its answer by itself and by the file that is selected, not by its place, so that reading in another
    order stays possible; asked again, the card gives what it gave next, and in the end its last answer.
    """

    def __init__(self, trace: Trace) -> None:
        self._head = trace.head
        self._selected = b""
        self._answers: dict[_Question, deque[TraceLine]] = defaultdict(deque)
        for selected, line in by_selection(trace.lines):
            self._answers[_question(selected, line.header, line.lc, line.data, line.le)].append(line)

    @property
    def reader(self) -> str:
        """The reader's name, as recorded."""
        return self._head.reader

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._head.atr

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Give the recorded answer; raises what was raised then, and ReplayDivergedError where nothing was asked."""
        return self._answer(command, len(command.data))

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Give the recorded answer, whatever the PIN."""
        pin.require_complete()
        return self._answer(header, PIN_BLOCK_LENGTH * (1 if new is None else 2))

    def features(self) -> bytes:
        """Nothing: a trace has no keys to press."""
        return b""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else speaks to a trace."""
        yield

    def close(self) -> None:
        """Nothing is held."""

    def _answer(self, command: CommandApdu, lc: int) -> ResponseApdu:
        line = self._next(command, lc)
        if line.response is None:
            raise SignerError(_CODE_BY_SUPPORT_ID.get(line.mishap, ErrorCode.CARD_UNKNOWN), "as recorded")
        if command.ins == _SELECT and line.sw == OK:
            self._selected = command.data
        return line.response

    def _next(self, command: CommandApdu, lc: int) -> TraceLine:
        header = bytes(command[:4])
        for data in (command.data, None):  # None: the trace left the data out
            waiting = self._answers.get(_question(self._selected, header, lc, data, command.le))
            if waiting:
                return waiting.popleft() if len(waiting) > 1 else waiting[0]
        raise ReplayDivergedError(f"{header.hex().upper()}, {lc} bytes, Le {command.le}")


def _question(selected: bytes, header: bytes, lc: int, data: bytes | None, le: int | None) -> _Question:
    """Name a command; the file that is selected counts only where it is read from."""
    return selected if header[1] == _READ_BINARY else b"", header, lc, data, le


_CODE_BY_SUPPORT_ID = {code.support_id: code for code in ErrorCode}
