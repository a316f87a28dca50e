"""Whether the certificates of a chain were withdrawn or suspended: OCSP first, then the list; else it is unknown.

Each certificate is asked about by itself, each way by itself, so that a lie in one answer spoils nothing else. An
answer counts when its signature, its responder, its dates and its subject are right; any other is as good as none.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.ltv.poe import POEManager
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import CertificateRegistry
from pyhanko_certvalidator.revinfo.manager import RevinfoManager
from pyhanko_certvalidator.validate import async_validate_path

from signer.errors import ErrorCode
from signer.trust.fetchers import Asking, TrustFetchers
from signer.trust.services import Service
from signer.trust.standing import Learned, Revocation, Status

_LOG: Final = logging.getLogger("paraph.trust")
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # a PC's clock and the service's
_JUST_NOW: Final = timedelta(minutes=1)
_HOLD: Final = "certificate_hold"  # RFC 5280, 5.3.1: for the time being
_WAYS: Final = (  # in the order in which they are tried
    (Service.OCSP, RevocationCheckingRule.OCSP_REQUIRED),
    (Service.CRL, RevocationCheckingRule.CRL_REQUIRED),
)


def check_revocation(chain: Sequence[bytes], fetchers: TrustFetchers, at: datetime) -> Revocation:
    """Ask about every certificate of a chain (DER, the root last) but its root.

    The chain leads to a trusted root: somebody has made sure. Raises nothing: what cannot be known is UNKNOWN.
    """
    parsed = tuple(x509.Certificate.load(der) for der in chain)
    learned = tuple(_learn(parsed[number:], fetchers, at) for number in range(len(parsed) - 1))
    return Revocation(at, learned)


def _learn(path: tuple[x509.Certificate, ...], fetchers: TrustFetchers, at: datetime) -> Learned:
    learned = Learned(Status.UNKNOWN)
    for service, rule in _WAYS:
        asking = fetchers.asking()
        learned = _ask(path, service, rule, asking, at)
        if learned.status is Status.GOOD:
            asking.keep()
        if learned.status is not Status.UNKNOWN:
            return learned
    return learned


def _ask(
    path: tuple[x509.Certificate, ...], service: Service, rule: RevocationCheckingRule, asking: Asking, at: datetime
) -> Learned:
    status, since = Status.GOOD, None
    try:
        asyncio.run(_validate(path, rule, asking, at))
    except RevokedError as error:
        mine = error.is_ee_cert and not error.is_side_validation
        status = _status_of(error) if mine else Status.UNKNOWN
        since = error.revocation_dt if mine else None
    except Exception as error:  # noqa: BLE001 - a liar's answer breaks a parser in any way, and is no answer
        _LOG.info("%s gives no answer: %s", service.name, type(error).__name__)  # its text has the subject
        status = Status.UNKNOWN
    if status is Status.UNKNOWN:
        lied = ErrorCode.SERVICE_GARBLED if asking.evidence else None
        return Learned(status, because=asking.because or lied)
    told = asking.evidence[-1]
    return Learned(status, service.name, told.host, told.issued_at, since)


async def _validate(
    path: tuple[x509.Certificate, ...], rule: RevocationCheckingRule, asking: Asking, at: datetime
) -> None:
    certificate, *issuers = path
    registry = CertificateRegistry.build(issuers)
    fetchers = asking.fetchers()
    context = ValidationContext(
        moment=at,
        trust_roots=[issuers[-1]],
        certificate_registry=registry,
        revinfo_manager=RevinfoManager(registry, POEManager(), (), (), fetchers=fetchers),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rule, RevocationCheckingRule.NO_CHECK)),
        time_tolerance=_CLOCKS_DIFFER,
    )
    anchor = CertTrustAnchor(issuers[-1])
    await async_validate_path(context, ValidationPath(anchor, interm=issuers[-2::-1], leaf=certificate))


def _status_of(error: RevokedError) -> Status:
    return Status.SUSPENDED if error.reason.native == _HOLD else Status.REVOKED


class BackgroundCheck:
    """A check in a thread of its own, which keeps nobody waiting longer than they like, nor the program from ending."""

    def __init__(self, chain: Sequence[bytes], fetchers: TrustFetchers, at: datetime) -> None:
        self._certificate = chain[0]
        self._at = at
        self._result: Future[Revocation] = Future()
        threading.Thread(target=self._run, args=(chain, fetchers), name="revocation", daemon=True).start()

    def _run(self, chain: Sequence[bytes], fetchers: TrustFetchers) -> None:
        try:
            self._result.set_result(check_revocation(chain, fetchers, self._at))
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not look like one that still runs
            self._result.set_exception(error)

    def is_about(self, chain: Sequence[bytes], at: datetime) -> bool:
        """Tell whether this very certificate was asked about just now."""
        return chain[0] == self._certificate and timedelta(0) <= at - self._at < _JUST_NOW

    def result(self, patience_s: float = 0) -> Revocation | None:
        """Give what was learned, after at most ``patience_s`` seconds; None: nothing yet."""
        try:
            return self._result.result(patience_s)
        except TimeoutError:
            return None
