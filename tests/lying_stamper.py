"""A time-stamp service that lies as its address says, in front of an honest one; every lie but two is well signed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.request import Request, urlopen

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation, root_label

SLOW_S: Final = 1.0  # longer than the door waits that is shown the slow one
_DAY: Final = timedelta(days=1)
Answer = Callable[[bytes], bytes]


class Liar:
    """Makes the answers; ``honest`` forwards to a service of the PKI."""

    def __init__(self, pki: TestPki) -> None:
        self._pki = pki
        self._key = rsa.generate_private_key(65537, 2048)
        self.answers: dict[str, Answer] = {
            "honest": self.honest,
            "slow": self._slow,
            "captive-portal": lambda _: b"<!DOCTYPE html><title>Welcome</title><p>Log in to the Wi-Fi",
            "empty": lambda _: b"",
            "huge": lambda _: bytes(4 << 20),
            "refusing": lambda _: bytes.fromhex("3005 3003 020102"),
            "without-a-token": lambda _: bytes.fromhex("3005 3003 020100"),
            "another-nonce": lambda body: self._changed(body, nonce=4711),
            "no-nonce": lambda body: self._changed(body, nonce=None),
            "another-imprint": lambda body: self._changed(body, imprint=bytes(32)),
            "broken-signature": self._broken,
            "good": self._own,  # the control: nothing is wrong with such certificates themselves
            "yesterday": lambda body: self._own(body, at=datetime.now(UTC) - _DAY),
            "tomorrow": lambda body: self._own(body, at=datetime.now(UTC) + _DAY),
            "expired": lambda body: self._own(body, until=datetime.now(UTC) - _DAY),
            "not-for-time-stamps": lambda body: self._own(body, usage=ExtendedKeyUsageOID.CODE_SIGNING),
            "of-nobody-we-know": lambda body: self._own(body, trusted=False),
            "too-bulky": lambda body: self._own(body, bulk=12 * 1024),
        }

    def honest(self, body: bytes) -> bytes:
        request = Request(self._pki.time_stamp_urls[0], body, {"Content-Type": "application/timestamp-query"})
        with urlopen(request) as answer:
            return bytes(answer.read())

    def _slow(self, body: bytes) -> bytes:
        time.sleep(SLOW_S)  # what is tested is the patience itself
        return self.honest(body)

    def _changed(self, body: bytes, **other: object) -> bytes:
        asked = tsp.TimeStampReq.load(body)
        wanted = {
            "version": 1,
            "message_imprint": asked["message_imprint"],
            "nonce": asked["nonce"].native,
            "cert_req": True,
        }
        if "imprint" in other:
            algorithm = {"algorithm": "sha256"}
            wanted["message_imprint"] = {"hash_algorithm": algorithm, "hashed_message": other["imprint"]}
        if "nonce" in other:
            wanted["nonce"] = other["nonce"]
        return self.honest(tsp.TimeStampReq({name: value for name, value in wanted.items() if value}).dump())

    def _broken(self, body: bytes) -> bytes:
        answer = tsp.TimeStampResp.load(self.honest(body))
        (signer,) = answer["time_stamp_token"]["content"]["signer_infos"]
        value = bytearray(signer["signature"].native)
        value[-1] ^= 1
        signer["signature"] = bytes(value)
        return bytes(answer.dump(force=True))

    def stamper(self, at: datetime) -> DummyTimeStamper:
        """Give a service that stamps with another time, in this process."""
        return self._stamper(at=at)

    def _own(self, body: bytes, **lie: Any) -> bytes:
        answer = self._stamper(**lie).request_tsa_response(tsp.TimeStampReq.load(body))
        return bytes(answer.dump())

    def _stamper(
        self,
        *,
        at: datetime | None = None,
        until: datetime | None = None,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
        trusted: bool = True,
        bulk: int = 0,
    ) -> DummyTimeStamper:
        """Stamp with a certificate made for this lie, issued by the PKI's root or by a stranger of the same name."""
        label = root_label(Generation.V1_8)
        root = x509.load_der_x509_certificate((self._pki.folder / "authorities" / f"{label}.der").read_bytes())
        root_key = load_pem_private_key((self._pki.folder / "authorities" / f"{label}.key.pem").read_bytes(), None)
        issuer_key = root_key if trusted else ec.generate_private_key(ec.SECP384R1())
        assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
        key, end = self._key, until or datetime.now(UTC) + 30 * _DAY
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST Liar")])
        builder = (
            x509.CertificateBuilder(root.subject, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(end - 90 * _DAY)
            .not_valid_after(end)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        )
        if bulk:
            extra = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), bytes(bulk))
            builder = builder.add_extension(extra, critical=False)
        certificate = asn1.Certificate.load(builder.sign(issuer_key, hashes.SHA384()).public_bytes(Encoding.DER))
        private = keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        store = SimpleCertificateStore.from_certs([certificate])  # type: ignore[no-untyped-call]
        return DummyTimeStamper(certificate, private, store, fixed_dt=at)


@contextmanager
def lying_stamper(pki: TestPki) -> Iterator[str]:
    """Serve the liar; gives the address to which the name of a lie is appended."""
    answers = Liar(pki).answers

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            lie = self.path.rpartition("/")[2]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            html = lie == "captive-portal"
            answer = answers[lie](body) if lie in answers else b""
            self.send_response(200 if lie in answers else 503)
            self.send_header("Content-Type", "text/html" if html else "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(OSError):  # who asked has had enough
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
