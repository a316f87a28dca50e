"""After a crash: tells whether a signed file that was found is one that we may deliver."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from signer import certificates
from signer.files import sha256_of
from signer.model import Level, SignedContract, SigningTerms
from signer.pades.validate import verify_submission
from signer.ports import Clock
from signer.trust.anchors import TrustPolicy


def describe_found(
    terms: SigningTerms, signed: Path, documents: Iterable[Path], policy: TrustPolicy, clock: Clock
) -> SignedContract:
    """Check a file that was written just before a crash, as the agency will, and describe it.

    ``documents`` are the folders in which the original may be.

    Raises SignerError when the original is gone or the file does not hold one good signature over it.
    """
    places = [folder / f"{terms.original_sha256}.pdf" for folder in documents]
    original = next((each for each in places if each.exists()), places[0])
    checked = verify_submission(original, signed, policy, clock.now(), terms.field)
    return SignedContract(
        submission_id=terms.submission_id,
        path=signed,
        sha256=sha256_of(signed),
        original_sha256=sha256_of(original),
        increment_offset=original.stat().st_size,
        size=signed.stat().st_size,
        signer_name=checked.signer_name,
        claimed_at=checked.claimed_at,
        level=Level.B_B,
        test=certificates.is_test((checked.certificate,)),
    )
