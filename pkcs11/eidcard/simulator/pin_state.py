"""The PIN of a simulated card: its block, the tries left, and what a VERIFY allows."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any, Final

from signer.files import write_whole

DEFAULT_PIN: Final = "1234"
TRIES: Final = 3
_SALT_LENGTH: Final = 16  # bytes
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
    """A PIN and its three tries, kept for the card's life: in a JSON file where one is given, a changed PIN too.

    The file has the PIN as a salted hash: it is a test card's, and still is not to be read by passing.
    """

    def __init__(self, digits: str, state_file: Path | None = None) -> None:
        self._file = state_file
        self._tries = TRIES
        self._changed = False  # by its holder: one that was not is the caller's to choose each time
        self._salt = secrets.token_bytes(_SALT_LENGTH)
        self._right = self._hashed(pin_block(digits))
        if state_file is not None and state_file.exists():
            self._restore(json.loads(state_file.read_text()))

    @property
    def tries_left(self) -> int:
        """Wrong PINs until it is blocked; 0 when it is."""
        return self._tries

    @tries_left.setter
    def tries_left(self, tries: int) -> None:
        self._tries = tries
        self._keep()

    def check(self, block: bytes) -> bool:
        """Spend a try on a block; a right one gives all tries back. Always False when blocked."""
        if not self.tries_left:
            return False
        right = hmac.compare_digest(self._hashed(block), self._right)
        self.tries_left = TRIES if right else self.tries_left - 1
        return right

    def change(self, block: bytes) -> None:
        """Take another PIN."""
        self._right = self._hashed(block)
        self._changed = True
        self._keep()

    def _restore(self, state: dict[str, Any]) -> None:
        self._tries = int(state["triesLeft"])
        if "pin" in state:
            self._changed = True
            self._salt, self._right = bytes.fromhex(state["salt"]), bytes.fromhex(state["pin"])

    def _keep(self) -> None:
        if self._file is None:
            return
        state: dict[str, Any] = {"triesLeft": self._tries}
        if self._changed:
            state |= {"salt": self._salt.hex(), "pin": self._right.hex()}
        write_whole(self._file, json.dumps(state).encode())  # a real card outlives the computer's death, too

    def _hashed(self, block: bytes) -> bytes:
        return hashlib.sha256(self._salt + block).digest()

    def __repr__(self) -> str:
        return f"PinState(tries_left={self.tries_left})"
