"""The one door to the network: whole answers within limits, one table of what can go wrong, and no host but one's own.

Names are resolved by the system within its own time limits; everything after that is bounded by ``Limits``.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urljoin, urlsplit

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection

from signer.errors import ErrorCode, SignerError
from signer.way import USUAL, Way, address_of

MIB: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024
_PLAIN: Final = frozenset({"", "identity"})
_ENDS: Final = frozenset({"content-length", "transfer-encoding"})
_BEARER: Final = re.compile(r"[\x21-\x7e]{1,4096}", re.ASCII)
_DOTS: Final = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large one call may be; seconds and bytes."""

    connect_s: float = 10
    read_s: float = 20  # silence between two pieces of the answer
    total_s: float = 60  # the whole call, however slowly it drips
    answer: int = 4 * MIB


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; its repr tells the status alone, since headers and body can hold tokens and persons."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``path`` is resolved against the base URL and a slash (RFC 3986, 5), and must stay below it."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpClient:
    """Calls one base URL and nothing else: verified TLS, no redirects, no cookies, no compressed answers.

    Trusts what the system trusts, and the roots of ``way``. Its proxies never stand before this very machine; what they
    ask a name and a password for is told them alone, in a header of its own. One connection a call: what a
    sleeping laptop kept open is dead when it wakes. Each call carries a trace id of its own (W3C Trace Context), which
    the agency's log and problems repeat. ``signed``: what comes back carries a signature that the caller checks, so
    that plain http will do, and an answer may end with its connection. Raises SignerError SETTINGS_BROKEN when the base
    URL will not do.
    """

    def __init__(
        self,
        base_url: str,
        *,
        language: str = "en",
        limits: Limits = Limits(),
        way: Way = USUAL,
        signed: bool = False,
    ) -> None:
        self.base_url = _checked(base_url, plain=signed)
        self._signed = signed
        self._limits = limits
        self._is_secured = self.base_url.startswith("https:")
        self._tls = _tls_context(way.roots)  # also for a proxy that is reached by TLS
        self._way = replace(way, proxies={}) if _is_loopback(self.base_url) else way
        self._headers = {
            "User-Agent": f"Paraph/{_version()}",
            "Accept-Language": language,
            "Accept-Encoding": "identity",  # what is not unpacked cannot explode
            "Connection": "close",
        }

    def send(self, call: Call) -> Answer:
        """Make a call and give the whole answer, whatever its status, redirects excepted.

        Raises SignerError NETWORK_UNREACHABLE, NETWORK_TIMEOUT, NETWORK_TLS, NETWORK_PROXY, or AGENCY_GARBLED for no
        answer: a redirect, too many bytes, compression that nobody asked for, or no HTTP at all.
        """
        return self._exchange(call, None, self._limits)

    def download(self, call: Call, write: Callable[[bytes], object], limits: Limits) -> Answer:
        """Hand the bytes of a 200 answer to ``write`` as they come; other answers come back whole, as from ``send``.

        Raises as ``send``; ``write`` raises SignerError only.
        """
        return self._exchange(call, write, limits)

    def _exchange(self, call: Call, write: Callable[[bytes], object] | None, limits: Limits) -> Answer:
        url = self._resolve(call.path)
        what = f"{call.method} {urlsplit(url).path}"
        with (
            _Deadline(limits.total_s) as deadline,
            _translated(deadline, what),
            _session(self._tls, self._way) as session,
            session.request(
                call.method,
                url,
                data=call.body,
                headers={**self._headers, **_trace(), **call.headers, **_authorization(call.bearer)},
                proxies=get_environ_proxies(url) if self._way.proxies is None else dict(self._way.proxies),
                timeout=(limits.connect_s, limits.read_s),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            if deadline.passed:  # a line that we cut ourselves looks like the end of the headers
                raise TimeoutError
            if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and not self._is_secured:
                raise SignerError(ErrorCode.NETWORK_PROXY_LOGIN, what)
            headers = _headers_of(response, endless=self._signed)
            if write is not None and response.status_code == HTTPStatus.OK:
                _pump(response, write, limits.answer)
                return Answer(response.status_code, headers, b"")
            whole = bytearray()
            _pump(response, whole.extend, self._limits.answer)
            return Answer(response.status_code, headers, bytes(whole))

    def _resolve(self, path: str) -> str:
        base = self.base_url + "/"
        url = urljoin(base, path)
        if not url.startswith(base) or _DOTS & set(unquote(urlsplit(url).path).split("/")):
            raise SignerError(ErrorCode.AGENCY_GARBLED, "a link that leads elsewhere")
        return url


def _headers_of(response: requests.Response, *, endless: bool) -> dict[str, str]:
    """Give the headers of an answer that can be read to its end."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if not (HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES or response.status_code >= 400):
        raise SignerError(ErrorCode.AGENCY_GARBLED, f"status {response.status_code}, and redirects are not followed")
    if not (endless or headers.keys() & _ENDS) and response.status_code != HTTPStatus.NO_CONTENT:
        # An answer that ends with its connection looks whole when it was cut; even its headers do.
        raise SignerError(ErrorCode.AGENCY_GARBLED, "an answer that does not say how long it is")
    if headers.get("content-encoding", "").lower() not in _PLAIN:
        raise SignerError(ErrorCode.AGENCY_GARBLED, "a compressed answer that nobody asked for")
    return headers


def _pump(response: requests.Response, write: Callable[[bytes], object], limit: int) -> None:
    taken = 0
    for chunk in response.iter_content(_CHUNK):
        taken += len(chunk)
        if taken > limit:
            raise SignerError(ErrorCode.AGENCY_GARBLED, f"more than {limit} bytes")
        write(chunk)


# ── what can go wrong ─────────────────────────────────────────────────────────────────────────────────────────────


class _ProxyAsksError(OSError):
    """A proxy wants to know who we are, or does not take what we said (RFC 9110, 15.5.8)."""


_VENDORS: Final = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)

_CODES: Final = (  # the first row with a class anywhere among the causes
    (ssl.SSLError, ErrorCode.NETWORK_TLS),
    (urllib3.exceptions.SSLError, ErrorCode.NETWORK_TLS),
    (requests.exceptions.SSLError, ErrorCode.NETWORK_TLS),
    (_ProxyAsksError, ErrorCode.NETWORK_PROXY_LOGIN),
    # Between us and the proxy; what is wrong behind it, such as TLS, comes first.
    (urllib3.exceptions.ProxyError, ErrorCode.NETWORK_PROXY),
    (urllib3.exceptions.NewConnectionError, ErrorCode.NETWORK_UNREACHABLE),  # urllib3 calls it a time-out as well
    (requests.Timeout, ErrorCode.NETWORK_TIMEOUT),
    (urllib3.exceptions.TimeoutError, ErrorCode.NETWORK_TIMEOUT),
    (TimeoutError, ErrorCode.NETWORK_TIMEOUT),
    (urllib3.exceptions.InvalidChunkLength, ErrorCode.AGENCY_GARBLED),
    (http.client.RemoteDisconnected, ErrorCode.NETWORK_UNREACHABLE),
    (http.client.IncompleteRead, ErrorCode.NETWORK_UNREACHABLE),
    (http.client.HTTPException, ErrorCode.AGENCY_GARBLED),
    (requests.exceptions.InvalidHeader, ErrorCode.AGENCY_GARBLED),
    (Exception, ErrorCode.NETWORK_UNREACHABLE),
)


@contextmanager
def _translated(deadline: _Deadline, what: str) -> Iterator[None]:
    try:
        yield
    except _VENDORS as error:
        causes = list(_causes(error))
        code = next(code for kind, code in _CODES if any(isinstance(cause, kind) for cause in causes))
        code = ErrorCode.NETWORK_TIMEOUT if deadline.passed else code
        raise SignerError(code, f"{what}: {type(causes[-1]).__name__}") from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from what was raised to what began it; requests and urllib3 wrap in arguments, Python in contexts."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


# ── the whole call's deadline ─────────────────────────────────────────────────────────────────────────────────────


class _Deadline:
    """Cuts the line when the time is up: time-outs of a socket count silence alone, and a slow drip is not silent."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._line: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def guard(self, line: socket.socket) -> None:
        """Watch over a connection, from before its TLS handshake on."""
        with self._lock:
            self._let_go()
            self._line = line.dup()
        if self.passed:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            if self._line is not None:
                with suppress(OSError):  # the other side was quicker
                    self._line.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def __enter__(self) -> Self:
        self._token = _DEADLINE.set(self)
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        _DEADLINE.reset(self._token)
        with self._lock:
            self._let_go()


_DEADLINE: Final[ContextVar[_Deadline]] = ContextVar("_DEADLINE")


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        _DEADLINE.get().guard(line)
        return line


class _Secure(HTTPSConnection):
    def _tunnel(self) -> None:
        try:
            super()._tunnel()
        except OSError as error:
            raise _ProxyAsksError if _ASKS in str(error) else error from error
        if _DEADLINE.get().passed:  # a line that we cut ourselves looks like the end of the headers
            raise TimeoutError

    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        _DEADLINE.get().guard(line)
        return line


_ASKS: Final = "Tunnel connection failed: 407"  # as http.client and urllib3 say it, and say no other way

_CONNECTION: Final = {"http": _Plain, "https": _Secure}


class _Adapter(HTTPAdapter):
    """requests' transport with our TLS context, where it would load its own list of roots."""

    def __init__(self, tls: ssl.SSLContext, way: Way) -> None:
        self._tls = tls
        self._way = way
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002, ANN401 - as requests has it
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        return super().proxy_manager_for(proxy, ssl_context=self._tls, proxy_ssl_context=self._tls, **kwargs)

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Say who we are, as it is kept for this proxy, else as the system's setting has it."""
        login = self._way.login(address_of(proxy))
        return {"Proxy-Authorization": login.header} if login else super().proxy_headers(proxy)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401 - as requests has it
        """Leave it to the context, which verifies chain and name; requests would add certifi's roots here."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _CONNECTION[pool.scheme]
        return pool


@contextmanager
def _session(tls: ssl.SSLContext, way: Way) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # or a .netrc would replace our tokens
        session.headers.clear()
        adapter = _Adapter(tls, way)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        yield session


# ── addresses ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _checked(base_url: str, *, plain: bool) -> str:
    try:
        parts = urlsplit(base_url)
        fit = parts.scheme in {"https", "http"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "the address cannot be read") from error
    if not fit or parts.username or parts.query or parts.fragment:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "the address must be https://host/path and no more")
    if parts.scheme == "http" and not (plain or _is_loopback(base_url)):
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "only this very machine is spoken to without TLS")
    return base_url.rstrip("/")


def _tls_context(roots: tuple[Path, ...]) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name, as the system would
    try:
        for each in roots:
            context.load_verify_locations(cafile=each)
    except OSError as error:  # ssl.SSLError is one
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "tls.roots: a file that cannot be read") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_bearer(token: str) -> bool:
    """Tell whether a token can be sent in a header (RFC 6750, 2.1, a little wider)."""
    return _BEARER.fullmatch(token) is not None


def _trace() -> dict[str, str]:
    """Begin a trace (W3C Trace Context, 3.2): random, and so of nobody."""
    return {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}


def _authorization(bearer: str | None) -> dict[str, str]:
    if bearer is None:
        return {}
    if not is_bearer(bearer):
        raise SignerError(ErrorCode.AGENCY_GARBLED, "a token that cannot be sent")
    return {"Authorization": f"Bearer {bearer}"}


def _version() -> str:
    try:
        return version("paraph")
    except PackageNotFoundError:  # a frozen bundle without metadata
        return "unknown"
