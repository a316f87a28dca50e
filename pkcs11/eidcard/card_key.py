"""The signature key of an eID card, spoken to directly: no middleware between."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from eidcard.applet import Applet, CardFile, CardKeyNumber, EidApplet, again_after_reset
from eidcard.connection import CardConnection
from eidcard.known_cards import KnownCards
from eidcard.pin import Pin
from eidcard.pinpad import Pinpad, find_pinpad
from signer.certificates import is_chain, is_test, mechanism_of, signer_of, verify_digest
from signer.errors import ErrorCode, SignerError
from signer.model import KeyInfo, KeyUse, PinEntry
from signer.ports import ErasablePin

_ENTRY: Final = {True: PinEntry.PINPAD, False: PinEntry.OURS}  # by whether the reader has keys
_ALL_TRIES: Final = 3  # a right PIN gives them all back (applet manuals, VERIFY)
_ON_CARD: Final = {
    KeyUse.SIGNING: (CardFile.SIGNATURE_CERTIFICATE, CardKeyNumber.SIGNATURE),
    KeyUse.LOGGING_IN: (CardFile.AUTHENTICATION_CERTIFICATE, CardKeyNumber.AUTHENTICATION),
}


class CardKey:
    """A signing key as ``signer.ports.SigningKey`` has it, over one card connection that it owns."""

    def __init__(
        self,
        connection: CardConnection,
        applet: EidApplet,
        info: KeyInfo,
        pinpad: Pinpad | None = None,
        known: KnownCards | None = None,
        use: KeyUse = KeyUse.SIGNING,
    ) -> None:
        self._connection = connection
        self._applet = applet
        self._info = info
        self._pinpad = pinpad
        self._known = known
        _, self._number = _ON_CARD[use]

    @classmethod
    def open(cls, connection: CardConnection, known: KnownCards | None = None, use: KeyUse = KeyUse.SIGNING) -> CardKey:
        """Read whose card it is: the certificate of the key for this use and its chain, and nothing else of the holder.

        What ``known`` has of them is not read again, and what is read of a signature key is kept there.
        Raises SignerError NOT_AN_EID, CARD_TOO_OLD, CARD_CANNOT_SIGN (minors, and holders who declined) and those of
        the connection, which stays the caller's then.
        """
        return again_after_reset(lambda: cls._read(connection, known, use))

    @classmethod
    def _read(cls, connection: CardConnection, known: KnownCards | None, use: KeyUse) -> CardKey:
        applet = EidApplet.open(connection)
        if applet.version is Applet.V1_1:
            raise SignerError(ErrorCode.CARD_TOO_OLD, "applet 1.1 or older: RSA-1024")
        info = _key_info(applet, connection.reader, known, use)
        with applet.undisturbed():
            pinpad = find_pinpad(connection)
        return cls(connection, applet, replace(info, pin_entry=_ENTRY[pinpad is not None]), pinpad, known, use)

    @property
    def info(self) -> KeyInfo:
        """Whose key it is and how it signs; after a PIN was given, with the tries that are left now."""
        return self._info

    def sign_digest(self, digest: bytes, pin: ErasablePin | None) -> bytes:
        """Sign with the PIN, which is wiped whatever happens, and check the answer against the certificate.

        The PIN is None when ``info.pin_entry`` is PINPAD: it is then waited for, up to 30 seconds, at the reader.

        Raises SignerError PIN_FORMAT before anything is sent, PIN_WRONG with ``tries_left``, PIN_BLOCKED,
        PIN_CANCELLED, PIN_TIMEOUT, CARD_SIGNED_WRONG and those of the connection; ValueError for a digest of another
        length than the mechanism's.
        """
        try:
            algorithm = self._info.mechanism.digest_algorithm
            if len(digest) != hashlib.new(algorithm).digest_size:
                raise ValueError(f"{len(digest)} bytes are no {algorithm} digest")
            signature = self._sign(digest, self._way_of(pin))
        finally:
            if pin is not None:
                pin.wipe()
        self._check(digest, signature)
        return signature

    def close(self) -> None:
        """Let go of the card; harmless when done twice."""
        self._connection.close()

    def _check(self, digest: bytes, signature: bytes) -> None:
        """Check the answer; a card that does not fit what is known of it is forgotten, and read anew the next time."""
        try:
            verify_digest(self._info.signer.certificate, self._info.mechanism, digest, signature)
        except SignerError:
            if self._known is not None:
                self._known.forget(self._applet.card_data)
            raise

    def _way_of(self, pin: ErasablePin | None) -> Pin | Pinpad:
        if self._pinpad is not None and pin is None:
            return self._pinpad
        if self._pinpad is None and isinstance(pin, Pin):
            return pin
        raise SignerError(ErrorCode.PIN_FORMAT, f"PIN entry is {self._info.pin_entry.value}")

    def _sign(self, digest: bytes, pin: Pin | Pinpad) -> bytes:
        try:
            signature = self._applet.sign(self._number, self._info.mechanism, digest, pin)
        except SignerError as error:
            if error.tries_left is not None:
                self._info = replace(self._info, tries_left=error.tries_left)
            raise
        self._info = replace(self._info, tries_left=_ALL_TRIES)
        return signature


def _key_info(applet: EidApplet, place: str, known: KnownCards | None, use: KeyUse) -> KeyInfo:
    signing, (file, _) = use is KeyUse.SIGNING, _ON_CARD[use]
    with applet.undisturbed():
        remembered = known.certificate(applet.card_data) if known and signing else None
        certificate = remembered or applet.read_certificate(file)
        if certificate is None:
            raise SignerError(ErrorCode.CARD_CANNOT_SIGN)
        chain = (known.chain(certificate) if known else ()) or _read_chain(applet)
        tries_left = applet.tries_left()
    if not is_chain(certificate, *chain, *chain[-1:]):  # the root signed itself
        raise SignerError(ErrorCode.CARD_GARBLED, "the certificates do not fit together")
    if known and signing and remembered is None:
        known.remember(applet.card_data, certificate, chain)
    return KeyInfo(
        signer=signer_of(certificate, chain),
        mechanism=mechanism_of(certificate),
        pin_entry=PinEntry.OURS,
        place=place,
        tries_left=tries_left,
        test=is_test((certificate, *chain)),
    )


def _read_chain(applet: EidApplet) -> tuple[bytes, ...]:
    above = (applet.read_certificate(file) for file in (CardFile.CA_CERTIFICATE, CardFile.ROOT_CERTIFICATE))
    return tuple(der for der in above if der is not None)
