"""A connection that answers from a script and fails on any other command: for corners that no simulated card shows."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from eidcard.apdu import CommandApdu, ResponseApdu
from eidcard.connection import CardConnection
from eidcard.pin import PIN_BLOCK_LENGTH, Pin
from signer.errors import ErrorCode, SignerError

SELECT = ("00A4040C0FA00000003029057000AD13100101FF", "9000")


def card_data(version: int) -> tuple[str, str]:
    """GET CARD DATA and the answer of a card with this applet version."""
    return "80E400001C", (bytes(21) + bytes((version,)) + bytes(6)).hex() + "9000"


class ScriptedCard(CardConnection):
    """Commands and answers as hex, in order; an ErrorCode in place of an answer is raised."""

    def __init__(self, *script: tuple[str, str | ErrorCode], reader: str = "Scripted reader") -> None:
        self._script = list(script)
        self._reader = reader
        self.closed = False

    @property
    def reader(self) -> str:
        return self._reader

    @property
    def atr(self) -> bytes:
        return b"\x3b\x00"

    @property
    def is_finished(self) -> bool:
        return not self._script

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        return self._play(command.encode().hex().upper())

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        pins = (pin,) if new is None else (pin, new)
        blocks = (ctypes.c_ubyte * (PIN_BLOCK_LENGTH * len(pins)))()
        for number, each in enumerate(pins):
            each.write_block(blocks, number * PIN_BLOCK_LENGTH)
        return self._play((bytes(header[:4]) + bytes((len(blocks),)) + bytes(blocks)).hex().upper())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._script and self._script[0][0] == "BEGIN":
            self._play("BEGIN")
        yield

    def close(self) -> None:
        self.closed = True

    def _play(self, sent: str) -> ResponseApdu:
        assert self._script, f"nothing more is expected, but {sent} came"
        expected, answer = self._script.pop(0)
        assert sent == expected
        if isinstance(answer, ErrorCode):
            raise SignerError(answer)
        return ResponseApdu.decode(bytes.fromhex(answer))
