"""The keys of a simulated reader: a PIN is typed on them, by a test or on the program's standard input.

Strict where PC/SC part 10 is: a PIN_VERIFY or PIN_MODIFY block that does not say how a Belgian PIN is laid out is
refused.
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
_VERIFY_LAYOUT: Final = Struct("<BB3sBBBBHB3sI")  # PIN_VERIFY up to its command (PC/SC part 10, 2.5.2)
_MODIFY_LAYOUT: Final = Struct("<BB3s2sBBBBBH3s3sI")  # PIN_MODIFY, as above (2.5.3)
_PIN_FORMATS: Final = {b"\x89\x47\x04", b"\x01\x47\x04"}  # the second for old firmware, which counts in bits
_VERIFY: Final = bytes.fromhex("0020000108 20FFFFFFFFFFFFFF")
_MODIFY: Final = bytes.fromhex("0024000110 20FFFFFFFFFFFFFF 20FFFFFFFFFFFFFF")
_OLD_THEN_NEW: Final = b"\x00\x08"  # where their blocks begin
_OLD_AND_NEW_TWICE: Final = 0x03  # what is asked, as bits
_ON_THE_OK_KEY: Final = 0x02
_HEADER: Final = 5  # bytes of a command before its data

_OK: Final = b"\x90\x00"
_TIMEOUT: Final = b"\x64\x00"
_CANCELLED: Final = b"\x64\x01"
_NEW_PINS_DIFFER: Final = b"\x64\x02"
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
        ask = {_VERIFY_PIN_DIRECT: self.verify, _MODIFY_PIN_DIRECT: self.modify}.get(apdu[3] if len(apdu) > 3 else 0)
        if ask is not None and apdu[4:5] == bytes((len(apdu) - 5,)):
            return ask(apdu[5:], card)
        return _NO_SUCH_FEATURE

    def verify(self, block: bytes, card: Process) -> bytes:
        """Ask for a PIN as a PIN_VERIFY block says, and give it to the card; gives the card's status word, or 64xx."""
        if len(block) < _VERIFY_LAYOUT.size:
            return _WRONG_BLOCK
        _, _, pin_format, most, least, on, _, _, _, _, length = _VERIFY_LAYOUT.unpack_from(block)
        told = (on, length, block[_VERIFY_LAYOUT.size :])
        if pin_format not in _PIN_FORMATS or told != (_ON_THE_OK_KEY, len(_VERIFY), _VERIFY):
            return _WRONG_BLOCK
        pin = self._ask(range(least, most + 1))
        return pin if isinstance(pin, bytes) else card(_VERIFY[:_HEADER] + pin_block(pin))

    def modify(self, block: bytes, card: Process) -> bytes:
        """Ask for the PIN and twice for a new one, as a PIN_MODIFY block says, and give both to the card."""
        if len(block) < _MODIFY_LAYOUT.size:
            return _WRONG_BLOCK
        _, _, pin_format, places, most, least, asked, on, _, _, _, _, length = _MODIFY_LAYOUT.unpack_from(block)
        told = (places, asked, on, length, block[_MODIFY_LAYOUT.size :])
        wanted = (_OLD_THEN_NEW, _OLD_AND_NEW_TWICE, _ON_THE_OK_KEY, len(_MODIFY), _MODIFY)
        if pin_format not in _PIN_FORMATS or told != wanted:
            return _WRONG_BLOCK
        pins: list[str] = []
        for _ in ("old", "new", "again"):
            pin = self._ask(range(least, most + 1))
            if isinstance(pin, bytes):
                return pin
            pins.append(pin)
        old, new, again = pins
        return card(_MODIFY[:_HEADER] + pin_block(old) + pin_block(new)) if new == again else _NEW_PINS_DIFFER

    def _ask(self, lengths: range) -> str | bytes:
        """Ask for one PIN; gives 64xx when there is none."""
        self.asked += 1
        try:
            key = self._pressed.get(timeout=self._patience_s)
        except queue.Empty:
            key = Key.NOTHING
        if isinstance(key, Key):
            return _ANSWER[key]
        return key if len(key) in lengths else _NO_PIN


_ANSWER: Final = {Key.CANCEL: _CANCELLED, Key.NOTHING: _TIMEOUT}
