"""The keys that clients seal to: what waits on a worker's or an office's computer is readable here alone.

Each key is an RSA key and a certificate about itself, in a folder of the data folder. Clients are given the newest. An
older one is kept until nothing that was sealed to it can still arrive: ``paraph-agency keys`` tells and decides.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.sealing import CertificateOpener, identifier_of, unseal

_RSA_BITS: Final = 3072  # 128 bits of security until 2030 and beyond (NIST SP 800-57, part 1, table 2)
_EXPONENT: Final = 65537
_LIFE: Final = timedelta(days=50 * 365)  # the agency ends a key, and not its date
_NAME_LENGTH: Final = 64  # characters of a common name (RFC 5280, A.1)


@dataclass(frozen=True)
class SealingKey:
    """One key of the agency; its name is the certificate's SubjectKeyIdentifier, as hex."""

    file: Path

    @cached_property
    def certificate(self) -> x509.Certificate:
        """What is given to clients."""
        return x509.load_pem_x509_certificate(self._content)

    @property
    def der(self) -> bytes:
        """The certificate, as it travels."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def name(self) -> str:
        """How commands and the database call it."""
        return self.file.stem

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return self.certificate.not_valid_before_utc

    @cached_property
    def opener(self) -> CertificateOpener:
        """What opens seals."""
        private = load_pem_private_key(self._content, None)
        assert isinstance(private, rsa.RSAPrivateKey)
        return CertificateOpener(identifier_of(self.certificate), private)

    @cached_property
    def _content(self) -> bytes:
        if os.name == "posix" and self.file.stat().st_mode & 0o077:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, f"others can read {self.file}: chmod 600")
        return self.file.read_bytes()


class SealingKeys:
    """All keys of one agency; the first is made when it is first asked for. Raises SignerError SETTINGS_BROKEN."""

    def __init__(self, folder: Path, agency_name: str) -> None:
        self._folder = folder
        self._agency_name = agency_name
        self._known: dict[str, SealingKey] = {}

    def newest(self) -> SealingKey:
        """Give the key that clients are to seal to from now on."""
        return next(iter(self.all()), None) or self.make()

    def all(self) -> list[SealingKey]:
        """List what there is, newest first; another process may have made or erased some."""
        found = []
        for file in self._folder.glob("*.pem"):
            with suppress(FileNotFoundError):  # erased meanwhile
                key = self._known.setdefault(file.stem, SealingKey(file))
                found.append((key.made_at, key.name, key))
        return [key for *_, key in sorted(found, reverse=True)]

    def make(self) -> SealingKey:
        """Make a key and put it on the disk, whole."""
        private = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_RSA_BITS)
        certificate = _about_itself(private, f"{self._agency_name}: sealing"[:_NAME_LENGTH])
        content = certificate.public_bytes(Encoding.PEM) + private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{identifier_of(certificate).hex()}.pem"
        write_whole(file, content)
        return SealingKey(file)

    def erase(self, name: str) -> None:
        """Erase a key for good: nobody can open what was sealed to it alone."""
        with suppress(FileNotFoundError):
            (self._folder / f"{name}.pem").unlink()
        self._known.pop(name, None)

    def open(self, sealed: bytes) -> bytes:
        """Open what a client sealed; raises SignerError SEAL_NOT_OURS or STORE_DAMAGED."""
        return unseal(sealed, [key.opener for key in self.all()])


def _about_itself(private: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """Make a certificate: CMS names recipients by one, and nobody is asked to trust it for anything more."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now().astimezone()
    usage = x509.KeyUsage(
        key_encipherment=True,
        **dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        ),
    )
    builder = x509.CertificateBuilder(
        subject, subject, private.public_key(), x509.random_serial_number(), now, now + _LIFE
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    return (
        builder.add_extension(identifier, critical=False)
        .add_extension(usage, critical=True)
        .sign(private, hashes.SHA256())
    )
