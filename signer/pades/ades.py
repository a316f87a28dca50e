"""EN 319 102-1 by pyHanko's engine, with our roots, our way to the issuers, and evidence from the file itself.

A signature is judged now (clauses 5.3 and 5.5). Where time has passed over it, it is judged at an earlier moment, with
nothing but what was in the file at that moment: when its validation data were fresh, which a time-stamp inside it must
precede; or when a document time-stamp sealed them, which itself has to hold now, or be sealed by a later one (5.6).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.ades.report import AdESIndeterminate, AdESStatus
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager

from signer.pades.integrity import TIMESTAMP_TYPE
from signer.pades.levels import SecurityStore
from signer.pades.signature_stamp import stamps_bytes, tokens_of
from signer.trust.anchors import TrustPolicy

if TYPE_CHECKING:  # the reader of lists costs a second of start, which only those pay who have some
    from signer.trust.lists import TrustedLists

for _name in ("ades", "generic_cms", "pdf_embedded"):  # their lines have the holder's subject
    logging.getLogger(f"pyhanko.sign.validation.{_name}").disabled = True

_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_ASKED: Final = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_REVOCATION: Final = CertRevTrustPolicy(RevocationCheckingPolicy(_ASKED, _ASKED))
_FOR_SIGNING: Final = KeyUsageConstraints(  # a person's certificate has the first, a seal's often the second
    key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
)


@dataclass(frozen=True, slots=True)
class Judge:
    """What a judgement rests on: whom we believe, at what moment, and the way to the issuers (None: no network)."""

    policy: TrustPolicy
    at: datetime
    fetchers: FetcherBackend | None = None
    lists: TrustedLists | None = None  # who may issue qualified certificates

    def in_the_past(self, moment: datetime) -> Judge:
        """Judge at an earlier moment, by what is at hand alone."""
        return replace(self, at=moment, fetchers=None)

    @property
    def timing(self) -> ValidationTimingInfo:
        """The moment in pyHanko's terms; without network nothing in them is about now."""
        return ValidationTimingInfo(self.at, self.at, point_in_time_validation=self.fetchers is None)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the engine says, since when a time-stamp proves the signature, and the path to the root that it took."""

    status: AdESStatus
    name: str  # of the sub-indication
    proven_at: datetime | None = None
    path: ValidationPath | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing is missing."""
        return self.status is AdESStatus.PASSED


def assess(signature: EmbeddedPdfSignature, judge: Judge) -> Assessment:
    """Judge a signature or a document time-stamp."""
    store = SecurityStore.read(signature.reader)
    found = _assess(signature, signature.reader, judge)
    if found.passed or found.status is AdESStatus.FAILED:
        return found
    if found.name == AdESIndeterminate.TRY_LATER.name:  # all is well, but the answers are old
        fresh = _when_fresh(signature, store.issued_at, judge)
        return next(fresh, None) or next(_sealed(signature, judge), found)
    return next(_sealed(signature, judge), found)


def _when_fresh(signature: EmbeddedPdfSignature, moments: Iterable[datetime], judge: Judge) -> Iterator[Assessment]:
    """Judge at the moments at which issuers had just answered; the time-stamp must be from before."""
    for moment in (each for each in moments if each < judge.at):
        earlier = _assess(signature, signature.reader, judge.in_the_past(moment))
        if earlier.passed and earlier.proven_at is not None and earlier.proven_at <= moment:
            yield earlier


def _sealed(signature: EmbeddedPdfSignature, judge: Judge) -> Iterator[Assessment]:
    """Judge at the moment of each later document time-stamp that holds, by the store that it sealed."""
    stamps: list[EmbeddedPdfSignature] = signature.reader.embedded_timestamp_signatures
    for stamp in (each for each in stamps if each.signed_revision > signature.signed_revision):
        proof = assess(stamp, judge)
        if not proof.passed or proof.proven_at is None:
            continue
        then = signature.reader.get_historical_resolver(stamp.signed_revision)
        past = _assess(signature, then, judge.in_the_past(proof.proven_at))
        if past.passed:
            yield replace(past, proven_at=min(filter(None, (past.proven_at, proof.proven_at))))


def _assess(signature: EmbeddedPdfSignature, document: PdfHandler, judge: Judge) -> Assessment:
    """Judge at one moment, by the store of one revision of the document."""
    specification = _specification(signature, document, judge)
    is_stamp = signature.sig_object_type == TIMESTAMP_TYPE
    found: Any = asyncio.run((_time_stamp if is_stamp else _signature)(signature, specification, judge))
    told, status = found.ades_subindic, found.api_status
    proven_at = _proven_at(signature, found) if told.status is AdESStatus.PASSED else None
    return Assessment(told.status, told.standard_name, proven_at, status.validation_path if status else None)


async def _signature(signature: EmbeddedPdfSignature, how: SignatureValidationSpec, judge: Judge) -> object:
    process = ades.ades_with_time_validation if _is_stamped(signature) else ades.ades_basic_validation
    digest = signature.compute_digest()
    return await process(signature.signed_data, validation_spec=how, timing_info=judge.timing, raw_digest=digest)


async def _time_stamp(signature: EmbeddedPdfSignature, how: SignatureValidationSpec, judge: Judge) -> object:
    return await ades.ades_timestamp_validation(
        signature.signed_data, how, signature.compute_digest, timing_info=judge.timing
    )


def _proven_at(signature: EmbeddedPdfSignature, found: Any) -> datetime | None:  # noqa: ANN401 - pyHanko's results
    if signature.sig_object_type == TIMESTAMP_TYPE:
        return time_of(signature)
    return found.best_signature_time if _is_stamped(signature) else None


def time_of(stamp: EmbeddedPdfSignature) -> datetime:
    """Give the time that a document time-stamp tells."""
    told: datetime = stamp.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    return told


def _is_stamped(signature: EmbeddedPdfSignature) -> bool:
    value = signature.signer_info["signature"].native
    return any(stamps_bytes(each, value) for each in tokens_of(signature))


def _specification(signature: EmbeddedPdfSignature, document: PdfHandler, judge: Judge) -> SignatureValidationSpec:
    store = SecurityStore.read(document)
    certificates = {each.dump(): each for each in (*_certificates(signature), *store.certificates)}
    roots = [asn1.Certificate.load(der) for der in judge.policy.believed(certificates)]
    anchors = [CertTrustAnchor(root, _in_its_own_time(root, judge.policy)) for root in roots]
    rule = RevinfoOnlineFetchingRule.NO_HISTORICAL_FETCH if judge.fetchers else RevinfoOnlineFetchingRule.LOCAL_ONLY
    return SignatureValidationSpec(
        CertValidationPolicySpec(SimpleTrustManager.build(anchors), _REVOCATION, _CLOCKS_DIFFER),
        RevocationInfoGatheringSpec(rule, judge.fetchers),
        local_knowledge=LocalKnowledge(list(store.ocsps), list(store.crls), list(certificates.values())),
        key_usage_settings=_FOR_SIGNING,
    )


def _certificates(signature: EmbeddedPdfSignature) -> list[asn1.Certificate]:
    holders = (signature.signed_data, *tokens_of(signature))
    found = (each.chosen for one in holders for each in one["certificates"])
    return [each for each in found if isinstance(each, asn1.Certificate)]


def _in_its_own_time(root: asn1.Certificate, policy: TrustPolicy) -> TrustQualifiers:
    """Believe a root while it counts; what its own policies say binds nobody (RFC 5280, 6.1.1)."""
    return TrustQualifiers(valid_from=root.not_valid_before, valid_until=policy.end_of(root.dump()))
