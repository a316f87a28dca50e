"""What can be said of one signature, in the words of ETSI EN 319 102-1, without network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signer.certificates import is_test, signer_of
from signer.errors import ErrorCode, SignerError
from signer.model import Level
from signer.pades.integrity import TIMESTAMP_TYPE, Changes, Integrity, integrity_of
from signer.pades.levels import level_of
from signer.trust.anchors import Chain, Origin, TrustPolicy, chain_to_root


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


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature, judged at one moment; never with the national number.

    Without revocation data an intact signature by a trusted person is INDETERMINATE, TRY_LATER: the plain
    booleans tell what is known already.
    """

    field: str
    kind: SignerKind
    signer_name: str
    claimed_at: datetime | None
    level: Level | None
    indication: Indication
    sub_indication: str
    intact: bool
    trusted: bool
    root_name: str | None
    untrusted_because: ErrorCode | None
    covers_whole_file: bool
    changes: Changes
    revocation_checked: bool
    test: bool
    certificate: bytes  # DER: holds the national number, so it is for checks alone


_SUB_BY_TRUST: Final = {  # ETSI EN 319 102-1, table 6
    ErrorCode.CERTIFICATE_UNTRUSTED: "NO_CERTIFICATE_CHAIN_FOUND",
    ErrorCode.CERTIFICATE_EXPIRED: "OUT_OF_BOUNDS_NO_POE",
    ErrorCode.CERTIFICATE_NOT_YET_VALID: "OUT_OF_BOUNDS_NO_POE",
    ErrorCode.CERTIFICATE_NOT_FOR_SIGNING: "CHAIN_CONSTRAINTS_FAILURE",
}
_ELEVEN_DIGITS: Final = re.compile(r"\d{11}")


def judge(signature: EmbeddedPdfSignature, policy: TrustPolicy, at: datetime) -> SignatureVerdict:
    """Judge one signature that pyHanko has read."""
    integrity = integrity_of(signature)
    certificate = bytes(signature.signer_cert.dump())
    others = tuple(bytes(each.dump()) for each in signature.other_embedded_certs)
    chain, obstacle = _trust(policy, certificate, others, at)
    indication, sub_indication = _conclude(integrity, obstacle)
    return SignatureVerdict(
        field=integrity.field,
        kind=_kind(signature, certificate),
        signer_name=_ELEVEN_DIGITS.sub("…", signer_of(certificate, ()).name),
        claimed_at=signature.self_reported_timestamp,
        level=level_of(signature),
        indication=indication,
        sub_indication=sub_indication,
        intact=integrity.intact,
        trusted=chain is not None,
        root_name=chain.root_name if chain else None,
        untrusted_because=obstacle,
        covers_whole_file=integrity.covers_whole_file,
        changes=integrity.changes,
        revocation_checked=bool(chain and chain.revocation_checked),
        test=bool(chain and chain.origin is Origin.TEST) or is_test((certificate, *others)),
        certificate=certificate,
    )


def _trust(
    policy: TrustPolicy, certificate: bytes, others: tuple[bytes, ...], at: datetime
) -> tuple[Chain | None, ErrorCode | None]:
    try:
        return chain_to_root(policy, certificate, others, at), None
    except SignerError as error:
        return None, error.code


def _conclude(integrity: Integrity, obstacle: ErrorCode | None) -> tuple[Indication, str]:
    if not integrity.digest_matches:
        return Indication.FAILED, "HASH_FAILURE"
    if not integrity.signature_verifies:
        return Indication.FAILED, "SIG_CRYPTO_FAILURE"
    if integrity.changes is Changes.FORBIDDEN:
        return Indication.FAILED, "FORMAT_FAILURE"  # what the reader sees is not what was signed
    if obstacle is not None:
        return Indication.INDETERMINATE, _SUB_BY_TRUST.get(obstacle, "CERTIFICATE_CHAIN_GENERAL_FAILURE")
    return Indication.INDETERMINATE, "TRY_LATER"  # 5.2.5: revocation data is not available yet


def _kind(signature: EmbeddedPdfSignature, certificate: bytes) -> SignerKind:
    if signature.sig_object_type == TIMESTAMP_TYPE:
        return SignerKind.TIMESTAMP
    who = signer_of(certificate, ())
    return SignerKind.PERSON if who.given_names or who.surname else SignerKind.SEAL
