"""The keys of a simulated reader: a PIN is typed on them, by a test or on the program's standard input.

Strict where PC/SC part 10 is: a PIN_VERIFY block that does not say how a Belgian PIN is laid out is refused.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from enum import Enum
from struct import Struct
from typing import Final

from eidcard.simulator.pin_state import pin_block

READER_NAME: Final = "VASCO DIGIPASS 870"  # a name by which clients know that PPDUs are understood

Process = Callable[[bytes], bytes]

_PPDU: Final = b"\xff\xc2\x01"
_GET_FEATURES, _VERIFY_PIN_DIRECT, _MODIFY_PIN_DIRECT = 0x00, 0x06, 0x07
_LAYOUT: Final = Struct("<BBBBBBBBBHB3sI")  # PIN_VERIFY up to its command (PC/SC part 10, 2.5.2)
_PIN_FORMATS: Final = {(0x89, 0x47, 0x04), (0x01, 0x47, 0x04)}  # the second for old firmware, which counts in bits
_COMMAND: Final = bytes.fromhex("0020000108 20FFFFFFFFFFFFFF")
_ON_THE_OK_KEY: Final = 0x02

_OK: Final = b"\x90\x00"
_TIMEOUT: Final = b"\x64\x00"
_CANCELLED: Final = b"\x64\x01"
_NO_PIN: Final = b"\x64\x03"
_NO_SUCH_FEATURE: Final = b"\x6a\x81"
_WRONG_BLOCK: Final = b"\x6b\x80"


class Key(Enum):
    """What a person does at the keys, other than typing a PIN."""

    CANCEL = "cancel"
    NOTHING = "nothing"  # until the time is over


class SimulatedPinpad:
    """Keys between a reader and its card; what was pressed before it was asked for waits for the question.

    ``patience_s`` seconds without a key are a timeout.
    """

    def __init__(self, patience_s: float = 30.0) -> None:
        self._pressed: queue.SimpleQueue[str | Key] = queue.SimpleQueue()
        self._patience_s = patience_s
        self.asked = 0  # how often a PIN was asked for

    def press(self, *keys: str | Key) -> None:
        """Type PINs (digits, with the OK key after), or do something else; one for each question."""
        for key in keys:
            self._pressed.put(key)

    def process(self, apdu: bytes, card: Process) -> bytes:
        """Answer a PPDU; give every other command to the card."""
        if apdu[:3] != _PPDU:
            return card(apdu)
        if apdu[3:] == bytes((_GET_FEATURES, 0)):
            return bytes((_VERIFY_PIN_DIRECT, _MODIFY_PIN_DIRECT)) + _OK
        if apdu[3:4] == bytes((_VERIFY_PIN_DIRECT,)) and apdu[4:5] == bytes((len(apdu) - 5,)):
            return self.verify(apdu[5:], card)
        return _NO_SUCH_FEATURE

    def verify(self, block: bytes, card: Process) -> bytes:
        """Ask for a PIN as a PIN_VERIFY block says, and give it to the card; gives the card's status word, or 64xx."""
        if len(block) < _LAYOUT.size:
            return _WRONG_BLOCK
        _, _, *pin_format, most, least, on, _, _, _, _, length = _LAYOUT.unpack_from(block)
        command = block[_LAYOUT.size :]
        if tuple(pin_format) not in _PIN_FORMATS or on != _ON_THE_OK_KEY or (length, command) != (13, _COMMAND):
            return _WRONG_BLOCK
        return self._ask(least, most, card)

    def _ask(self, least: int, most: int, card: Process) -> bytes:
        self.asked += 1
        try:
            key = self._pressed.get(timeout=self._patience_s)
        except queue.Empty:
            key = Key.NOTHING
        if isinstance(key, Key):
            return _ANSWER[key]
        if not least <= len(key) <= most:
            return _NO_PIN
        return card(_COMMAND[:5] + pin_block(key))


_ANSWER: Final = {Key.CANCEL: _CANCELLED, Key.NOTHING: _TIMEOUT}
