"""The door to trust services: OCSP, revocation lists, issuers' certificates, time-stamps. Known hosts, whole answers.

Plain http is allowed here, and only here: what comes back is signed, and believed for its signature alone. Nothing
personal goes into a URL: a certificate's serial number is posted (OCSP by GET would have it in the path).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Self
from urllib.parse import urlsplit

from signer.errors import ErrorCode, SignerError
from signer.http import MIB, Call, HttpClient, Limits
from signer.paths import resource
from signer.way import USUAL, Way

_KIB: Final = 1024


class Service(Enum):
    """What is asked; the value is the media type of the answer (RFC 6960, A; RFC 5280, 4.2.2.1; RFC 3161, 3.4)."""

    OCSP = "application/ocsp-response"
    CRL = "application/pkix-crl"
    CERTIFICATE = "application/pkix-cert"
    TIME_STAMP = "application/timestamp-reply"
    TRUSTED_LIST = "application/vnd.etsi.tsl+xml"


_LIMITS: Final = {  # patience in seconds, and size in bytes: some times what the real services need
    Service.OCSP: Limits(connect_s=3, read_s=4, total_s=5, answer=64 * _KIB),
    Service.CRL: Limits(connect_s=3, read_s=10, total_s=30, answer=32 * MIB),
    Service.CERTIFICATE: Limits(connect_s=3, read_s=4, total_s=5, answer=64 * _KIB),
    Service.TIME_STAMP: Limits(connect_s=3, read_s=8, total_s=10, answer=128 * _KIB),
    Service.TRUSTED_LIST: Limits(connect_s=5, read_s=20, total_s=120, answer=32 * MIB),
}


_OTHERS_WORDS: Final = {ErrorCode.AGENCY_GARBLED, ErrorCode.SETTINGS_BROKEN}  # http's, for an answer and an address


@dataclass(frozen=True, slots=True)
class ServiceDoor:
    """Asks the hosts that are known, and no other; ``way`` is how they are reached."""

    hosts: frozenset[str]
    way: Way = USUAL
    limits: Mapping[Service, Limits] = field(default_factory=lambda: dict(_LIMITS))

    @classmethod
    def belgian(cls, *more_hosts: str, way: Way = USUAL) -> Self:
        """Know the services behind the Belgian eID, and hosts that the settings add."""
        return cls(frozenset((*_table()["hosts"], *more_hosts)), way)

    def knowing(self, *urls: str) -> ServiceDoor:
        """Give a door that also knows the hosts of these addresses, which somebody chose by name."""
        return replace(self, hosts=self.hosts | {host_of(url) for url in urls})

    def knows(self, url: str) -> bool:
        """Tell whether an address is one that may be asked."""
        return url.lower().startswith(("http://", "https://")) and host_of(url) in self.hosts

    def get(self, url: str, service: Service) -> bytes:
        """Fetch what anybody may see.

        Raises SignerError NETWORK_UNREACHABLE, NETWORK_TIMEOUT, NETWORK_TLS, or SERVICE_GARBLED for an answer that is
        none, too large, or from a host that is not known.
        """
        return self._ask(url, service, None, {})

    def post(self, url: str, service: Service, body: bytes, media_type: str) -> bytes:
        """Put a question; raises as ``get``."""
        return self._ask(url, service, body, {"Content-Type": media_type})

    def _ask(self, url: str, service: Service, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        if not self.knows(url):
            raise SignerError(ErrorCode.SERVICE_GARBLED, f"{service.name} at a host that is not known")
        parts = urlsplit(url)
        path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        call = Call("GET" if body is None else "POST", path, body, headers={**headers, "Accept": service.value})
        base, limits = f"{parts.scheme}://{parts.netloc}", self.limits[service]
        try:
            answer = HttpClient(base, limits=limits, way=self.way, signed=True).send(call)
        except SignerError as error:
            if error.code in _OTHERS_WORDS:
                raise SignerError(ErrorCode.SERVICE_GARBLED, error.detail) from error
            raise
        if answer.status != 200:
            raise SignerError(ErrorCode.SERVICE_GARBLED, f"{service.name} status {answer.status}")
        return answer.body


def host_of(url: str) -> str:
    """Give an address's host, in lower case; empty when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def belgian_time_stamps() -> tuple[str, ...]:
    """Give the addresses of the Belgian time-stamp services, in the order in which they are asked."""
    return tuple(_table()["time_stamps"])


def european_lists() -> tuple[str, tuple[str, ...]]:
    """Give the address of the list of lists, and the territories whose lists are wanted."""
    table = _table()
    return str(table["list_of_lists"]), tuple(table["territories"])


def _table() -> dict[str, Any]:
    return tomllib.loads(resource("trust", "services.toml").read_text("utf-8"))
