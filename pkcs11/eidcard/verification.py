"""Whether what a card says of its holder is true: the register's signatures, check digits, and the card's presence.

Sources: card content manual 5.4 for what is signed; the official viewer's behaviour for padding and hashes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from eidcard.identity import Identity, is_card_number, is_national_number
from signer.certificates import load
from signer.errors import SignerError

_RSA_HASHES: Final = (hashes.SHA256(), hashes.SHA1())  # noqa: S303 - old cards were signed so, and stay valid
_EC_HASHES: Final = (hashes.SHA384(), hashes.SHA256())
_PHOTO_HASH_BY_LENGTH: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_UNCOMPRESSED: Final = 0x04  # the first byte of a point (SEC 1, 2.3.3)
CHALLENGE_LENGTH: Final = 48  # bytes


class Verdict(Enum):
    """What a check came to."""

    RIGHT = "right"
    NOT_RIGHT = "not-right"
    UNCHECKED = "cannot-be-checked"


@dataclass(frozen=True, slots=True)
class IdentityVerification:
    """What the checks came to; None: not looked at."""

    register: Verdict  # the register's signature over the identity, by a certificate of a root that is believed
    national_number: Verdict
    card_number: Verdict
    address: Verdict | None = None
    photo: Verdict | None = None
    presence: Verdict | None = None  # the chip itself answered: no copy of its files can


Believe = Callable[[bytes, tuple[bytes, ...]], bool]  # a register's certificate, and the card's other ones (DER)


def believe_nobody(_certificate: bytes, _others: tuple[bytes, ...]) -> bool:
    """Believe no register: for whoever has no trust policy."""
    return False


class Register:
    """The register's key, if its certificate is there and believed."""

    def __init__(self, certificate: bytes | None, others: tuple[bytes, ...], believe: Believe) -> None:
        self._certificate = certificate if certificate is not None and believe(certificate, others) else None

    def verdict(self, content: bytes, signature: bytes | None) -> Verdict:
        """Check a signature over content; UNCHECKED without a believed certificate, or without a signature."""
        if self._certificate is None or not signature:
            return Verdict.UNCHECKED
        try:
            key = load(self._certificate).public_key()
        except (SignerError, UnsupportedAlgorithm):
            return Verdict.UNCHECKED
        if isinstance(key, rsa.RSAPublicKey):
            return _of(any(_is_rsa(key, signature, content, algorithm) for algorithm in _RSA_HASHES))
        if isinstance(key, ec.EllipticCurvePublicKey):
            return _of(any(_is_ecdsa(key, signature, content, algorithm) for algorithm in _EC_HASHES))
        return Verdict.UNCHECKED


def signed_address(address: bytes, identity_signature: bytes) -> bytes:
    """Give what the register signs for the address: it without its zero padding, then the identity's signature."""
    return address.rstrip(b"\0") + identity_signature


def check_numbers(identity: Identity) -> tuple[Verdict, Verdict]:
    """Check the digits of the national number and of the card number; a foreigner's card number has none."""
    is_foreign = identity.card_number[:1].isalpha()
    card = Verdict.UNCHECKED if is_foreign else _of(is_card_number(identity.card_number))
    return _of(is_national_number(identity.national_number)), card


def check_photo(photo: bytes, expected: bytes) -> Verdict:
    """Compare a photo with its hash in the identity, whose length tells the algorithm."""
    algorithm = _PHOTO_HASH_BY_LENGTH.get(len(expected))
    return _of(hashlib.new(algorithm, photo).digest() == expected) if algorithm else Verdict.UNCHECKED


def new_challenge() -> bytes:
    """Make a challenge that no card has answered before."""
    return secrets.token_bytes(CHALLENGE_LENGTH)


def check_presence(basic_key: bytes, expected_hash: bytes, challenge: bytes, answer: bytes) -> Verdict:
    """Check a card's answer (r‖s) to a challenge, by the key whose hash stands in the identity."""
    if hashlib.sha384(basic_key).digest() != expected_hash:
        return Verdict.NOT_RIGHT
    try:
        key = _basic_key(basic_key)
    except (ValueError, UnsupportedAlgorithm):
        return Verdict.UNCHECKED
    return _of(_is_ecdsa(key, answer, challenge, Prehashed(hashes.SHA384())))


def _basic_key(content: bytes) -> ec.EllipticCurvePublicKey:
    """Take the point x‖y, with or without the byte that says so; the manual at hand does not tell which it is."""
    point = content.rstrip(b"\0") if len(content) > 2 * CHALLENGE_LENGTH + 1 else content
    if len(point) == 2 * CHALLENGE_LENGTH:
        point = bytes((_UNCOMPRESSED,)) + point
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)


def _is_rsa(key: rsa.RSAPublicKey, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, content, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_ecdsa(
    key: ec.EllipticCurvePublicKey, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm | Prehashed
) -> bool:
    """Check r‖s, as the card itself signs, or DER."""
    half = (key.key_size + 7) // 8
    if len(signature) == 2 * half:
        r, s = signature[:half], signature[half:]
        signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        key.verify(signature, content, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def _of(is_right: bool) -> Verdict:  # noqa: FBT001 - it is what it is about
    return Verdict.RIGHT if is_right else Verdict.NOT_RIGHT
