"""The PIN: digits in one buffer that is locked in memory where the system allows, and wiped after use."""

from __future__ import annotations

import ctypes
import sys
from types import TracebackType
from typing import Final, Self

from signer.errors import ErrorCode, SignerError

MIN_DIGITS: Final = 4
MAX_DIGITS: Final = 12  # the eID's PIN block has room for 14; its PINs have 4 to 12 digits
PIN_BLOCK_LENGTH: Final = 8  # bytes


class Pin:
    """ASCII digits in a fixed buffer of 12 bytes; ``with`` wipes it at the end.

    Digits go in one by one (keypad) or are read straight from a file descriptor; no str or bytes object
    ever holds them, because Python gives those no way to be erased.
    """

    __slots__ = ("_buffer", "_length")

    def __init__(self) -> None:
        self._buffer = (ctypes.c_ubyte * MAX_DIGITS)()
        self._length = 0
        _lock(self._buffer)

    def append(self, digit: int) -> None:
        """Add one digit (0 to 9); raises SignerError PIN_FORMAT when it is none or there is no room."""
        if not 0 <= digit <= 9 or self._length == MAX_DIGITS:
            raise SignerError(ErrorCode.PIN_FORMAT)
        self._buffer[self._length] = 0x30 + digit
        self._length += 1

    def is_same_as(self, other: Pin) -> bool:
        """Compare digit by digit, without a copy of either."""
        return all(ours == theirs for ours, theirs in zip(self._buffer, other._buffer, strict=True))

    def drop_last(self) -> None:
        """Erase the last digit, if there is one."""
        if self._length:
            self._length -= 1
            self._buffer[self._length] = 0

    def require_complete(self) -> None:
        """Raise SignerError PIN_FORMAT unless it has 4 to 12 digits: a card must not be asked with less."""
        if self._length < MIN_DIGITS:
            raise SignerError(ErrorCode.PIN_FORMAT)

    def write_block(self, target: ctypes.Array[ctypes.c_ubyte], offset: int) -> None:
        """Write the PIN block of 8 bytes: 2L, digits as BCD, F to the end (applet manual 1.8, VERIFY)."""
        self.require_complete()
        target[offset] = 0x20 | self._length
        for index in range(7):
            target[offset + 1 + index] = self._nibble(2 * index) << 4 | self._nibble(2 * index + 1)

    def write_ascii(self, target: ctypes.Array[ctypes.c_ubyte], offset: int = 0) -> int:
        """Write the digits as ASCII, for PKCS#11's C_Login; gives their number."""
        self.require_complete()
        ctypes.memmove(ctypes.byref(target, offset), self._buffer, self._length)
        return self._length

    def wipe(self) -> None:
        """Overwrite the digits; the PIN is empty afterwards."""
        ctypes.memset(self._buffer, 0, MAX_DIGITS)
        self._length = 0

    def lend(self) -> Pin:
        """Give the same buffer for one more signature: who borrows it wipes nothing, the lender wipes it for both."""
        return _LentPin(self)

    def _nibble(self, index: int) -> int:
        return self._buffer[index] & 0x0F if index < self._length else 0x0F

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return "Pin(…)"

    def __reduce__(self) -> str:
        raise TypeError("a Pin is never copied or pickled")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()


class _LentPin(Pin):
    """Another name for a lender's buffer; no digit is copied."""

    __slots__ = ()

    def __init__(self, lender: Pin) -> None:
        self._buffer = lender._buffer  # noqa: SLF001 - its own class
        self._length = lender._length  # noqa: SLF001

    def wipe(self) -> None:
        """Leave it to the lender."""


def _lock(buffer: ctypes.Array[ctypes.c_ubyte]) -> None:
    """Ask the system to keep the buffer out of the swap file; a refusal is no error."""
    if sys.platform == "win32":
        ctypes.windll.kernel32.VirtualLock(buffer, ctypes.sizeof(buffer))
    else:
        ctypes.CDLL(None).mlock(buffer, ctypes.sizeof(buffer))
