"""A server on loopback that says, byte for byte, what a test wants it to say."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from secrets import token_hex

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class HostileServer:
    """What came in, and how to know that the test is over."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def drip(self, line: socket.socket, data: bytes, pause_s: float = 0.02) -> None:
        """Send byte by byte, never silent for long."""
        for byte in data:
            if self.over.wait(pause_s):
                return
            line.sendall(bytes([byte]))


Behaviour = Callable[[HostileServer, socket.socket], None]


def answering(data: bytes) -> Behaviour:
    """Send these bytes and close."""
    return lambda _, line: line.sendall(data)


def response(body: bytes, *headers: str, status: str = "200 OK", media_type: str = "application/json") -> bytes:
    """Write a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def hostile_server(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[HostileServer]:
    """Serve every connection with one behaviour, after its request was read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HostileServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, listener, behaviour, tls))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def free_port() -> int:
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def make_certificate(folder: Path, *, name: str = "127.0.0.1", valid: bool = True) -> tuple[ssl.SSLContext, Path]:
    """Make a server's TLS context with a certificate that it signed itself; gives the certificate's PEM file too."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"TEST {name} {token_hex(4)}")])
    alternative = x509.IPAddress(IPv4Address(name)) if name[0].isdigit() else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=1 if valid else -1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = folder / "server.key"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return context, pem


def _serve(server: HostileServer, listener: socket.socket, behaviour: Behaviour, tls: ssl.SSLContext | None) -> None:
    while not server.over.is_set():
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), line:  # a client that hangs up is what these tests are about
            line.settimeout(10)
            if tls is None:
                _talk(server, line, behaviour)
            else:
                with tls.wrap_socket(line, server_side=True) as secured:
                    _talk(server, secured, behaviour)


def _talk(server: HostileServer, line: socket.socket, behaviour: Behaviour) -> None:
    server.requests.append(_read_request(line))
    behaviour(server, line)
    with suppress(OSError):
        line.shutdown(socket.SHUT_WR)


def _read_request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and not data.startswith(b"\x16"):  # a TLS handshake has no end that we know
        data += line.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(65536) or b" " * length
    return head + b"\r\n\r\n" + body
