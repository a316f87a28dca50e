"""What can be said of one signature, in the words of ETSI EN 319 102-1: who, when, how sure, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from asn1crypto import x509 as asn1
from pyhanko.sign.ades.report import AdESStatus
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signer.certificates import common_name, is_test, load, signer_of
from signer.errors import ErrorCode, SignerError
from signer.model import Level
from signer.pades.ades import Assessment, Judge, assess, time_of
from signer.pades.integrity import TIMESTAMP_TYPE, Changes, Integrity, integrity_of
from signer.pades.levels import SecurityStore, level_of
from signer.trust.anchors import FOR_SIGNING, FOR_TIME_STAMPS, Chain, Origin, chain_to_root
from signer.trust.qualified import Qualification, QualifiedStatus, qualified_by


class Indication(Enum):
    """The main result (ETSI EN 319 102-1, 5.1.3)."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SignerKind(Enum):
    """Who made a signature, as the certificate's subject tells (ETSI EN 319 412-2 and -3)."""

    PERSON = "person"
    SEAL = "seal"  # an organisation's
    TIMESTAMP = "timestamp"


class Unchecked(Enum):
    """What could not be found out."""

    REVOCATION = "revocation"  # whether a certificate was withdrawn: nobody answered, and no answer is in the file
    TIME = "time"  # no time-stamp proves when it was signed
    QUALIFICATION = "qualification"  # no trusted list was there to ask


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature, judged at one moment; never with the national number.

    Without revocation data an intact signature by a trusted person is INDETERMINATE, TRY_LATER: the plain
    booleans tell what is known already.
    """

    field: str
    kind: SignerKind
    signer_name: str
    claimed_at: datetime | None  # by the signer's clock
    proven_at: datetime | None  # a time-stamp that holds proves that it existed then
    level: Level | None
    qualified: QualifiedStatus
    indication: Indication
    sub_indication: str
    intact: bool
    trusted: bool
    root_name: str | None
    untrusted_because: ErrorCode | None
    covers_whole_file: bool
    changes: Changes
    revocation_checked: bool
    unchecked: tuple[Unchecked, ...]
    test: bool
    certificate: bytes  # DER: holds the national number, so it is for checks alone


_SUB_BY_TRUST: Final = {  # ETSI EN 319 102-1, table 6
    ErrorCode.CERTIFICATE_UNTRUSTED: "NO_CERTIFICATE_CHAIN_FOUND",
    ErrorCode.CERTIFICATE_EXPIRED: "OUT_OF_BOUNDS_NO_POE",
    ErrorCode.CERTIFICATE_NOT_YET_VALID: "OUT_OF_BOUNDS_NO_POE",
    ErrorCode.CERTIFICATE_NOT_FOR_SIGNING: "CHAIN_CONSTRAINTS_FAILURE",
}
_INDICATION: Final = {
    AdESStatus.PASSED: Indication.PASSED,
    AdESStatus.FAILED: Indication.FAILED,
    AdESStatus.INDETERMINATE: Indication.INDETERMINATE,
}
_IN_GENERAL: Final = "CERTIFICATE_CHAIN_GENERAL_FAILURE"  # what pyHanko says of a chain, whatever it lacks
_ELEVEN_DIGITS: Final = re.compile(r"\d{11}")


def judge(signature: EmbeddedPdfSignature, how: Judge) -> SignatureVerdict:
    """Judge one signature that pyHanko has read."""
    integrity = integrity_of(signature)
    certificate = bytes(signature.signer_cert.dump())
    others = tuple(bytes(each.dump()) for each in _others(signature))
    assessment = assess(signature, how)
    chain, obstacle = _trust(signature, certificate, others, how)
    indication, sub_indication = _conclude(integrity, obstacle, assessment)
    passed, revoked = indication is Indication.PASSED, "REVOKED" in sub_indication
    chain = chain or _chain_of(assessment, how)
    claimed_at = _claimed_at(signature)
    moment = assessment.proven_at or claimed_at or how.at
    qualified = qualified_by(chain.certificates if chain else (certificate,), how.lists, moment)
    return SignatureVerdict(
        field=integrity.field,
        kind=_kind(signature, certificate),
        signer_name=_ELEVEN_DIGITS.sub("…", signer_of(certificate, ()).name),
        claimed_at=claimed_at,
        proven_at=assessment.proven_at if passed else None,
        level=level_of(signature),
        qualified=qualified,
        indication=indication,
        sub_indication=sub_indication,
        intact=integrity.intact,
        trusted=chain is not None and not revoked,
        root_name=chain.root_name if chain else None,
        untrusted_because=ErrorCode.CERTIFICATE_REVOKED if revoked else None if chain else obstacle,
        covers_whole_file=integrity.covers_whole_file,
        changes=integrity.changes,
        revocation_checked=passed or revoked,
        unchecked=_unchecked(assessment, qualified, known=passed or revoked),
        test=bool(chain and chain.origin is Origin.TEST) or is_test((certificate, *others)),
        certificate=certificate,
    )


def _others(signature: EmbeddedPdfSignature) -> Iterable[asn1.Certificate]:
    return (*signature.other_embedded_certs, *SecurityStore.read(signature.reader).certificates)


def _trust(
    signature: EmbeddedPdfSignature, certificate: bytes, others: tuple[bytes, ...], judge: Judge
) -> tuple[Chain | None, ErrorCode | None]:
    """Look for a chain now; one that was there at the claimed time has ended since, which is not the same as none."""
    usage = FOR_TIME_STAMPS if signature.sig_object_type == TIMESTAMP_TYPE else FOR_SIGNING
    try:
        return chain_to_root(judge.policy, certificate, others, judge.at, usage), None
    except SignerError as error:
        claimed_at = _claimed_at(signature)
        if error.code is not ErrorCode.CERTIFICATE_UNTRUSTED or claimed_at is None:
            return None, error.code
    try:
        chain_to_root(judge.policy, certificate, others, claimed_at, usage)
    except SignerError:
        return None, ErrorCode.CERTIFICATE_UNTRUSTED
    return None, ErrorCode.CERTIFICATE_EXPIRED


def _chain_of(assessment: Assessment, judge: Judge) -> Chain | None:
    """Give the path of a signature that held at an earlier moment."""
    if not assessment.passed or assessment.path is None:
        return None
    certificates = tuple(bytes(each.dump()) for each in reversed(list(assessment.path)))
    origin = judge.policy.origin_of(certificates[-1])
    return Chain(certificates, common_name(load(certificates[-1]).subject), origin) if origin else None


def _conclude(integrity: Integrity, obstacle: ErrorCode | None, assessment: Assessment) -> tuple[Indication, str]:
    if not integrity.digest_matches:
        return Indication.FAILED, "HASH_FAILURE"
    if not integrity.signature_verifies:
        return Indication.FAILED, "SIG_CRYPTO_FAILURE"
    if integrity.changes is Changes.FORBIDDEN:
        return Indication.FAILED, "FORMAT_FAILURE"  # what the reader sees is not what was signed
    if assessment.passed:
        return Indication.PASSED, ""
    if assessment.name == _IN_GENERAL or obstacle is ErrorCode.CERTIFICATE_EXPIRED:
        # 5.2.6.4: where the chain is there, what is missing is what the issuers say of it.
        return Indication.INDETERMINATE, _SUB_BY_TRUST.get(obstacle, _IN_GENERAL) if obstacle else "TRY_LATER"
    return _INDICATION[assessment.status], assessment.name


def _unchecked(assessment: Assessment, qualified: QualifiedStatus, *, known: bool) -> tuple[Unchecked, ...]:
    missing = {
        Unchecked.REVOCATION: not known,
        Unchecked.TIME: assessment.proven_at is None,
        Unchecked.QUALIFICATION: qualified.qualification is Qualification.CLAIMED,
    }
    return tuple(each for each, is_missing in missing.items() if is_missing)


def _claimed_at(signature: EmbeddedPdfSignature) -> datetime | None:
    if signature.sig_object_type == TIMESTAMP_TYPE:
        return time_of(signature)
    claimed: datetime | None = signature.self_reported_timestamp
    return claimed


def _kind(signature: EmbeddedPdfSignature, certificate: bytes) -> SignerKind:
    if signature.sig_object_type == TIMESTAMP_TYPE:
        return SignerKind.TIMESTAMP
    who = signer_of(certificate, ())
    return SignerKind.PERSON if who.given_names or who.surname else SignerKind.SEAL
