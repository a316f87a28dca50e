"""What PC/SC's codes and a card's status words mean to people, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from eidcard.apdu import OK, ResponseApdu
from signer.errors import ErrorCode, SignerError

# Numbers, not pyscard's names: only eidcard.pcsc knows pyscard. Source: pcsclite.h; winscard.h has the same.
_CODE_BY_SCARD: Final = {
    0x000003E3: ErrorCode.CARD_REMOVED,  # ERROR_OPERATION_ABORTED: Windows, pulled while a pinpad asked for the PIN
    0x80100003: ErrorCode.SERVICE_STOPPED,  # SCARD_E_INVALID_HANDLE: the daemon was restarted under us
    0x80100009: ErrorCode.NO_READER,  # SCARD_E_UNKNOWN_READER: unplugged since it was listed
    0x8010000B: ErrorCode.CARD_IN_USE,  # SCARD_E_SHARING_VIOLATION
    0x8010000C: ErrorCode.NO_CARD,  # SCARD_E_NO_SMARTCARD
    0x8010000D: ErrorCode.NOT_AN_EID,  # SCARD_E_UNKNOWN_CARD
    0x8010000F: ErrorCode.NOT_AN_EID,  # SCARD_E_PROTO_MISMATCH: neither T=0 nor T=1
    0x80100010: ErrorCode.CARD_UNRESPONSIVE,  # SCARD_E_NOT_READY
    0x80100013: ErrorCode.SERVICE_STOPPED,  # SCARD_F_COMM_ERROR: the daemon's socket broke
    0x80100016: ErrorCode.CARD_GARBLED,  # SCARD_E_NOT_TRANSACTED
    0x80100017: ErrorCode.NO_READER,  # SCARD_E_READER_UNAVAILABLE
    0x8010001D: ErrorCode.SERVICE_STOPPED,  # SCARD_E_NO_SERVICE
    0x8010001E: ErrorCode.SERVICE_STOPPED,  # SCARD_E_SERVICE_STOPPED
    0x8010002E: ErrorCode.NO_READER,  # SCARD_E_NO_READERS_AVAILABLE
    0x8010002F: ErrorCode.CARD_GARBLED,  # SCARD_E_COMM_DATA_LOST
    0x80100065: ErrorCode.NOT_AN_EID,  # SCARD_W_UNSUPPORTED_CARD
    0x80100066: ErrorCode.CARD_UNRESPONSIVE,  # SCARD_W_UNRESPONSIVE_CARD: mute, dirty or upside down
    0x80100067: ErrorCode.CARD_UNRESPONSIVE,  # SCARD_W_UNPOWERED_CARD
    0x80100068: ErrorCode.CARD_RESET,  # SCARD_W_RESET_CARD: by another program
    0x80100069: ErrorCode.CARD_REMOVED,  # SCARD_W_REMOVED_CARD
}

_CODE_BY_PIN_STATUS_WORD: Final = {  # applet manuals 1.7 and 1.8, VERIFY; PC/SC part 10 for the pinpads' 64xx
    0x63C0: ErrorCode.PIN_BLOCKED,  # wrong, and it was the last try
    0x6983: ErrorCode.PIN_BLOCKED,
    0x6984: ErrorCode.PIN_BLOCKED,
    0x6400: ErrorCode.PIN_TIMEOUT,
    0x6401: ErrorCode.PIN_CANCELLED,
    0x6402: ErrorCode.PIN_NOT_REPEATED,
    0x6403: ErrorCode.PIN_FORMAT,
}


class ScardError(Exception):
    """A PC/SC function gave something else than success; never seen outside of eidcard."""

    def __init__(self, function: str, status: int) -> None:
        self.status = status & 0xFFFFFFFF  # some systems give it signed
        super().__init__(f"{function} 0x{self.status:08X}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn PC/SC's errors into SignerError of the kind CARD; the table is the whole policy."""
    try:
        yield
    except ScardError as error:
        raise SignerError(_CODE_BY_SCARD.get(error.status, ErrorCode.CARD_UNKNOWN), str(error)) from error


def require_ok(response: ResponseApdu, command: str) -> bytes:
    """Give the answer's data; raises SignerError CARD_REFUSED when the status word is not 9000.

    ``command`` is its name, for the log.
    """
    if response.sw != OK:
        raise SignerError(ErrorCode.CARD_REFUSED, f"{command} {response.sw:04X}")
    return response.data


def require_pin_ok(response: ResponseApdu, command: str = "VERIFY") -> None:
    """Raise SignerError PIN_WRONG with ``tries_left``, PIN_BLOCKED, or what else the status word means."""
    code = _CODE_BY_PIN_STATUS_WORD.get(response.sw)
    if code is not None:
        tries_left = 0 if code is ErrorCode.PIN_BLOCKED else None
        raise SignerError(code, f"{command} {response.sw:04X}", tries_left=tries_left)
    if response.retries_left is not None:
        raise SignerError(ErrorCode.PIN_WRONG, f"{command} {response.sw:04X}", tries_left=response.retries_left)
    require_ok(response, command)
