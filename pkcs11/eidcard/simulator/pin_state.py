"""The PIN of a simulated card: its block, the tries left, and what a VERIFY allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

DEFAULT_PIN: Final = "1234"
TRIES: Final = 3
_LENGTHS: Final = range(4, 13)  # digits


def pin_block(digits: str) -> bytes:
    """Make the block of 8 bytes: 2L, the digits as BCD, F to the end; raises ValueError for what is no PIN."""
    if len(digits) not in _LENGTHS or not (digits.isascii() and digits.isdigit()):
        raise ValueError("a PIN has 4 to 12 digits")
    return bytes.fromhex(f"2{len(digits):X}{digits:F<14}")


def is_well_formed(block: bytes) -> bool:
    """Tell whether 8 bytes are a PIN block at all: the card spends no try on one that is not."""
    nibbles = block.hex().upper()
    length = int(nibbles[1], 16)
    digits, filling = nibbles[2 : 2 + length], nibbles[2 + length :]
    return nibbles[0] == "2" and length in _LENGTHS and digits.isdigit() and set(filling) <= {"F"}


class PinState:
    """Three tries, kept for the card's life, and in a JSON file where one is given (a changed PIN is not)."""

    def __init__(self, digits: str, state_file: Path | None = None) -> None:
        self._block = pin_block(digits)
        self._file = state_file
        self._tries = TRIES
        if state_file is not None and state_file.exists():
            self._tries = int(json.loads(state_file.read_text())["triesLeft"])

    @property
    def tries_left(self) -> int:
        """Wrong PINs until it is blocked; 0 when it is."""
        return self._tries

    @tries_left.setter
    def tries_left(self, tries: int) -> None:
        self._tries = tries
        if self._file is not None:
            self._file.write_text(json.dumps({"triesLeft": tries}))

    def check(self, block: bytes) -> bool:
        """Spend a try on a block; a right one gives all tries back. Always False when blocked."""
        if not self.tries_left:
            return False
        right = block == self._block
        self.tries_left = TRIES if right else self.tries_left - 1
        return right

    def change(self, block: bytes) -> None:
        """Take another PIN."""
        self._block = block

    def __repr__(self) -> str:
        return f"PinState(tries_left={self.tries_left})"
