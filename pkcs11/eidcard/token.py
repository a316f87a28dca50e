"""PKCS#11 modules, tokens, sessions and the objects in them; the only importer of PyKCS11 (GPL, untyped)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import PyKCS11

from eidcard.ckr import error_for
from eidcard.cryptoki import CKU_CONTEXT_SPECIFIC, CKU_USER, Cryptoki
from eidcard.pin import Pin
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry

_OFFICIAL_WORDS: Final = ("belgium", "beid", "belgian")  # in the library's description or its manufacturer's name


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """Who made the module, as C_GetInfo tells it."""

    description: str
    manufacturer: str
    version: str

    @property
    def official_belgian(self) -> bool:
        """Whether it is the official Belgian middleware, which has PIN windows of its own."""
        words = f"{self.description} {self.manufacturer}".lower()
        return any(word in words for word in _OFFICIAL_WORDS)


@dataclass(frozen=True, slots=True)
class Token:
    """A card or token that is in a slot now, with the flags that matter (PKCS#11 2.40, table 11)."""

    slot: int
    reader: str  # the slot's description
    label: str
    serial: str
    initialized: bool
    login_required: bool
    protected_path: bool  # it has its own keys for the PIN
    final_try: bool
    locked: bool

    @property
    def tries_left(self) -> int | None:
        """PIN tries left, when the flags tell: 0 locked, 1 final try; "count low" names no number."""
        if self.locked:
            return 0
        return 1 if self.final_try else None


@dataclass(frozen=True, slots=True)
class TokenObject:
    """A certificate or a private key on a token."""

    handle: int
    id: bytes  # CKA_ID: a key and its certificate have the same
    label: str
    value: bytes = b""  # of a certificate: DER
    always_authenticate: bool = False  # of a key: asks for the PIN again after C_SignInit


class Module:
    """A loaded module. A process loads each file once, however many Modules it has; all must be closed.

    Calls from several threads wait for each other. A process that is forked must load anew in a fresh interpreter:
    PKCS#11 forbids a child to go on with its parent's sessions (2.40, 6.7.1).
    """

    def __init__(self, path: Path) -> None:
        """Load and initialise; raises SignerError MODULE_NOT_FOUND, MODULE_BROKEN or MODULE_FAILED."""
        self.path = path
        self.cryptoki = Cryptoki(path)  # first: its errors say why, PyKCS11's go to standard error
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._lib: Any = PyKCS11.PyKCS11Lib()
        self._sessions: list[Session] = []
        self._closed = False
        with self.calling("C_Initialize"):
            self._lib.load(str(path))
        with self.calling("C_GetInfo"):
            info = self._lib.getInfo()
        version = ".".join(str(part) for part in info.libraryVersion)
        self.info = ModuleInfo(_text(info.libraryDescription), _text(info.manufacturerID), version)

    @contextmanager
    def calling(self, function: str) -> Iterator[None]:
        """Let one thread in at a time, and turn PyKCS11's errors into SignerError."""
        if os.getpid() != self._process:
            raise SignerError(ErrorCode.MODULE_FAILED, "the process was forked after loading the module")
        with self._lock:
            if self._closed:
                raise SignerError(ErrorCode.MODULE_FAILED, "the module is closed")
            try:
                yield
            except PyKCS11.PyKCS11Error as error:
                raise error_for(function, error.value & 0xFFFFFFFF) from error

    def slot_count(self) -> int:
        """Count the slots (readers), with or without a token."""
        with self.calling("C_GetSlotList"):
            return len(self._lib.getSlotList(tokenPresent=False))

    def tokens(self) -> tuple[Token, ...]:
        """List the tokens that are there now; one that leaves while it is asked is passed over."""
        with self.calling("C_GetSlotList"):
            found = []
            for slot in self._lib.getSlotList(tokenPresent=True):
                with suppress(PyKCS11.PyKCS11Error):
                    found.append(self._token(slot))
            return tuple(found)

    def open(self, token: Token) -> Session:
        """Open a read-only session on a token."""
        with self.calling("C_OpenSession"):
            session = Session(self, self._lib.openSession(token.slot))
        self._sessions.append(session)
        return session

    def forget(self, session: Session) -> None:
        """Take a closed session off the list of what is to be closed."""
        with suppress(ValueError):
            self._sessions.remove(session)

    def close(self) -> None:
        """Close the sessions, then finalise and unload the module; harmless when done twice, or in a forked child."""
        if self._closed or os.getpid() != self._process:
            return
        for session in tuple(self._sessions):
            session.close()
        with self.calling("C_Finalize"):
            self._lib.unload()
        self._closed = True

    def _token(self, slot: int) -> Token:
        info, flags = self._lib.getTokenInfo(slot), self._lib.getTokenInfo(slot).flags
        return Token(
            slot,
            _text(self._lib.getSlotInfo(slot).slotDescription),
            _text(info.label),
            _text(info.serialNumber),
            initialized=bool(flags & PyKCS11.CKF_TOKEN_INITIALIZED),
            login_required=bool(flags & PyKCS11.CKF_LOGIN_REQUIRED),
            protected_path=bool(flags & PyKCS11.CKF_PROTECTED_AUTHENTICATION_PATH),
            final_try=bool(flags & PyKCS11.CKF_USER_PIN_FINAL_TRY),
            locked=bool(flags & PyKCS11.CKF_USER_PIN_LOCKED),
        )


class Session:
    """An open session on one token."""

    def __init__(self, module: Module, session: Any) -> None:  # noqa: ANN401 - PyKCS11 is untyped
        self.module = module
        self._session = session
        self._closed = False

    @property
    def handle(self) -> int:
        """The session's handle as a number, for the calls by ctypes."""
        return int(self._session.session.value())

    def require_alive(self) -> None:
        """Raise SignerError CARD_REMOVED when the session ended, as it does when the card leaves; costs no PIN."""
        with self.module.calling("C_GetSessionInfo"):
            self._session.getSessionInfo()
        self.private_keys()  # some modules notice only when they look at the card

    def certificates(self) -> tuple[TokenObject, ...]:
        """List the X.509 certificates that can be seen now."""
        found = self._find(PyKCS11.CKO_CERTIFICATE, PyKCS11.CKA_VALUE)
        return tuple(replace(seen, value=bytes(value or ())) for seen, value in found)

    def private_keys(self) -> tuple[TokenObject, ...]:
        """List the private keys that can be seen now; many tokens hide them until the log-in."""
        found = self._find(PyKCS11.CKO_PRIVATE_KEY, PyKCS11.CKA_ALWAYS_AUTHENTICATE)
        return tuple(replace(seen, always_authenticate=bool(value)) for seen, value in found)

    def login(self, pin: Pin | None, *, again: bool = False) -> None:
        """Log in: our PIN, or None for the token's own keys; ``again`` for a key that asks after C_SignInit.

        What stays in memory, measured with SoftHSM 2.6 (tests/integration/test_token_memory.py): through PyKCS11 the
        digits stay behind as ASCII, even when what it was given is wiped, since it copies; by this way none, as
        ASCII, UTF-16, BCD or pointers. The module's own care is beyond us: SoftHSM wipes, others may not.
        """
        with self.module.calling("C_Login"):
            self.module.cryptoki.login(self.handle, pin, user=CKU_CONTEXT_SPECIFIC if again else CKU_USER)

    def sign_init(self, mechanism: int, key: TokenObject, entry: PinEntry) -> None:
        """Start a signature by a CKM_ number without parameter; ``entry`` is who may ask for a PIN meanwhile."""
        with self.module.calling("C_SignInit"):
            self.module.cryptoki.sign_init(self.handle, mechanism, key.handle, entry)

    def sign(self, data: bytes, entry: PinEntry) -> bytes:
        """Finish the signature."""
        with self.module.calling("C_Sign"):
            return self.module.cryptoki.sign(self.handle, data, entry)

    def logout(self) -> None:
        """Take the right to sign away from the process."""
        with self.module.calling("C_Logout"):
            self._session.logout()

    def close(self) -> None:
        """Close it; harmless when done twice, or when the card is gone."""
        if self._closed:
            return
        self._closed = True
        self.module.forget(self)
        with suppress(SignerError), self.module.calling("C_CloseSession"):
            self._session.closeSession()

    def _find(self, kind: int, extra: int) -> Iterator[tuple[TokenObject, Any]]:
        """Give each object and one more attribute (None where the module has it not) of it."""
        with self.module.calling("C_FindObjects"):
            for found in self._session.findObjects([(PyKCS11.CKA_CLASS, kind)]):
                wanted = [PyKCS11.CKA_ID, PyKCS11.CKA_LABEL, extra]
                identifier, label, value = self._session.getAttributeValue(found, wanted)
                yield TokenObject(int(found.value()), bytes(identifier or ()), _text(label)), value


def _text(padded: str | None) -> str:
    """Take the padding off a text of fixed length (PKCS#11 2.40, table 3: blanks; some modules write zeros)."""
    return (padded or "").rstrip("\0 ")
