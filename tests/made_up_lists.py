"""A made-up list of lists and a made-up national list, signed by keys made now, and a server on loopback for both."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.xades.xades import XAdESSigner
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

_TSL = "http://uri.etsi.org/02231/v2#"
_MORE = "http://uri.etsi.org/02231/v2/additionaltypes#"
_BASE = "http://uri.etsi.org/TrstSvc"
GRANTED = f"{_BASE}/TrustedList/Svcstatus/granted"
WITHDRAWN = f"{_BASE}/TrustedList/Svcstatus/withdrawn"
MEDIA_TYPE = "application/vnd.etsi.tsl+xml"


class ListSigner:
    """Somebody who signs lists: a key and its certificate."""

    def __init__(self, name: str = "TEST List Operator", *, ended: bool = False) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        end = now - timedelta(days=1) if ended else now + timedelta(days=365)
        builder = x509.CertificateBuilder(subject, subject, self.key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=30)).not_valid_after(end)
        self._certificate = builder.sign(self.key, hashes.SHA256())

    @cached_property
    def certificate(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)

    def sign(self, xml: str) -> bytes:
        """Put an enveloped XAdES signature into a list."""
        signer = XAdESSigner(signature_algorithm="ecdsa-sha256", digest_algorithm="sha256")
        pem = self._certificate.public_bytes(Encoding.PEM).decode()
        signed = signer.sign(etree.fromstring(xml.encode()), key=self.key, cert=pem, always_add_key_value=False)
        return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


@dataclass
class MadeUpList:
    """What one list says."""

    territory: str
    sequence: int = 7
    issued_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=10))
    next_update: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(days=150))
    pointers: tuple[tuple[str, str, bytes], ...] = ()  # territory, address, signer's certificate
    services: tuple[tuple[bytes, str], ...] = ()  # a CA's certificate, and its status
    id: str = "made-up"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=3650))

    def xml(self) -> str:
        pointers = "".join(_pointer(*each) for each in self.pointers)
        services = "".join(_service(*each, self.started_at) for each in self.services)
        providers = (
            f"<TrustServiceProviderList><TrustServiceProvider><TSPInformation>{_named('TSPName', 'TEST Provider')}"
            f"</TSPInformation><TSPServices>{services}</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
        )
        return (
            f'<TrustServiceStatusList xmlns="{_TSL}" xmlns:more="{_MORE}" Id="{self.id}" TSLTag="{_TSL}">'
            "<SchemeInformation>"
            f"<TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>{self.sequence}</TSLSequenceNumber>"
            f"<TSLType>{_BASE}/TrustedList/TSLType/EUgeneric</TSLType>{_named('SchemeOperatorName', 'TEST Operator')}"
            f"{_named('SchemeName', 'TEST list, made up')}"
            '<SchemeInformationURI><URI xml:lang="en">http://lists.test.invalid/about</URI></SchemeInformationURI>'
            f"<SchemeTerritory>{self.territory}</SchemeTerritory>"
            f"<PointersToOtherTSL>{pointers}</PointersToOtherTSL>"
            f"<ListIssueDateTime>{_time(self.issued_at)}</ListIssueDateTime>"
            f"<NextUpdate><dateTime>{_time(self.next_update)}</dateTime></NextUpdate></SchemeInformation>"
            f"{providers if services else ''}</TrustServiceStatusList>"
        )


def _pointer(territory: str, url: str, certificate: bytes) -> str:
    return (
        f"<OtherTSLPointer><ServiceDigitalIdentities><ServiceDigitalIdentity>{_digital_id(certificate)}"
        f"</ServiceDigitalIdentity></ServiceDigitalIdentities><TSLLocation>{url}</TSLLocation><AdditionalInformation>"
        f"<OtherInformation><SchemeTerritory>{territory}</SchemeTerritory></OtherInformation>"
        f"<OtherInformation><more:MimeType>{MEDIA_TYPE}</more:MimeType></OtherInformation>"
        "</AdditionalInformation></OtherTSLPointer>"
    )


def _service(certificate: bytes, status: str, since: datetime) -> str:
    return (
        f"<TSPService><ServiceInformation><ServiceTypeIdentifier>{_BASE}/Svctype/CA/QC</ServiceTypeIdentifier>"
        f"{_named('ServiceName', 'TEST CA for people')}"
        f"<ServiceDigitalIdentity>{_digital_id(certificate)}</ServiceDigitalIdentity>"
        f"<ServiceStatus>{status}</ServiceStatus><StatusStartingTime>{_time(since)}</StatusStartingTime>"
        "</ServiceInformation></TSPService>"
    )


def _digital_id(certificate: bytes) -> str:
    return f"<DigitalId><X509Certificate>{b64encode(certificate).decode()}</X509Certificate></DigitalId>"


def _named(tag: str, name: str) -> str:
    return f'<{tag}><Name xml:lang="en">{name}</Name></{tag}>'


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ListServer:
    """Serves whatever stands in ``pages`` by path."""

    url: str
    pages: dict[str, Callable[[], Response]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, content: bytes) -> None:
        """Serve these bytes."""
        self.pages[path] = lambda: Response(content, mimetype=MEDIA_TYPE)


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass


@contextmanager
def list_server() -> Iterator[ListServer]:
    """Serve lists on loopback until the block ends."""

    def answer(environ: Any, start_response: Any) -> Any:
        page = served.pages.get(Request(environ).path.lstrip("/"))
        response = page() if page else Response(status=404)
        return response(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Silent)
    served = ListServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
