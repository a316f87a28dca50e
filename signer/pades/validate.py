"""Whole files: what their signatures are worth, and whether a worker's submission is what the agency asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from asn1crypto import cms
from pyhanko_certvalidator.fetchers import FetcherBackend

from signer.errors import ErrorCode
from signer.files import file_errors, sha256_of
from signer.model import Document, Level
from signer.pades.ades import Judge
from signer.pades.check import check_appended, first_opinion, require, require_prefix, second_opinion
from signer.pades.levels import Standing, standing_of
from signer.pades.opening import open_pdf, pdf_errors, strict_then_lax
from signer.pades.verdict import SignatureVerdict, judge
from signer.trust.anchors import Chain, TrustPolicy, chain_to_root

if TYPE_CHECKING:  # the reader of lists costs a second of start, which only those pay who have some
    from signer.trust.lists import TrustedLists


@dataclass(frozen=True, slots=True)
class SubmissionCheck:
    """A submission that stands: who signed, when by their own clock, and with which certificate (DER)."""

    certificate: bytes
    chain: tuple[bytes, ...]  # DER, the certificate first, the root last
    signer_name: str
    claimed_at: datetime
    level: Level
    signed_sha256: str
    test: bool
    verdict: SignatureVerdict


def validate(
    path: Path,
    policy: TrustPolicy,
    at: datetime,
    fetchers: FetcherBackend | None = None,
    lists: TrustedLists | None = None,
) -> tuple[SignatureVerdict, ...]:
    """Judge every signature of a file, oldest first, at a moment; raises SignerError of kinds DOCUMENT and FILE.

    ``fetchers`` ask the issuers about certificates (None: no network), ``lists`` say who is qualified.
    """
    with pdf_errors(), file_errors(ErrorCode.FILE_NOT_READABLE):
        return strict_then_lax(lambda strict: _validate(path, Judge(policy, at, fetchers, lists), strict=strict))


def verify_submission(
    original: Path, signed: Path, policy: TrustPolicy, at: datetime, field: str | None
) -> SubmissionCheck:
    """Check that ``signed`` is ``original`` and one more person's signature, in ``field`` when one is named.

    The signature must be intact, cover the whole file, leave all earlier ones standing, and be made with a
    certificate that leads to a trusted root at ``at``. Raises SignerError SIGNATURE_INVALID with the reason as its
    detail, or a CERTIFICATE, DOCUMENT or FILE code.
    """
    with file_errors(), pdf_errors(ErrorCode.SIGNATURE_INVALID):
        require_prefix(signed, Document(original, sha256_of(original), original.stat().st_size, 0))
        revisions = strict_then_lax(lambda strict: _revisions(original, strict=strict))
        verdict, chain = strict_then_lax(lambda strict: _read(signed, revisions, policy, at, strict=strict))
        require(field in {None, verdict.field}, "another field than agreed")
        second_opinion(signed, verdict.certificate)
    require(verdict.level is not None and verdict.claimed_at is not None, "no PAdES baseline signature")
    assert verdict.level is not None
    assert verdict.claimed_at is not None
    return SubmissionCheck(
        certificate=verdict.certificate,
        chain=chain.certificates,
        signer_name=verdict.signer_name,
        claimed_at=verdict.claimed_at,
        level=verdict.level,
        signed_sha256=sha256_of(signed),
        test=verdict.test,
        verdict=verdict,
    )


def verify_extension(before: Path, after: Path, counts: Callable[[cms.SignedData], bool]) -> Level | None:
    """Check that ``after`` is ``before`` and evidence behind it; gives the level, by the time-stamps that count.

    Raises SignerError EXTENSION_INVALID with the reason as its detail, or a DOCUMENT or FILE code.
    """
    with file_errors(), pdf_errors(ErrorCode.EXTENSION_INVALID):
        check_appended(after, Document(before, sha256_of(before), before.stat().st_size, 0))
    return standing_believed(after, counts).level


def standing_believed(path: Path, counts: Callable[[cms.SignedData], bool]) -> Standing:
    """Tell level and proven time of a file's newest signature, by these time-stamps alone; raises as ``validate``."""
    with pdf_errors(), file_errors(ErrorCode.FILE_NOT_READABLE):
        return strict_then_lax(lambda strict: _standing_believed(path, counts, strict=strict))


def _standing_believed(path: Path, counts: Callable[[cms.SignedData], bool], *, strict: bool) -> Standing:
    with path.open("rb") as stream:
        *_, newest = open_pdf(stream, strict=strict).reader.embedded_regular_signatures
        return standing_of(newest, counts)


def _revisions(path: Path, *, strict: bool) -> int:
    with path.open("rb") as stream:
        return int(open_pdf(stream, strict=strict).reader.total_revisions)


def _read(
    path: Path, revisions: int, policy: TrustPolicy, at: datetime, *, strict: bool
) -> tuple[SignatureVerdict, Chain]:
    with path.open("rb") as stream:
        newest = first_opinion(open_pdf(stream, strict=strict).reader, revisions)
        verdict = judge(newest, Judge(policy, at))
        others = [bytes(each.dump()) for each in newest.other_embedded_certs]
    return verdict, chain_to_root(policy, verdict.certificate, others, at)


def _validate(path: Path, how: Judge, *, strict: bool) -> tuple[SignatureVerdict, ...]:
    with path.open("rb") as stream:
        signatures = open_pdf(stream, strict=strict).reader.embedded_signatures
        return tuple(judge(signature, how) for signature in signatures)
