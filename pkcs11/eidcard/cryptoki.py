"""The PKCS#11 calls that take a PIN or wait for a person: C_Login, C_SignInit and C_Sign, by ctypes.

Two measured reasons not to make them through PyKCS11 1.5.20: it holds Python's lock during a call, so that a
middleware's PIN window, or a pinpad, would freeze every thread of the program for as long as it is open; and it
copies the PIN into a std::vector that is freed with the digits in it. Here the lock is let go, and the module reads
the PIN from our own buffer, which is wiped.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Final

from eidcard.ckr import Ckr, error_for
from eidcard.pin import MAX_DIGITS, Pin
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry

CKU_USER: Final = 1
CKU_CONTEXT_SPECIFIC: Final = 2

_PACK: Final = 1 if sys.platform == "win32" else 0  # PKCS#11 2.40, 2.1: packed to bytes on Windows alone; 0: natural
_C_LOGIN, _C_SIGN_INIT, _C_SIGN = 18, 42, 43  # places in CK_FUNCTION_LIST (pkcs11f.h)
_FUNCTIONS: Final = 68
_ROOM: Final = 2048  # bytes for a signature: RSA-16384, the largest that OpenSSL takes


class _FunctionList(ctypes.Structure):
    if _PACK:
        _pack_ = _PACK
    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * _FUNCTIONS))


class _Mechanism(ctypes.Structure):
    if _PACK:
        _pack_ = _PACK
    _fields_ = (("mechanism", ctypes.c_ulong), ("parameter", ctypes.c_void_p), ("length", ctypes.c_ulong))


_Function = ctypes.CFUNCTYPE  # CK_DECLARE_FUNCTION is cdecl on every system
_LOGIN: Final = _Function(ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong)
_SIGN_INIT: Final = _Function(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_Mechanism), ctypes.c_ulong)
_SIGN: Final = _Function(
    ctypes.c_ulong,
    ctypes.c_ulong,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_ulong),
)


class Cryptoki:
    """The function list of one module, which PyKCS11 initialises; sessions and keys are its handles, as numbers."""

    def __init__(self, path: Path) -> None:
        """Open the library. Raises SignerError MODULE_NOT_FOUND, or MODULE_BROKEN when it is no PKCS#11 module.

        A module of another architecture than this Python's is MODULE_BROKEN too; the loader's words are the detail.
        """
        if not path.exists():
            raise SignerError(ErrorCode.MODULE_NOT_FOUND, str(path))
        try:
            get_function_list = ctypes.CDLL(str(path)).C_GetFunctionList
        except (OSError, AttributeError) as error:
            raise SignerError(ErrorCode.MODULE_BROKEN, str(error)) from error
        address = ctypes.c_void_p()
        if get_function_list(ctypes.byref(address)) != Ckr.OK or address.value is None:
            raise SignerError(ErrorCode.MODULE_BROKEN, "C_GetFunctionList gave nothing")
        table = _FunctionList.from_address(address.value).functions
        self._login, self._sign_init, self._sign = (
            _LOGIN(table[_C_LOGIN]),
            _SIGN_INIT(table[_C_SIGN_INIT]),
            _SIGN(table[_C_SIGN]),
        )

    def login(self, session: int, pin: Pin | None, *, user: int = CKU_USER) -> None:
        """Log in with our PIN, or with None by the token's own keys (a pinpad); the PIN itself is left to its owner.

        Raises SignerError, among them PIN_WRONG and PIN_BLOCKED.
        """
        if pin is None:
            _require_ok("C_Login", self._login(session, user, None, 0), PinEntry.PINPAD)
            return
        buffer = (ctypes.c_ubyte * MAX_DIGITS)()
        try:
            length = pin.write_ascii(buffer)
            _require_ok("C_Login", self._login(session, user, ctypes.addressof(buffer), length), PinEntry.OURS)
        finally:
            ctypes.memset(buffer, 0, MAX_DIGITS)

    def sign_init(self, session: int, mechanism: int, key: int, entry: PinEntry) -> None:
        """Start a signature by a mechanism without parameter; ``entry`` is who may ask for a PIN meanwhile."""
        wanted = _Mechanism(mechanism, None, 0)
        _require_ok("C_SignInit", self._sign_init(session, ctypes.byref(wanted), key), entry)

    def sign(self, session: int, data: bytes, entry: PinEntry) -> bytes:
        """Finish the signature in a single call, without asking for its length first: each call may open a window."""
        signature, length = (ctypes.c_ubyte * _ROOM)(), ctypes.c_ulong(_ROOM)
        status = self._sign(session, data, len(data), ctypes.addressof(signature), ctypes.byref(length))
        _require_ok("C_Sign", status, entry)
        return bytes(signature[: length.value])


def _require_ok(function: str, status: int, entry: PinEntry) -> None:
    if status != Ckr.OK:
        raise error_for(function, status, entry)
