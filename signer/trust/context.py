"""What pyHanko validates with: our roots, and either nothing but what is at hand, or what the issuers say now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import x509 as asn1
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers import FetcherBackend

from signer.trust.anchors import TrustPolicy

CLOCKS_DIFFER: Final = timedelta(minutes=5)  # ours and a service's, once ours is corrected by what is known of it


def offline_context(policy: TrustPolicy, others: Iterable[bytes], at: datetime) -> ValidationContext:
    """Trust the roots that the policy believes at a moment; revocation is not looked at, nothing is fetched."""
    return _context(policy, others, at, None)


def online_context(
    policy: TrustPolicy, others: Iterable[bytes], at: datetime, fetchers: FetcherBackend
) -> ValidationContext:
    """Trust the same roots, and ask the issuers of every certificate whether it still counts."""
    return _context(policy, others, at, fetchers)


async def with_issuers(policy: TrustPolicy, certificates: Iterable[bytes], fetchers: FetcherBackend) -> list[bytes]:
    """Add the issuers that certificates (DER) themselves name, upwards: a pinned root is known by its key alone.

    What cannot be fetched is left out (RFC 5280, 4.2.2.1).
    """
    at_hand = (*certificates, *policy.test_roots, *policy.extra_roots)
    known = {der: asn1.Certificate.load(der) for der in at_hand}
    waiting, fetcher = list(known.values()), fetchers.get_fetchers().cert_fetcher
    while waiting:
        certificate = waiting.pop()
        if any(each.subject == certificate.issuer for each in known.values()):
            continue
        async for issuer in fetcher.fetch_cert_issuers(certificate):
            if issuer.dump() not in known:
                known[issuer.dump()] = issuer
                waiting.append(issuer)
    return list(known)


def _context(
    policy: TrustPolicy, others: Iterable[bytes], at: datetime, fetchers: FetcherBackend | None
) -> ValidationContext:
    known = tuple(dict.fromkeys(others))
    return ValidationContext(
        trust_roots=[asn1.Certificate.load(der) for der in policy.roots_at(at, known)],
        other_certs=[asn1.Certificate.load(der) for der in known],
        moment=at,
        time_tolerance=CLOCKS_DIFFER,
        allow_fetching=fetchers is not None,
        fetcher_backend=fetchers,
        revocation_mode="hard-fail" if fetchers else "soft-fail",
    )
