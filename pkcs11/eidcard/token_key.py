"""A signature key on a PKCS#11 token: which one it is, who asks for its PIN, and how it signs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import NoneType
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from eidcard.pin import Pin
from eidcard.token import Module, ModuleInfo, Session, Token, TokenObject
from signer import certificates
from signer.errors import ErrorCode, SignerError
from signer.model import KeyInfo, KeyUse, Mechanism, PinEntry
from signer.ports import ErasablePin

LABELS: Final = {  # of the eID's keys and certificates in the official module
    KeyUse.SIGNING: "Signature",
    KeyUse.LOGGING_IN: "Authentication",
}
_EID_LABELS: Final = frozenset({*LABELS.values(), "Card"})  # "Card" is new on applet 1.8

# OpenSC lists an eID's signature certificate, but refuses its key, and only after the PIN (seen with OpenSC 0.23).
_LISTS_IN_VAIN: Final = ("opensc", "belpic")  # in the module's description; in the label of an eID's token

_CKM_RSA_PKCS, _CKM_ECDSA = 0x0001, 0x1041
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, 9.2, note 1
_CKM: Final = {  # the mechanism, and what stands before the digest
    Mechanism.RSA_PKCS1_SHA256: (_CKM_RSA_PKCS, _SHA256_INFO),
    Mechanism.ECDSA_SHA256: (_CKM_ECDSA, b""),
    Mechanism.ECDSA_SHA384: (_CKM_ECDSA, b""),
    Mechanism.ECDSA_SHA512: (_CKM_ECDSA, b""),
}


class PinRule(NamedTuple):
    """Who asks for the PIN, and whether C_Login comes before the signature."""

    entry: PinEntry
    login: bool


_RULES: Final = {  # (official Belgian module, protected authentication path, login required)
    (True, True, True): PinRule(PinEntry.PINPAD, login=False),  # it asks at C_Sign, once; C_Login would ask twice
    (True, True, False): PinRule(PinEntry.PINPAD, login=False),
    (True, False, True): PinRule(PinEntry.DIALOG, login=False),
    (True, False, False): PinRule(PinEntry.DIALOG, login=False),
    (False, True, True): PinRule(PinEntry.PINPAD, login=True),
    (False, True, False): PinRule(PinEntry.PINPAD, login=True),
    (False, False, True): PinRule(PinEntry.OURS, login=True),
    (False, False, False): PinRule(PinEntry.DIALOG, login=False),  # the module asks if and as it likes
}


def pin_rule(module: ModuleInfo, token: Token) -> PinRule:
    """Tell how the PIN of a token's signature key is asked for."""
    return _RULES[module.official_belgian, token.protected_path, token.login_required]


def key_on(module: Module, token: Token, use: KeyUse = KeyUse.SIGNING) -> TokenKey:
    """Give the key of a token for this use, in a session of its own.

    Raises SignerError MODULE_NO_KEY, CARD_CANNOT_SIGN, CARD_TOO_OLD, CERTIFICATE_NOT_FOR_SIGNING and ``eidcard.ckr``'s.
    """
    if use is KeyUse.SIGNING:
        require_signs(module, token)
    session = module.open(token)
    try:
        return TokenKey(session, token, find_certificate(session, use), use)
    except BaseException:
        session.close()
        raise


def require_signs(module: Module, token: Token) -> None:
    """Refuse a module that would take the PIN and then not sign; raises SignerError MODULE_NO_KEY."""
    framework, eid = _LISTS_IN_VAIN
    if framework in module.info.description.lower() and eid in token.label.lower():
        raise SignerError(ErrorCode.MODULE_NO_KEY, "OpenSC does not sign with an eID")


class Found(NamedTuple):
    """The certificate to sign with, and its issuers as far as the token has them, the nearest first."""

    certificate: TokenObject
    chain: tuple[bytes, ...]


def find_certificate(session: Session, use: KeyUse = KeyUse.SIGNING) -> Found:
    """Choose the certificate whose key is for this: made for it, with its key there (or hidden until the log-in).

    Raises SignerError MODULE_NO_KEY, or CARD_CANNOT_SIGN when the official module shows a card without one.
    """
    on_token = tuple(found for found in session.certificates() if _readable(found.value))
    keys = session.private_keys()
    usable = [found for found in on_token if _is_for(use, found) and (not keys or _key_of(found, keys, use))]
    if not usable:
        official = session.module.info.official_belgian
        raise SignerError(ErrorCode.CARD_CANNOT_SIGN if official else ErrorCode.MODULE_NO_KEY)
    chosen = min(usable, key=lambda found: found.label != LABELS[use])
    return Found(chosen, _chain(chosen.value, [found.value for found in on_token]))


class TokenKey:
    """A ``signer.ports.SigningKey`` on a PKCS#11 token; it owns its session."""

    def __init__(self, session: Session, token: Token, found: Found, use: KeyUse = KeyUse.SIGNING) -> None:
        """Read what is known before the PIN. Raises SignerError CARD_TOO_OLD or CERTIFICATE_NOT_FOR_SIGNING."""
        self._session, self._token, self._certificate = session, token, found.certificate
        self._closed, self._use = False, use
        official = session.module.info.official_belgian
        self._rule = pin_rule(session.module.info, token)
        der = found.certificate.value
        self._info = KeyInfo(
            signer=certificates.signer_of(der, found.chain),
            mechanism=certificates.mechanism_of(der),
            pin_entry=self._rule.entry,
            place=token.reader if official else token.label or token.reader,
            tries_left=token.tries_left,
            test=certificates.is_test((der, *found.chain)),
        )

    @property
    def info(self) -> KeyInfo:
        """Whose key it is and how it signs; after a PIN was given, with what the token tells of its tries now."""
        return self._info

    def sign_digest(self, digest: bytes, pin: ErasablePin | None) -> bytes:
        """Sign with the PIN, which is wiped whatever happens, and check the answer against the certificate.

        Raises SignerError PIN_WRONG, PIN_BLOCKED, PIN_CANCELLED, PIN_TIMEOUT, CARD_REMOVED, CARD_SIGNED_WRONG,
        MODULE_NO_KEY and what else ``eidcard.ckr`` names; ValueError for a digest of another length than the
        mechanism's. With entry DIALOG or PINPAD it waits for a person: call it in a worker.
        """
        mechanism, entry = self._info.mechanism, self._rule.entry
        try:
            if len(digest) != hashlib.new(mechanism.digest_algorithm).digest_size:
                raise ValueError(f"{len(digest)} bytes are no {mechanism.digest_algorithm} digest")
            if not isinstance(pin, Pin if entry is PinEntry.OURS else NoneType):
                raise SignerError(ErrorCode.PIN_FORMAT, f"the PIN entry of this token is {entry.value}")
            signature = _as_cms(mechanism, self._sign(digest, pin))
        finally:
            if pin is not None:
                pin.wipe()
        certificates.verify_digest(self._info.signer.certificate, mechanism, digest, signature)
        return signature

    def close(self) -> None:
        """Let go of the token; harmless when done twice."""
        self._closed = True
        self._session.close()

    def _take_up_again(self) -> None:
        """Go on in a new session when the card was out and is back in: sessions end when it leaves (2.40, 5.6).

        The PIN was not used yet. Raises SignerError CARD_REMOVED as long as this very card is not there, and
        MODULE_FAILED when it was we who closed.
        """
        if self._closed:
            raise SignerError(ErrorCode.MODULE_FAILED, "this key was closed")
        try:
            self._session.require_alive()
        except SignerError as error:
            if error.code is not ErrorCode.CARD_REMOVED:
                raise
            self._session.close()
            self._session, self._token = self._reopened(error)

    def _reopened(self, gone: SignerError) -> tuple[Session, Token]:
        module = self._session.module
        for token in module.tokens():
            with suppress(SignerError):  # a strange token must not hide ours
                session = module.open(token)
                if any(found.value == self._certificate.value for found in session.certificates()):
                    return session, token
                session.close()
        raise gone

    @contextmanager
    def _logged_in(self, pin: Pin | None) -> Iterator[None]:
        if not self._rule.login:
            yield
            return
        try:
            self._session.login(pin)
        except SignerError as error:
            raise self._with_tries_left(error) from error
        self._info = replace(self._info, tries_left=None)  # a right PIN gives them all back; how many, nobody tells
        try:
            yield
        finally:
            with suppress(SignerError):  # a card that is gone has logged out
                self._session.logout()

    def _sign(self, digest: bytes, pin: Pin | None) -> bytes:
        self._take_up_again()
        with self._logged_in(pin):
            return self._sign_once(digest, pin)

    def _sign_once(self, digest: bytes, pin: Pin | None) -> bytes:
        key = _key_of(self._certificate, self._session.private_keys(), self._use)
        if key is None:
            raise SignerError(ErrorCode.MODULE_NO_KEY, "the certificate's private key is not on the token")
        mechanism, prefix = _CKM[self._info.mechanism]
        self._session.sign_init(mechanism, key, self._rule.entry)
        if key.always_authenticate and self._rule.login:
            self._session.login(pin, again=True)
        return self._session.sign(prefix + digest, self._rule.entry)

    def _with_tries_left(self, error: SignerError) -> SignerError:
        """Add what the token's flags tell after a wrong PIN; the one that locked it is PIN_BLOCKED."""
        if error.code is not ErrorCode.PIN_WRONG:
            return error
        now = [token for token in self._session.module.tokens() if token.slot == self._token.slot]
        left = now[0].tries_left if now else None
        self._info = replace(self._info, tries_left=left)
        return SignerError(ErrorCode.PIN_BLOCKED if left == 0 else error.code, error.detail, tries_left=left)


def _as_cms(mechanism: Mechanism, raw: bytes) -> bytes:
    """Give RSA as it is, and ECDSA's r and s, which PKCS#11 joins (2.40 mechanisms, 2.3.1), as DER."""
    if mechanism is Mechanism.RSA_PKCS1_SHA256:
        return raw
    if not raw or len(raw) % 2:
        raise SignerError(ErrorCode.CARD_GARBLED, f"an ECDSA signature of {len(raw)} bytes")
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _key_of(certificate: TokenObject, keys: tuple[TokenObject, ...], use: KeyUse) -> TokenObject | None:
    by_id = (key for key in keys if certificate.id and key.id == certificate.id)
    by_label = (key for key in keys if key.label == certificate.label == LABELS[use])
    return next(by_id, None) or next(by_label, None)


def _readable(der: bytes) -> bool:
    """Tell whether it is a certificate at all: a minor's card has zeros in its place."""
    try:
        certificates.load(der)
    except SignerError:
        return False
    return True


def _is_for(use: KeyUse, found: TokenObject) -> bool:
    if found.label in _EID_LABELS - {LABELS[use]}:
        return False
    extensions = certificates.load(found.value).extensions
    with suppress(x509.ExtensionNotFound):
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    with suppress(x509.ExtensionNotFound):
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return usage.content_commitment if use is KeyUse.SIGNING else usage.digital_signature
    return use is KeyUse.SIGNING


def _chain(certificate: bytes, others: list[bytes]) -> tuple[bytes, ...]:
    """Follow the issuers' names as far as the token has them."""
    chain: list[bytes] = []
    parsed = certificates.load(certificate)
    while parsed.issuer != parsed.subject:
        issuer = next((der for der in others if certificates.load(der).subject == parsed.issuer), None)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
        parsed = certificates.load(issuer)
    return tuple(chain)
