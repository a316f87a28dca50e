"""What a signer's certificate says: name, key, usage, validity; and what a signature made with it must satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.x509.oid import NameOID

from signer.errors import ErrorCode, SignerError
from signer.model import ExpectedSigner, Mechanism, Signer

TEST_MARK: Final = "TEST"  # the first word of the common name of every issuer of our simulated cards

_MIN_RSA_BITS: Final = 2048  # ETSI TS 119 312: 1024 bits, as on applet 1.1, are too short to sign today
_CURVE_MECHANISM: Final = {  # BSI TR-03111: the digest as long as the key
    "secp256r1": Mechanism.ECDSA_SHA256,
    "secp384r1": Mechanism.ECDSA_SHA384,
    "secp521r1": Mechanism.ECDSA_SHA512,
}
_HASH: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def load(der: bytes) -> x509.Certificate:
    """Parse a certificate, with its names and times; raises SignerError CERTIFICATE_UNREADABLE."""
    with _readable():
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return certificate


@contextmanager
def _readable() -> Iterator[None]:
    """Take what cryptography finds wrong inside a certificate, which it reads bit by bit, for an unreadable one."""
    try:
        yield
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise SignerError(ErrorCode.CERTIFICATE_UNREADABLE) from error


def signer_of(certificate: bytes, chain: tuple[bytes, ...]) -> Signer:
    """Read who signs from DER; the national number stays in the certificate."""
    subject = load(certificate).subject
    given, surname = _attribute(subject, NameOID.GIVEN_NAME), _attribute(subject, NameOID.SURNAME)
    name = f"{given} {surname}".strip() or _attribute(subject, NameOID.COMMON_NAME)
    return Signer(name, given, surname, certificate, chain)


def mechanism_of(certificate: bytes) -> Mechanism:
    """Choose how this key signs; raises CARD_TOO_OLD for a short key, CERTIFICATE_NOT_FOR_SIGNING for an unknown."""
    with _readable():
        key = load(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _MIN_RSA_BITS:
            raise SignerError(ErrorCode.CARD_TOO_OLD, f"RSA {key.key_size}")
        return Mechanism.RSA_PKCS1_SHA256
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVE_MECHANISM:
        return _CURVE_MECHANISM[key.curve.name]
    raise SignerError(ErrorCode.CERTIFICATE_NOT_FOR_SIGNING, type(key).__name__)


def require_usable(certificate: bytes, now: datetime) -> None:
    """Refuse what no PIN should be spent on: outside its validity, or no key to sign with (RFC 5280, 4.2.1.3).

    Raises SignerError CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, CERTIFICATE_NOT_FOR_SIGNING or
    CERTIFICATE_UNREADABLE.
    """
    parsed = load(certificate)
    if now < parsed.not_valid_before_utc:
        raise SignerError(ErrorCode.CERTIFICATE_NOT_YET_VALID)
    if now > parsed.not_valid_after_utc:
        raise SignerError(ErrorCode.CERTIFICATE_EXPIRED)
    try:
        with _readable():
            usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not usage.content_commitment:
        raise SignerError(ErrorCode.CERTIFICATE_NOT_FOR_SIGNING)


def is_chain(*certificates: bytes) -> bool:
    """Tell whether each (DER) was issued by the next, by signature; False too when one cannot be read.

    A signature of a kind that cannot be checked here counts as right: who trusts a chain checks it elsewhere.
    """
    try:
        for certificate, issuer in pairwise(certificates):
            load(certificate).verify_directly_issued_by(load(issuer))
    except (InvalidSignature, ValueError, SignerError):
        return False
    except (UnsupportedAlgorithm, TypeError):
        return True
    return True


def is_test(certificates: tuple[bytes, ...]) -> bool:
    """Tell a simulated person's chain by the mark in its issuers' names."""
    issuers = (_attribute(load(der).issuer, NameOID.COMMON_NAME) for der in certificates)
    return any(name.split(" ", 1)[0] == TEST_MARK for name in issuers)


def verify_digest(certificate: bytes, mechanism: Mechanism, digest: bytes, signature: bytes) -> None:
    """Check a card's answer (ECDSA as DER) against the public key; raises SignerError CARD_SIGNED_WRONG."""
    verify_prehashed(certificate, mechanism.digest_algorithm, digest, signature)


def verify_prehashed(certificate: bytes, algorithm: str, digest: bytes, signature: bytes) -> None:
    """Check a signature over a digest, RSA (PKCS#1 v1.5) or ECDSA; raises SignerError CARD_SIGNED_WRONG."""
    key = load(certificate).public_key()
    prehashed = utils.Prehashed(_HASH[algorithm])
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            raise SignerError(ErrorCode.CERTIFICATE_NOT_FOR_SIGNING)
    except (InvalidSignature, ValueError) as error:
        raise SignerError(ErrorCode.CARD_SIGNED_WRONG) from error


def is_expected(expected: ExpectedSigner, certificate: bytes) -> bool:
    """Tell whether the certificate's national number (subject serialNumber) is the one that the agency expects."""
    number = _attribute(load(certificate).subject, NameOID.SERIAL_NUMBER)
    found = hash_secret_raw(
        number.encode(),
        expected.salt,
        time_cost=expected.time_cost,
        memory_cost=expected.memory_cost,
        parallelism=expected.parallelism,
        hash_len=len(expected.digest),
        type=Type.ID,
    )
    return bytes_eq(found, expected.digest)


def has_national_number(certificate: bytes) -> bool:
    """Tell whether a certificate (DER) carries eleven digits that are somebody's: whoever has it can read them."""
    number = _attribute(load(certificate).subject, NameOID.SERIAL_NUMBER)
    return len(number) == 11 and number.isdecimal()


def common_name(name: x509.Name) -> str:
    """Give a subject's or issuer's common name; empty when it has none."""
    return _attribute(name, NameOID.COMMON_NAME)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""
