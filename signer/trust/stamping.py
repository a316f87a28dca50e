"""Time-stamps from several services in order: the first answer that holds counts, and none is believed unverified."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol

from asn1crypto import cms
from asn1crypto import x509 as asn1
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator.fetchers import FetcherBackend

from signer.errors import ErrorCode, SignerError
from signer.trust.anchors import TrustPolicy
from signer.trust.context import CLOCKS_DIFFER, offline_context, with_issuers

LARGEST_TOKEN: Final = 10 * 1024  # bytes of DER; with its chain of RSA-4096 certificates a token has 7 kB
DIGEST: Final = "sha256"  # of what is stamped (ETSI TS 119 312); every service takes it

_LOG: Final = logging.getLogger("paraph.stamping")


class Stamper(Protocol):
    """One service, which answers what was asked, with our nonce (signer.trust.time_stamps.HttpTimeStamper)."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Give a stamp; raises SignerError of the kind NETWORK."""
        ...


class TimeStamps(TimeStamper):
    """The services in their order, as pyHanko asks for time-stamps.

    ``now`` is the best time that is known here; ``fetchers`` find issuers that a token leaves out.
    """

    def __init__(
        self,
        stampers: Iterable[Stamper],
        policy: TrustPolicy,
        now: Callable[[], datetime],
        fetchers: FetcherBackend,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        self._stampers = tuple(stampers)
        self._policy = policy
        self._now = now
        self._fetchers = fetchers

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Give a verified time-stamp token.

        Raises SignerError TIMESTAMP_UNAVAILABLE, with what was wrong with each service's answer as its detail.
        """
        refused = []
        for stamper in self._stampers:
            try:
                token = await stamper.async_timestamp(message_digest, md_algorithm)
                await self._require_good(token, message_digest)
            except SignerError as error:
                _LOG.info("no time-stamp from %s: %s", stamper.url, error)
                refused.append(error.detail or error.code.name)
            except Exception as error:  # noqa: BLE001 - asn1crypto and pyHanko raise exceptions of every kind on rubbish
                _LOG.info("no time-stamp from %s: %s", stamper.url, type(error).__name__)
                refused.append(type(error).__name__)
            else:
                return token
        raise SignerError(ErrorCode.TIMESTAMP_UNAVAILABLE, ", ".join(refused) or "no service is set")

    async def _require_good(self, token: cms.ContentInfo, digest: bytes) -> None:
        signed = token["content"]
        moment: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
        _require(len(token.dump()) <= LARGEST_TOKEN, "larger than its room")
        _require(abs(moment - self._now()) <= CLOCKS_DIFFER, "a time that cannot be")
        status = await _judged(signed, self._policy, self._fetchers, digest)
        _require(status.intact and status.valid, "a signature that does not hold")
        _require(status.trusted, f"not trusted: {getattr(status.trust_problem_indic, 'name', 'no chain')}")


def believed(policy: TrustPolicy, fetchers: FetcherBackend) -> Callable[[cms.SignedData], bool]:
    """Give what tells whether a time-stamp's own signature holds and leads to a root, and nothing more."""

    def counts(signed: cms.SignedData) -> bool:
        try:
            imprint = signed["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"].native
            status = asyncio.run(_judged(signed, policy, fetchers, imprint))
        except Exception as error:  # noqa: BLE001 - as above; whatever cannot be read is not believed
            _LOG.info("a time-stamp that cannot be read: %s", type(error).__name__)
            return False
        return bool(status.intact and status.valid and status.trusted)

    return counts


async def _judged(
    signed: cms.SignedData, policy: TrustPolicy, fetchers: FetcherBackend, digest: bytes
) -> TimestampSignatureStatus:
    """Judge a time-stamp over a digest at its own time, as far as can be told without revocation."""
    moment: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    held = (each.chosen for each in signed["certificates"])
    inside = [bytes(each.dump()) for each in held if isinstance(each, asn1.Certificate)]
    context = offline_context(policy, await with_issuers(policy, inside, fetchers), moment)
    return TimestampSignatureStatus(**await validate_tst_signed_data(signed, context, lambda _: digest))


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion, in words
    if not holds:
        raise SignerError(ErrorCode.TIMESTAMP_UNAVAILABLE, otherwise)
