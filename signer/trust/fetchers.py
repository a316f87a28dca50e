"""How pyHanko gets revocation data and issuers: through our own door, in its own terms, each answer remembered.

An answer that is lied, cut, too large or from elsewhere is a fetch error: as good as none, never an all-clear.
What was fetched is only kept for later (``Evidence.keep``) by who has checked it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from asn1crypto import cms, crl, ocsp, pem, x509
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.errors import CertificateFetchError, CRLFetchError, OCSPFetchError, OCSPValidationError
from pyhanko_certvalidator.fetchers.api import CertificateFetcher, CRLFetcher, FetcherBackend, Fetchers, OCSPFetcher
from pyhanko_certvalidator.fetchers.common_utils import (
    enumerate_delivery_point_urls,
    format_ocsp_request,
    gather_aia_issuer_urls,
    process_ocsp_response_data,
    unpack_cert_content,
)
from pyhanko_certvalidator.util import get_ocsp_urls, get_relevant_crl_dps

from signer.errors import ErrorCode, SignerError
from signer.ports import Clock
from signer.trust.answers import Answers
from signer.trust.services import Service, ServiceDoor, host_of

_MOST_REQUESTS: Final = 30  # of one validation: a chain needs four, a hostile one would like thousands
_CERT_ID_DIGEST: Final = "sha1"  # what every responder knows (RFC 5019, 2.1.1); it names, and secures nothing
_DECODING: Final = (ValueError, TypeError, KeyError, IndexError, OverflowError)  # what asn1crypto raises at rubbish

_Certificate: TypeAlias = x509.Certificate | cms.AttributeCertificateV2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer of a service: what was asked, where, and until when the answer says that it is good."""

    service: Service
    host: str
    question: str
    content: bytes
    issued_at: datetime | None
    good_until: datetime | None


class TrustFetchers(FetcherBackend):
    """Gives fetchers that ask known hosts and remember answers; hand it to pyHanko as its fetcher backend."""

    def __init__(self, door: ServiceDoor, answers: Answers, clock: Clock) -> None:
        self.door = door
        self._answers = answers
        self._clock = clock

    def get_fetchers(self) -> Fetchers:
        """Begin one validation, with its own limit on how much is asked."""
        return self.asking().fetchers()

    def asking(self) -> Asking:
        """Begin one validation, and see what was asked in it."""
        return Asking(self.door, self._answers, self._clock)


class Asking:
    """What one validation asks; ``evidence`` are the answers in order, ``because`` why the last question had none."""

    def __init__(self, door: ServiceDoor, answers: Answers, clock: Clock) -> None:
        self._door = door
        self._answers = answers
        self._clock = clock
        self._left = _MOST_REQUESTS
        self.evidence: list[Evidence] = []
        self.because: ErrorCode | None = None

    def fetchers(self) -> Fetchers:
        """Give pyHanko's three fetchers."""
        return Fetchers(_Ocsp(self), _Crls(self), _Certificates(self))

    def keep(self) -> None:
        """Keep the answers for later validations; only who has checked them may say so."""
        now = self._clock.now()
        for each in self.evidence:
            self._answers.keep(each.question, each.content, each.good_until, now)

    def remembered(self, question: str) -> bytes | None:
        """Give an earlier answer that is still good."""
        return self._answers.find(question, self._clock.now())

    def fetch(self, url: str, service: Service, body: bytes | None = None, media_type: str = "") -> bytes:
        """Ask once; raises SignerError as the door does."""
        self._left -= 1
        if self._left < 0:
            raise SignerError(ErrorCode.SERVICE_GARBLED, "too many questions for one certificate")
        return self._door.get(url, service) if body is None else self._door.post(url, service, body, media_type)


class _Ocsp(OCSPFetcher):
    """Posts the question, with a nonce, to each address in turn until one answers."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._responses: dict[bytes, ocsp.OCSPResponse] = {}

    async def fetch(self, cert: _Certificate, authority: Authority) -> ocsp.OCSPResponse:
        name = cert.dump()
        if name not in self._responses:
            self._responses[name] = self._fetch(cert, authority)
        return self._responses[name]

    def _fetch(self, cert: _Certificate, authority: Authority) -> ocsp.OCSPResponse:
        request = format_ocsp_request(cert, authority, certid_hash_algo=_CERT_ID_DIGEST, request_nonces=True)
        asked = request["tbs_request"]["request_list"][0]["req_cert"].dump().hex()
        last: Exception | None = None
        for url in get_ocsp_urls(cert):
            question = f"ocsp {url} {asked}"
            try:
                content = self._asking.remembered(question)
                if content is None:
                    content = self._asking.fetch(url, Service.OCSP, request.dump(), "application/ocsp-request")
                    response = process_ocsp_response_data(content, ocsp_request=request, ocsp_url=url)
                else:
                    response = ocsp.OCSPResponse.load(content)
                issued_at, good_until = _ocsp_times(response)
            except (SignerError, OCSPValidationError, *_DECODING) as error:
                last = error
                self._asking.because = _why(error)
                continue
            self._asking.evidence.append(Evidence(Service.OCSP, host_of(url), question, content, issued_at, good_until))
            return response
        raise OCSPFetchError("no answer") from last

    def fetched_responses(self) -> Iterable[ocsp.OCSPResponse]:
        return self._responses.values()

    def fetched_responses_for_cert(self, cert: _Certificate) -> Iterable[ocsp.OCSPResponse]:
        found = self._responses.get(cert.dump())
        return () if found is None else (found,)


class _Crls(CRLFetcher):
    """Fetches the lists that a certificate names."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._lists: dict[bytes, list[crl.CertificateList]] = {}

    async def fetch(self, cert: _Certificate, *, use_deltas: bool | None = None) -> Iterable[crl.CertificateList]:
        name = cert.dump()
        if name not in self._lists:
            points = get_relevant_crl_dps(cert, use_deltas=use_deltas is not False)
            urls = [url for point in points for url in enumerate_delivery_point_urls(point)]
            found = [each for each in map(self._fetch, dict.fromkeys(urls)) if each is not None]
            if urls and not found:
                raise CRLFetchError("no list")
            self._lists[name] = found
        return self._lists[name]

    def _fetch(self, url: str) -> crl.CertificateList | None:
        question = f"crl {url}"
        try:
            content = self._asking.remembered(question) or self._asking.fetch(url, Service.CRL)
            found = crl.CertificateList.load(pem.unarmor(content)[2] if pem.detect(content) else content)
            issued_at, good_until = _crl_times(found)
        except (SignerError, *_DECODING) as error:
            self._asking.because = _why(error)
            return None
        self._asking.evidence.append(Evidence(Service.CRL, host_of(url), question, content, issued_at, good_until))
        return found

    def fetched_crls(self) -> Iterable[crl.CertificateList]:
        return [each for found in self._lists.values() for each in found]

    def fetched_crls_for_cert(self, cert: _Certificate) -> Iterable[crl.CertificateList]:
        return self._lists[cert.dump()]


class _Certificates(CertificateFetcher):
    """Fetches issuers; they are believed for their chain, so nothing of them is remembered."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._found: dict[str, list[x509.Certificate]] = {}

    async def fetch_cert_issuers(self, cert: _Certificate) -> AsyncGenerator[x509.Certificate, None]:
        for url in gather_aia_issuer_urls(cert):
            for each in self._fetch(url):
                yield each

    async def fetch_crl_issuers(self, certificate_list: crl.CertificateList) -> AsyncGenerator[x509.Certificate, None]:
        for url in certificate_list.issuer_cert_urls:
            for each in self._fetch(url):
                yield each

    def fetched_certs(self) -> Iterable[x509.Certificate]:
        return [each for found in self._found.values() for each in found]

    def _fetch(self, url: str) -> list[x509.Certificate]:
        if url not in self._found:
            try:
                content = self._asking.fetch(url, Service.CERTIFICATE)
                self._found[url] = list(unpack_cert_content(content, None, url, permit_pem=True))
            except (SignerError, CertificateFetchError, *_DECODING) as error:
                self._asking.because = _why(error)
                self._found[url] = []
        return self._found[url]


def _why(error: Exception) -> ErrorCode:
    return error.code if isinstance(error, SignerError) else ErrorCode.SERVICE_GARBLED


def _ocsp_times(response: ocsp.OCSPResponse) -> tuple[datetime | None, datetime | None]:
    """Read when an answer was true, and until when; raises what asn1crypto raises at rubbish."""
    (single,) = response.basic_ocsp_response["tbs_response_data"]["responses"]
    return single["this_update"].native, single["next_update"].native


def _crl_times(found: crl.CertificateList) -> tuple[datetime | None, datetime | None]:
    body = found["tbs_cert_list"]
    return body["this_update"].native, body["next_update"].native
