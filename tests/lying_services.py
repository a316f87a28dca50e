"""The test PKI's services with lies: what a broken, hostile or slow service, or the network between, would say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asn1crypto import ocsp, x509
from certomancer.registry import CertLabel, KeyLabel, ServiceLabel
from certomancer.services import RevocationInfoInterface, SimpleOCSPResponder
from werkzeug import Request, Response

from eidcard.simulator import profiles
from eidcard.simulator.people import ADULT_MAN
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.simulator.services import served_pki

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Lie = Callable[["LyingServices", Request], Response]

PEOPLES: Final = profiles.citizen_ca_label(Generation.V1_8)  # the authority whose services lie here
A_WEEK: Final = timedelta(days=7)


@dataclass
class LyingServices:
    """Services that are honest until a lie is told for one of their kinds: ocsp, crls, certs or tsa."""

    lies: dict[str, Lie] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)  # method and address, with its query
    over: threading.Event = field(default_factory=threading.Event)
    pki: TestPki = field(init=False)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        self.requests.append(f"{request.method} {request.full_path}")
        _, _, kind, label, *_ = request.path.split("/")
        lie = self.lies.get(kind)
        if lie is None or label not in {PEOPLES, *profiles.TIME_STAMPERS}:
            answer: Iterable[bytes] = environ["paraph.honest"](environ, start_response)
            return answer
        return lie(self, request)(environ, start_response)

    @property
    def services(self) -> Any:
        """certomancer's registry."""
        return self.pki.published().service_registry

    def ocsp(self, request: Request, responder: SimpleOCSPResponder) -> Response:
        """Let a responder answer."""
        asked = ocsp.OCSPRequest.load(request.get_data())
        return ocsp_response(responder.build_ocsp_response(asked))


@contextmanager
def lying_services(folder: Path) -> Iterator[LyingServices]:
    """Serve a PKI whose services can be told to lie."""
    liar = LyingServices()
    with served_pki(folder, before=liar) as pki:
        liar.pki = pki
        try:
            yield liar
        finally:
            liar.over.set()


def ocsp_response(response: ocsp.OCSPResponse) -> Response:
    """Wrap an answer as the real service does."""
    return Response(response.dump(), mimetype="application/ocsp-response")


# ── lies of every service ─────────────────────────────────────────────────────────────────────────────────────────


def _down(_: LyingServices, __: Request) -> Response:
    return Response("down for maintenance", status=503)


def _slow(liar: LyingServices, _: Request) -> Response:
    liar.over.wait(20)
    return Response(b"", status=504)


def _garbage(_: LyingServices, __: Request) -> Response:
    return Response(bytes(range(256)))


def _empty(_: LyingServices, __: Request) -> Response:
    return Response(b"")


def _portal(_: LyingServices, __: Request) -> Response:
    return Response("<html>Log in to the Wi-Fi</html>", mimetype="text/html")


def _elsewhere(liar: LyingServices, _: Request) -> Response:
    return Response(status=302, headers={"Location": f"{liar.pki.url}/elsewhere"})


def _huge(_: LyingServices, __: Request) -> Response:
    return Response((b"\x30\x82" * 32768 for _ in range(2000)), headers={"Content-Length": str(2000 * 65536)})


EVERYWHERE: Final[dict[str, Lie]] = {
    "down": _down,
    "slow": _slow,
    "garbage": _garbage,
    "empty": _empty,
    "a portal's page": _portal,
    "leads elsewhere": _elsewhere,
    "huge": _huge,
}

# ── lies of a responder (RFC 6960) ────────────────────────────────────────────────────────────────────────────────


class _Nobody(RevocationInfoInterface):
    """Knows the authority, and says of everybody what it is told to say."""

    def __init__(self, issuer: Any, status: Any) -> None:
        self._issuer = issuer
        self._status = status

    def get_issuer_cert(self) -> Any:
        return self._issuer

    def check_revocation_status(self, cid: Any, at_time: datetime) -> Any:  # noqa: ARG002 - the same of everybody
        return self._status, []


def _responder(liar: LyingServices, at: datetime | None = None) -> SimpleOCSPResponder:
    at = at or datetime.now(UTC).replace(microsecond=0)
    responder: SimpleOCSPResponder = liar.services.summon_responder(ServiceLabel(PEOPLES), at)
    return responder


def _expired(liar: LyingServices, request: Request) -> Response:
    return liar.ocsp(request, _responder(liar, datetime.now(UTC).replace(microsecond=0) - A_WEEK))


def _of_tomorrow(liar: LyingServices, request: Request) -> Response:
    return liar.ocsp(request, _responder(liar, datetime.now(UTC).replace(microsecond=0) + A_WEEK))


def _saying(status: str) -> Lie:
    def lie(liar: LyingServices, request: Request) -> Response:
        responder = _responder(liar)
        issuer = responder.revinfo_interface.get_issuer_cert()
        responder.revinfo_interface = _Nobody(issuer, ocsp.CertStatus(status))
        return liar.ocsp(request, responder)

    return lie


def _of_somebody_else(liar: LyingServices, request: Request) -> Response:
    """Say what is true of another card."""
    other = liar.pki.person(ADULT_MAN).signature
    assert other
    asked = ocsp.OCSPRequest.load(request.get_data())
    asked["tbs_request"]["request_list"][0]["req_cert"]["serial_number"] = x509.Certificate.load(
        other.certificate
    ).serial_number
    return ocsp_response(_responder(liar).build_ocsp_response(ocsp.OCSPRequest.load(asked.dump(force=True))))


def _wrong_nonce(liar: LyingServices, request: Request) -> Response:
    responder = _responder(liar)
    asked = ocsp.OCSPRequest.load(request.get_data())
    single = responder.format_single_ocsp_response(
        asked["tbs_request"]["request_list"][0]["req_cert"], responder.revinfo_interface.get_issuer_cert()
    )
    return ocsp_response(responder.assemble_simple_ocsp_responses([single], nonce=b"not what was sent"))


def _bad_signature(liar: LyingServices, request: Request) -> Response:
    honest = bytearray(liar.ocsp(request, _responder(liar)).get_data())
    at = bytes(honest).rindex(ocsp.OCSPResponse.load(bytes(honest)).basic_ocsp_response["signature"].native)
    honest[at + 20] ^= 1
    return Response(bytes(honest), mimetype="application/ocsp-response")


def _wrong_responder(liar: LyingServices, request: Request) -> Response:
    """Sign with the responder of the other authority, which is in the same PKI."""
    now = datetime.now(UTC).replace(microsecond=0)
    other = liar.services.summon_responder(ServiceLabel(profiles.citizen_ca_label(Generation.V1_7)), now)
    other.revinfo_interface = _responder(liar).revinfo_interface
    return liar.ocsp(request, other)


def _signed_by_anybody(liar: LyingServices, request: Request) -> Response:
    """Sign with a certificate of the right authority that is for something else: the register's."""
    responder, arch = _responder(liar), liar.pki.published()
    label = profiles.register_label(Generation.V1_8)
    responder.responder_cert = arch.get_cert(CertLabel(label))
    responder.responder_key = arch.key_set.get_private_key(KeyLabel(label))
    return liar.ocsp(request, responder)


def _try_later(_: LyingServices, __: Request) -> Response:
    return ocsp_response(ocsp.OCSPResponse({"response_status": "try_later"}))


OCSP: Final[dict[str, Lie]] = EVERYWHERE | {
    "expired": _expired,
    "of tomorrow": _of_tomorrow,
    "unknown": _saying("unknown"),
    "of somebody else": _of_somebody_else,
    "wrong nonce": _wrong_nonce,
    "bad signature": _bad_signature,
    "wrong responder": _wrong_responder,
    "signed by anybody": _signed_by_anybody,
    "try later": _try_later,
}

# ── lies of a list (RFC 5280, 5) ──────────────────────────────────────────────────────────────────────────────────


def _list(content: bytes) -> Response:
    return Response(content, mimetype="application/pkix-crl")


def _old_list(liar: LyingServices, _: Request) -> Response:
    return _list(liar.services.get_crl(ServiceLabel(PEOPLES), datetime.now(UTC) - 5 * A_WEEK).dump())


def _list_of_another(liar: LyingServices, _: Request) -> Response:
    return _list(liar.pki.crl(profiles.root_label(Generation.V1_8)))


def _forged_list(liar: LyingServices, _: Request) -> Response:
    honest = bytearray(liar.pki.crl(PEOPLES))
    honest[-20] ^= 1
    return _list(bytes(honest))


CRL: Final[dict[str, Lie]] = EVERYWHERE | {
    "expired": _old_list,
    "of somebody else": _list_of_another,
    "bad signature": _forged_list,
}
