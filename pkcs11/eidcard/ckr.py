"""What the return values of a PKCS#11 module mean to people, as tables."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry


class Ckr(IntEnum):
    """The return values that have a meaning of their own here (PKCS#11 2.40, pkcs11t.h)."""

    OK = 0x000
    CANCEL = 0x001
    HOST_MEMORY = 0x002
    SLOT_ID_INVALID = 0x003
    GENERAL_ERROR = 0x005
    FUNCTION_FAILED = 0x006
    DEVICE_ERROR = 0x030
    DEVICE_MEMORY = 0x031
    DEVICE_REMOVED = 0x032
    FUNCTION_CANCELED = 0x050
    KEY_HANDLE_INVALID = 0x060
    KEY_FUNCTION_NOT_PERMITTED = 0x068
    MECHANISM_INVALID = 0x070
    OBJECT_HANDLE_INVALID = 0x082
    PIN_INCORRECT = 0x0A0
    PIN_INVALID = 0x0A1
    PIN_LEN_RANGE = 0x0A2
    PIN_EXPIRED = 0x0A3
    PIN_LOCKED = 0x0A4
    SESSION_CLOSED = 0x0B0
    SESSION_COUNT = 0x0B1
    SESSION_HANDLE_INVALID = 0x0B3
    TOKEN_NOT_PRESENT = 0x0E0
    TOKEN_NOT_RECOGNIZED = 0x0E1
    USER_ALREADY_LOGGED_IN = 0x100
    USER_NOT_LOGGED_IN = 0x101
    USER_PIN_NOT_INITIALIZED = 0x102
    CRYPTOKI_NOT_INITIALIZED = 0x190
    CRYPTOKI_ALREADY_INITIALIZED = 0x191


_CODE_BY_CKR: Final = {  # what is not named here is MODULE_FAILED: nothing generic is ever shown as a wrong PIN
    Ckr.PIN_INCORRECT: ErrorCode.PIN_WRONG,
    Ckr.PIN_INVALID: ErrorCode.PIN_FORMAT,
    Ckr.PIN_LEN_RANGE: ErrorCode.PIN_FORMAT,
    Ckr.PIN_LOCKED: ErrorCode.PIN_BLOCKED,
    Ckr.CANCEL: ErrorCode.PIN_CANCELLED,
    Ckr.FUNCTION_CANCELED: ErrorCode.PIN_CANCELLED,
    Ckr.PIN_EXPIRED: ErrorCode.CARD_REFUSED,  # to be changed with the token's own program
    Ckr.USER_PIN_NOT_INITIALIZED: ErrorCode.CARD_REFUSED,
    Ckr.USER_NOT_LOGGED_IN: ErrorCode.CARD_REFUSED,
    Ckr.KEY_FUNCTION_NOT_PERMITTED: ErrorCode.CARD_REFUSED,
    Ckr.DEVICE_REMOVED: ErrorCode.CARD_REMOVED,
    Ckr.TOKEN_NOT_PRESENT: ErrorCode.CARD_REMOVED,
    Ckr.SLOT_ID_INVALID: ErrorCode.CARD_REMOVED,  # the reader went, and the card with it
    Ckr.SESSION_CLOSED: ErrorCode.CARD_REMOVED,  # sessions and handles end when the card leaves (2.40, 5.6)
    Ckr.SESSION_HANDLE_INVALID: ErrorCode.CARD_REMOVED,
    Ckr.KEY_HANDLE_INVALID: ErrorCode.CARD_REMOVED,
    Ckr.OBJECT_HANDLE_INVALID: ErrorCode.CARD_REMOVED,
    Ckr.TOKEN_NOT_RECOGNIZED: ErrorCode.NOT_AN_EID,
    Ckr.SESSION_COUNT: ErrorCode.CARD_IN_USE,
    Ckr.DEVICE_ERROR: ErrorCode.CARD_GARBLED,
    Ckr.DEVICE_MEMORY: ErrorCode.CARD_GARBLED,
}

_CODE_BY_ENTRY: Final = {  # the official Belgian module, as seen: spec of the card, "The official PKCS#11 module"
    (PinEntry.DIALOG, Ckr.FUNCTION_FAILED): ErrorCode.PIN_CANCELLED,  # its GTK window was closed, or it failed
    (PinEntry.PINPAD, Ckr.FUNCTION_CANCELED): ErrorCode.PIN_TIMEOUT,  # no keys were pressed on the reader
}

_NAMED: Final = {int(ckr): ckr for ckr in Ckr}

_TRIES_LEFT: Final = {ErrorCode.PIN_BLOCKED: 0}


def code_for(value: int, entry: PinEntry | None = None) -> ErrorCode:
    """Give the ErrorCode of a return value; ``entry`` says who was asking for a PIN during the call, if anyone."""
    ckr = _NAMED.get(value)
    if ckr is None:
        return ErrorCode.MODULE_FAILED
    general = _CODE_BY_CKR.get(ckr, ErrorCode.MODULE_FAILED)
    return _CODE_BY_ENTRY.get((entry, ckr), general) if entry else general


def error_for(function: str, value: int, entry: PinEntry | None = None) -> SignerError:
    """Make the error to raise for a function that did not give CKR_OK; PIN_BLOCKED tells that no try is left."""
    code = code_for(value, entry)
    return SignerError(code, f"{function} {name_of(value)}", tries_left=_TRIES_LEFT.get(code))


def name_of(value: int) -> str:
    """Name a return value for logs and support, such as ``CKR_PIN_LOCKED (0xA4)``."""
    return f"CKR_{_NAMED[value].name} (0x{value:X})" if value in _NAMED else f"CKR 0x{value:X}"
