"""The Belgian eID applet: select, read, count the tries, sign (applet manuals 1.1, 1.7 and 1.8)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum, IntEnum
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from eidcard.apdu import CommandApdu, ResponseApdu, StatusWord
from eidcard.connection import CardConnection
from eidcard.errors import require_ok, require_pin_ok
from eidcard.pin import Pin
from eidcard.pinpad import Pinpad
from signer.errors import ErrorCode, SignerError
from signer.model import Mechanism

_T = TypeVar("_T")


class Applet(Enum):
    """The generations of cards, by what they ask of us."""

    V1_1 = "1.1"  # RSA-1024; 1.0 too
    V1_7 = "1.7"  # RSA-2048
    V1_8 = "1.8"  # ECDSA P-384


class CardFile(Enum):
    """The files that we read, by path from the master file; none needs a PIN (card content manual 5.4)."""

    AUTHENTICATION_CERTIFICATE = bytes.fromhex("3F00DF005038")
    SIGNATURE_CERTIFICATE = bytes.fromhex("3F00DF005039")
    CA_CERTIFICATE = bytes.fromhex("3F00DF00503A")
    ROOT_CERTIFICATE = bytes.fromhex("3F00DF00503B")
    REGISTER_CERTIFICATE = bytes.fromhex("3F00DF00503C")
    IDENTITY = bytes.fromhex("3F00DF014031")
    IDENTITY_SIGNATURE = bytes.fromhex("3F00DF014032")
    ADDRESS = bytes.fromhex("3F00DF014033")
    ADDRESS_SIGNATURE = bytes.fromhex("3F00DF014034")
    PHOTO = bytes.fromhex("3F00DF014035")
    BASIC_KEY = bytes.fromhex("3F00DF014040")  # 1.8 alone


class CardKeyNumber(IntEnum):
    """The keys on a card, as MSE SET names them."""

    AUTHENTICATION = 0x82
    SIGNATURE = 0x83


_AID: Final = bytes.fromhex("A00000003029057000AD13100101FF")
_SELECT_AID: Final = CommandApdu(0x00, 0xA4, 0x04, 0x0C, _AID)
_GET_CARD_DATA: Final = CommandApdu(0x80, 0xE4, 0x00, 0x00, le=0x1C)
_GET_MORE_CARD_DATA: Final = CommandApdu(0x80, 0xE4, 0x00, 0x01, le=0x1F)  # 1.8 only
_VERIFY: Final = CommandApdu(0x00, 0x20, 0x00, 0x01)
_CHANGE_PIN: Final = CommandApdu(0x00, 0x24, 0x00, 0x01)
_LOG_OFF: Final = CommandApdu(0x80, 0xE6, 0x00, 0x00)

_CHALLENGE_HEADER: Final = b"\x94\x30"  # tag, and 48 bytes

_VERSION_BYTE: Final = 21  # of the card data
_TRIES: Final = range(4)
_TRIES_BYTE: Final = 28  # of 1.8's further card data
_FIRST_VERSION: Final = ((0x18, Applet.V1_8), (0x17, Applet.V1_7), (0x00, Applet.V1_1))

# VERIFY without a body tells the tries left and spends none: on 1.7, and on 1.8 which has a byte for it. On 1.1 it is
# a wrong PIN; and a GemPC reader must never be given one.
_TELLS_TRIES_BY_EMPTY_VERIFY: Final = {Applet.V1_7}
_READERS_WITHOUT_EMPTY_VERIFY: Final = ("gempc",)

_ALGORITHM_REFERENCE: Final = {  # applet manuals 1.7 and 1.8, MSE SET: the same byte, other meanings
    (Applet.V1_7, Mechanism.RSA_PKCS1_SHA256): 0x08,
    (Applet.V1_8, Mechanism.ECDSA_SHA256): 0x01,
    (Applet.V1_8, Mechanism.ECDSA_SHA384): 0x02,
    (Applet.V1_8, Mechanism.ECDSA_SHA512): 0x04,
}
_EC_MECHANISMS: Final = {Mechanism.ECDSA_SHA256, Mechanism.ECDSA_SHA384, Mechanism.ECDSA_SHA512}
_EC_ANSWER_LENGTH: Final = 96  # bytes of r‖s on P-384

_BLOCK: Final = 256  # bytes: the most that a short READ BINARY can ask
_MOST_PARTS: Final = 4  # of one answer; a signature comes in one, and a card that always has more is out of its mind
_LARGEST_FILE: Final = 0x7FFF  # bytes: as far as READ BINARY's offset reaches
_DER_HEADER: Final = 4  # bytes
_PAST_THE_END: Final = {StatusWord(0x6B00)}
_SLOW_PAUSE_S: Final = 0.02  # applet manual 1.1: 10 to 50 ms after 6Cxx


class EidApplet:
    """A selected eID applet. Use it inside ``undisturbed``, so that no other program moves the selection."""

    def __init__(self, connection: CardConnection, version: Applet) -> None:
        self._connection = connection
        self.version = version
        self.card_data = b""  # what GET CARD DATA told: the chip's serial number first

    @classmethod
    def open(cls, connection: CardConnection) -> EidApplet:
        """Select the applet and see which one it is; raises SignerError NOT_AN_EID for any other card."""
        applet = cls(connection, Applet.V1_1)  # the most careful one, until we know
        with _otherwise_not_an_eid(), applet._held():
            applet._select()
            applet.card_data = applet._data(_GET_CARD_DATA, "GET CARD DATA")
            applet.version = _version(applet.card_data)
        return applet

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keep other programs from the card; selects the applet again when one of them reset it before."""
        with self._held():
            yield

    def read(self, file: CardFile) -> bytes:
        """Give a whole file; raises SignerError CARD_REFUSED when the card has none."""
        self._enter(file)
        content = bytearray()
        while len(content) < _LARGEST_FILE:
            block = self._block(len(content), _BLOCK)
            content += block
            if len(block) < _BLOCK:
                break
        return bytes(content)

    def read_certificate(self, file: CardFile) -> bytes | None:
        """Give a certificate without its padding, reading no further than its own length; None when it is all zeros.

        Raises SignerError CERTIFICATE_UNREADABLE when it is neither.
        """
        self._enter(file)
        content = bytearray(self._block(0, _BLOCK))
        if not any(content):
            return None
        length = _certificate_length(content)
        while len(content) < length:
            asked = min(_BLOCK, length - len(content))
            block = self._block(len(content), asked)
            if len(block) < asked:
                raise SignerError(ErrorCode.CERTIFICATE_UNREADABLE, f"{file.name} ends early")
            content += block
        return bytes(content[:length])

    def answer_challenge(self, challenge: bytes) -> bytes:
        """Have the basic key sign 48 bytes, without PIN, as r‖s; 1.8 alone, and 5,000 times in a card's life.

        Raises SignerError CARD_REFUSED when the card has no such key, or no answers left.
        """
        return self._data(CommandApdu(0x00, 0x88, 0x02, 0x81, _CHALLENGE_HEADER + challenge), "INTERNAL AUTHENTICATE")

    def tries_left(self) -> int | None:
        """Count the PIN's tries without spending one; None where the card or the reader cannot tell."""
        if self.version is Applet.V1_8:
            more = self._data(_GET_MORE_CARD_DATA, "GET CARD DATA")
            tries = more[_TRIES_BYTE] if len(more) > _TRIES_BYTE else None
            return tries if tries in _TRIES else None  # more than there can be is an answer that arrived wrong
        reader = self._connection.reader.lower()
        if self.version not in _TELLS_TRIES_BY_EMPTY_VERIFY or any(
            name in reader for name in _READERS_WITHOUT_EMPTY_VERIFY
        ):
            return None
        response = self._connection.transmit(_VERIFY)
        return 0 if response.sw == 0x6983 else response.retries_left

    def sign(self, key: CardKeyNumber, mechanism: Mechanism, digest: bytes, pin: Pin | Pinpad) -> bytes:
        """Sign a digest: MSE SET, VERIFY and PSO with nothing between them; ECDSA comes back as DER.

        Raises SignerError PIN_FORMAT before anything is sent, PIN_WRONG, PIN_BLOCKED, CARD_TOO_OLD and those of the
        connection. The PIN is sent once at most, whatever happens.
        """
        if isinstance(pin, Pin):
            pin.require_complete()
        algorithm = _ALGORITHM_REFERENCE.get((self.version, mechanism))
        if algorithm is None:
            raise SignerError(ErrorCode.CARD_TOO_OLD, f"applet {self.version.value} has no {mechanism.name}")
        with self._held(), self._logged_off_after(key):
            self._set_environment(key, algorithm)
            require_pin_ok(self._verify(pin))
            answer = self._data(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, digest), "PSO")
        return _ecdsa_der(answer) if mechanism in _EC_MECHANISMS else answer

    def change_pin(self, old: Pin, new: Pin) -> None:
        """Give the card another PIN; raises as ``sign``. The old one is sent once at most, whatever happens."""
        old.require_complete()
        new.require_complete()
        with self._held():
            require_pin_ok(self._connection.transmit_pin(_CHANGE_PIN, old, new), "CHANGE PIN")

    def change_pin_by(self, pinpad: Pinpad) -> None:
        """Give the card another PIN, typed on the reader's keys; raises as ``sign``, and PIN_NOT_REPEATED."""
        with self._held():
            require_pin_ok(pinpad.change(self._connection), "CHANGE PIN")

    def _set_environment(self, key: CardKeyNumber, algorithm: int) -> None:
        """Say which key signs how; after a reset again from SELECT on, as no PIN was sent yet."""
        command = CommandApdu(0x00, 0x22, 0x41, 0xB6, bytes((4, 0x80, algorithm, 0x84, key)))
        try:
            self._data(command, "MSE SET")
        except SignerError as error:
            if error.code is not ErrorCode.CARD_RESET:
                raise
            self._select()
            self._data(command, "MSE SET")

    def _verify(self, pin: Pin | Pinpad) -> ResponseApdu:
        if isinstance(pin, Pin):
            return self._connection.transmit_pin(_VERIFY, pin)
        return pin.verify(self._connection)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One transaction. A reset shows at its beginning, when nothing was sent yet: so begin again, from SELECT."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._connection.transaction())
            except SignerError as error:
                if error.code is not ErrorCode.CARD_RESET:
                    raise
                stack.enter_context(self._connection.transaction())
                self._select()
            yield

    @contextmanager
    def _logged_off_after(self, key: CardKeyNumber) -> Iterator[None]:
        """One VERIFY opens the authentication key until LOGOFF, for every program; the signature key it opens once."""
        try:
            yield
        finally:
            if key is CardKeyNumber.AUTHENTICATION:
                self._connection.transmit(_LOG_OFF)

    def _select(self) -> None:
        require_ok(self._connection.transmit(_SELECT_AID), "SELECT")

    def _enter(self, file: CardFile) -> None:
        self._data(CommandApdu(0x00, 0xA4, 0x08, 0x0C, file.value), "SELECT")

    def _block(self, offset: int, length: int) -> bytes:
        """Read at most ``length`` bytes; empty past the end."""
        response = self._exchange(CommandApdu(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length))
        block = b"" if response.sw in _PAST_THE_END else require_ok(response, "READ BINARY")
        if len(block) > length:
            raise SignerError(ErrorCode.CARD_GARBLED, f"{len(block)} bytes where {length} were asked for")
        return block

    def _data(self, command: CommandApdu, name: str) -> bytes:
        return require_ok(self._exchange(command), name)

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send a command and collect its whole answer: 6Cxx asks again with xx, 61xx fetches xx more bytes."""
        response = self._connection.transmit(command)
        if response.sw >> 8 == 0x6C and command.le is not None:
            if self.version is Applet.V1_1:
                time.sleep(_SLOW_PAUSE_S)
            response = self._connection.transmit(command._replace(le=response.sw & 0xFF or 256))
        data = bytearray(response.data)
        for _ in range(_MOST_PARTS):
            if response.sw >> 8 != 0x61:
                break
            response = self._connection.transmit(CommandApdu(0x00, 0xC0, 0x00, 0x00, le=response.sw & 0xFF or 256))
            if not response.data:
                break
            data += response.data
        return ResponseApdu(bytes(data), response.sw)


def again_after_reset(read: Callable[[], _T]) -> _T:
    """Read once more what another program's reset of the card spoilt; never to be used around a PIN."""
    try:
        return read()
    except SignerError as error:
        if error.code is not ErrorCode.CARD_RESET:
            raise
        return read()


@contextmanager
def _otherwise_not_an_eid() -> Iterator[None]:
    """Take a card that does not know these commands for another kind of card."""
    try:
        yield
    except SignerError as error:
        if error.code in {ErrorCode.CARD_REFUSED, ErrorCode.CARD_GARBLED}:
            raise SignerError(ErrorCode.NOT_AN_EID, error.detail) from error
        raise


def _version(card_data: bytes) -> Applet:
    if len(card_data) <= _VERSION_BYTE:
        raise SignerError(ErrorCode.CARD_GARBLED, "card data too short")
    return next(applet for first, applet in _FIRST_VERSION if card_data[_VERSION_BYTE] >= first)


def _certificate_length(start: bytes | bytearray) -> int:
    """Give the bytes of a certificate with its header; all have between 256 and 65535 (X.690, 8.1.3: 30 82 and two)."""
    length = _DER_HEADER + int.from_bytes(start[2:_DER_HEADER], "big")
    if start[:2] != b"\x30\x82" or length > _LARGEST_FILE:
        raise SignerError(ErrorCode.CERTIFICATE_UNREADABLE, "the file holds no certificate")
    return length


def _ecdsa_der(answer: bytes) -> bytes:
    if len(answer) != _EC_ANSWER_LENGTH:
        raise SignerError(ErrorCode.CARD_GARBLED, f"a signature of {len(answer)} bytes")
    half = _EC_ANSWER_LENGTH // 2
    return encode_dss_signature(int.from_bytes(answer[:half], "big"), int.from_bytes(answer[half:], "big"))
