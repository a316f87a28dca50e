"""A signing desk with trust services on loopback: what tests extend files with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from asn1crypto import cms
from pyhanko.sign.timestamps import TimeStamper

from eidcard.simulator.pki import TestPki
from signer.clock import SystemClock
from signer.pades.extend import Means
from signer.trust.anchors import TrustPolicy
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.services import ServiceDoor
from signer.trust.stamping import Stamper, TimeStamps
from signer.trust.time_stamps import HttpTimeStamper


def policy_of(pki: TestPki) -> TrustPolicy:
    """Trust as in the demo world."""
    return TrustPolicy(TrustPolicy.load().pins, test_roots=pki.roots)


def now() -> datetime:
    return datetime.now(UTC)


def door_to(pki: TestPki) -> ServiceDoor:
    return ServiceDoor(frozenset()).knowing(pki.url)


def time_stamps(pki: TestPki, urls: Iterable[str] | None = None, door: ServiceDoor | None = None) -> TimeStamps:
    """Give the PKI's own services, or those at other addresses."""
    stampers = [HttpTimeStamper(url, door or door_to(pki)) for url in (pki.time_stamp_urls if urls is None else urls)]
    return TimeStamps(stampers, policy_of(pki), now, fetchers_of(pki))


def fetchers_of(pki: TestPki, door: ServiceDoor | None = None) -> TrustFetchers:
    return TrustFetchers(door or door_to(pki), Answers(), SystemClock())


def means(pki: TestPki, stamps: TimeStamper | None = None, revocation: ServiceDoor | None = None) -> Means:
    return Means(policy_of(pki), stamps or time_stamps(pki), fetchers_of(pki, revocation), now)


class Fixed:
    """A service that gives one answer, whatever is asked."""

    url = "fixed"

    def __init__(self, token: cms.ContentInfo) -> None:
        self._token = token

    async def async_timestamp(self, _message_digest: bytes, _md_algorithm: str) -> cms.ContentInfo:
        return self._token


__all__ = ["Fixed", "Stamper", "door_to", "means", "now", "policy_of", "time_stamps"]
