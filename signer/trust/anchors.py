"""Which roots are believed: the pinned Belgian ones always, the demo's in the demo world, others when set loudly."""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import Enum
from operator import itemgetter
from pathlib import Path
from typing import Final, Self

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    ValidationError,
)

from signer.certificates import load
from signer.errors import ErrorCode, SignerError
from signer.paths import resource
from signer.trust.standing import Revocation

FOR_SIGNING: Final = frozenset({"non_repudiation"})  # RFC 5280, 4.2.1.3; the eID's signature certificate has it alone
FOR_LOGGING_IN: Final = frozenset({"digital_signature"})  # the eID's authentication certificate has it alone
FOR_TIME_STAMPS: Final = frozenset({"digital_signature"})
_CODE_BY_FAILURE: Final = {  # pyhanko-certvalidator's errors, most special first
    ExpiredError: ErrorCode.CERTIFICATE_EXPIRED,
    NotYetValidError: ErrorCode.CERTIFICATE_NOT_YET_VALID,
    ValidationError: ErrorCode.CERTIFICATE_UNTRUSTED,
    PathBuildingError: ErrorCode.CERTIFICATE_UNTRUSTED,
}


class Origin(Enum):
    """Why a root is believed."""

    BELGIAN = "belgian"  # its key is pinned
    TEST = "test"  # the demo world's own
    EXTRA = "extra"  # somebody's setting


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate's way to a believed root, at one moment, and what was learned of revocation, if anybody asked."""

    certificates: tuple[bytes, ...]  # DER, the certificate first, the root last
    root_name: str
    origin: Origin
    revocation: Revocation | None = None

    @property
    def revocation_checked(self) -> bool:
        """Whether every certificate was asked about, and found to be good."""
        return self.revocation is not None and self.revocation.known


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Whom this installation believes; ``pins`` are SHA-256 of public keys (SPKI), roots are DER.

    ``key_ends``: until when a pinned key counts, where one of its certificates ends sooner than another.
    """

    pins: frozenset[bytes]
    test_roots: tuple[bytes, ...] = ()
    extra_roots: tuple[bytes, ...] = ()
    key_ends: Mapping[bytes, datetime] = field(default_factory=dict)

    @classmethod
    def load(cls, test_roots: Iterable[Path] = (), extra_roots: Iterable[Path] = ()) -> Self:
        """Read the pinned keys, and roots from PEM or DER files.

        Raises SignerError SETTINGS_BROKEN, with the file's name, when one cannot be read.
        """
        table = tomllib.loads(resource("trust", "belgian-roots.toml").read_text("utf-8"))
        ends: dict[bytes, datetime] = {}
        for root in sorted(table["root"], key=itemgetter("valid_to")):
            ends[bytes.fromhex(root["spki"])] = datetime.combine(root["valid_to"], time(), UTC)
        own, extra = (tuple(map(read_certificate, paths)) for paths in (test_roots, extra_roots))
        return cls(frozenset(ends), own, extra, ends)

    @property
    def shouts(self) -> tuple[str, ...]:
        """Names of the roots that no law vouches for, which every face shows loudly."""
        return tuple(_common_name(der) for der in (*self.test_roots, *self.extra_roots))

    def origin_of(self, root: bytes) -> Origin | None:
        """Tell why a root (DER) is believed; None: it is not."""
        if root in self.test_roots:
            return Origin.TEST
        if root in self.extra_roots:
            return Origin.EXTRA
        return Origin.BELGIAN if _is_own_and_pinned(root, self.pins) else None

    def believed(self, others: Iterable[bytes]) -> list[bytes]:
        """Give the roots that are believed in their own time: its own, and pinned ones among ``others`` (DER)."""
        return [der for der in dict.fromkeys((*self.test_roots, *self.extra_roots, *others)) if self.origin_of(der)]

    def roots_at(self, at: datetime, others: Iterable[bytes]) -> list[bytes]:
        """Give the roots that are believed at a moment: its own, and pinned ones among ``others`` (DER).

        A card has one certificate of its root. Where that has ended and a newer one of the same key has not, as with
        Belgian roots 4 and 4b, the key is what is pinned: the older certificate stands for it, unless both are here.
        """
        believed = self.believed(others)
        current = [der for der in believed if _is_current(der, at)]
        keys = set(map(_pin, current))
        return current + [der for der in believed if _pin(der) not in keys and self._lives_on(der, at)]

    def end_of(self, root: bytes) -> datetime:
        """Give until when a believed root (DER) counts: its own end, or that of a newer one of its key."""
        own = load(root).not_valid_after_utc
        return max(own, self.key_ends.get(_pin(root), own))

    def _lives_on(self, root: bytes, at: datetime) -> bool:
        return load(root).not_valid_before_utc <= at <= self.end_of(root)

    def vouches_for(self, certificate: bytes, others: Iterable[bytes]) -> bool:
        """Tell whether a believed root, its own or among ``others`` (DER), issued a certificate itself.

        Their dates do not count: what the national register signed stays signed.
        """
        roots = dict.fromkeys((*self.test_roots, *self.extra_roots, *others))
        return any(_issued(root, certificate) and self.origin_of(root) for root in roots)


def chain_to_root(
    policy: TrustPolicy,
    certificate: bytes,
    others: Iterable[bytes],
    at: datetime,
    usage: frozenset[str] = FOR_SIGNING,
) -> Chain:
    """Find the way from a certificate (DER) to a believed root at a moment (RFC 5280, 6), without network.

    Raises SignerError CERTIFICATE_UNTRUSTED, _EXPIRED, _NOT_YET_VALID, _NOT_FOR_SIGNING or _UNREADABLE.
    """
    others = tuple(others)
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(der) for der in policy.roots_at(at, others)],
        other_certs=[asn1.Certificate.load(der) for der in others],
        moment=at,
        allow_fetching=False,
    )
    validator = CertificateValidator(asn1.Certificate.load(certificate), validation_context=context)
    try:
        path = asyncio.run(validator.async_validate_usage(set(usage)))  # type: ignore[no-untyped-call]  # pyHanko's
    except InvalidCertificateError:
        raise SignerError(ErrorCode.CERTIFICATE_NOT_FOR_SIGNING) from None
    except (ValidationError, PathBuildingError) as error:
        # Without the cause: its text has the certificate's subject, and so the national number.
        raise SignerError(_code(error), type(error).__name__) from None
    certificates = tuple(bytes(each.dump()) for each in reversed(list(path)))
    origin = policy.origin_of(certificates[-1])
    assert origin is not None
    return Chain(certificates, _common_name(certificates[-1]), origin)


def _code(error: Exception) -> ErrorCode:
    return next(code for kind, code in _CODE_BY_FAILURE.items() if isinstance(error, kind))


def _is_own_and_pinned(root: bytes, pins: frozenset[bytes]) -> bool:
    """Believe what a pinned key says of itself: name and validity are under its own signature."""
    return _pin(root) in pins and _issued(root, root)


def _pin(certificate: bytes) -> bytes:
    """Give the SHA-256 of a certificate's public key (SPKI)."""
    key = load(certificate).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).digest()


def _issued(issuer: bytes, certificate: bytes) -> bool:
    try:
        load(certificate).verify_directly_issued_by(load(issuer))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_current(der: bytes, at: datetime) -> bool:
    certificate = load(der)
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _common_name(der: bytes) -> str:
    names = load(der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else load(der).subject.rfc4514_string()


def read_certificate(path: Path) -> bytes:
    """Read a certificate from a PEM or DER file; raises SignerError SETTINGS_BROKEN, with the file's name."""
    try:
        content = path.read_bytes()
        der = pem.unarmor(content)[2] if pem.detect(content) else content
        load(der)
    except (OSError, ValueError, SignerError) as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"no certificate in {path.name}") from error
    return bytes(der)
