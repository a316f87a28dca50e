"""How a PIN gets from its own buffer to the card: by PC/SC's C function itself, from one buffer that is wiped.

pyscard takes an APDU as a list and copies it into buffers of its own, where a PIN would stay behind (measured:
tests/integration/test_card_memory.py finds it there, and nothing after this way).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Final

from eidcard.apdu import CommandApdu
from eidcard.errors import ScardError
from eidcard.pin import PIN_BLOCK_LENGTH, Pin

_HEADER_LENGTH: Final = 5  # CLA INS P1 P2 Lc
_MOST_BLOCKS: Final = 2  # CHANGE PIN: the old one and the new one
_ANSWER_ROOM: Final = 258  # bytes: the most that a short answer can have

# PCSC/wintypes.h: Linux has longs where Windows and macOS have 32 bits; a handle is a pointer on Windows alone.
_LIBRARY: Final = {"win32": "winscard.dll", "darwin": "/System/Library/Frameworks/PCSC.framework/PCSC"}
_DWORD: Final = ctypes.c_uint32 if sys.platform in _LIBRARY else ctypes.c_ulong
_HANDLE: Final = {"win32": ctypes.c_size_t, "darwin": ctypes.c_int32}.get(sys.platform, ctypes.c_long)


class _IoRequest(ctypes.Structure):
    """SCARD_IO_REQUEST: the protocol, and the structure's own length in bytes."""

    _fields_ = (("protocol", _DWORD), ("length", _DWORD))


class PinWire:
    """Sends PIN commands over handles that pyscard opened; its one buffer holds a PIN block only while it is sent."""

    def __init__(self) -> None:
        self._command = (ctypes.c_ubyte * (_HEADER_LENGTH + _MOST_BLOCKS * PIN_BLOCK_LENGTH))()
        self._transmit = _library().SCardTransmit

    def send(self, card: int, protocol: int, header: CommandApdu, pins: Sequence[Pin]) -> bytes:
        """Send ``header`` with a PIN block for each PIN, two at most; gives the raw answer.

        Raises ScardError, and SignerError PIN_FORMAT before anything is sent.
        """
        try:
            length = PIN_BLOCK_LENGTH * len(pins)
            self._command[:_HEADER_LENGTH] = [header.cla, header.ins, header.p1, header.p2, length]
            for number, pin in enumerate(pins):
                pin.write_block(self._command, _HEADER_LENGTH + number * PIN_BLOCK_LENGTH)
            return self._exchange(card, protocol, _HEADER_LENGTH + length)
        finally:
            ctypes.memset(self._command, 0, ctypes.sizeof(self._command))

    def _exchange(self, card: int, protocol: int, size: int) -> bytes:
        request = _IoRequest(protocol, ctypes.sizeof(_IoRequest))
        answer = (ctypes.c_ubyte * _ANSWER_ROOM)()
        length = _DWORD(_ANSWER_ROOM)
        status: int = self._transmit(
            _HANDLE(card),
            ctypes.byref(request),
            self._command,
            _DWORD(size),
            None,
            answer,
            ctypes.byref(length),
        )
        if status:
            raise ScardError("SCardTransmit", status)
        return bytes(answer[: length.value])


def _library() -> ctypes.CDLL:
    """Load the library that pyscard has loaded already; both then share its handles."""
    name = _LIBRARY.get(sys.platform, "libpcsclite.so.1")
    if sys.platform == "win32":
        return ctypes.WinDLL(name)
    return ctypes.CDLL(name)
