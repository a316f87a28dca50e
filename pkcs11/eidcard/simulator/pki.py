"""A test PKI in a folder: roots, authorities, people and an agency seal, issued by certomancer with keys made now."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture, ServiceLabel
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from eidcard.simulator import profiles
from eidcard.simulator.people import Person
from eidcard.simulator.profiles import ARCHITECTURE, Generation

DEFAULT_URL: Final = "http://pki.test.invalid"  # RFC 6761: never resolves, so nothing is fetched by accident

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_DESCRIPTION: Final = "pki.json"  # written last: a folder that has it is complete
_AUTHORITIES: Final = "authorities"
_PEOPLE: Final = "people"
_ISSUED: Final = "issued.json"  # in a person's folder, where the certificates are: what the services know of them


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate (DER) and its private key."""

    certificate: bytes
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonCredentials:
    """What a card of one generation holds for one person; ``signature`` is None where there is no certificate."""

    person: Person
    generation: Generation
    authentication: Credential
    signature: Credential | None
    register: Credential  # the national register's, which signs the identity files
    ca: bytes  # DER
    root: bytes  # DER

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The issuers (DER), the nearest first."""
        return (self.ca, self.root)


@dataclass(frozen=True, slots=True)
class SealFiles:
    """The agency's seal: PEM files of its key (mode 0600) and of its chain, the seal's own certificate first."""

    key: Path
    chain: Path


class TestPki:
    """The PKI of one folder; several processes may use the same folder."""

    __test__: ClassVar[bool] = False  # no test, whatever pytest makes of its name

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self._published: tuple[frozenset[str], PKIArchitecture] | None = None

    @classmethod
    def create(cls, folder: Path, url: str = DEFAULT_URL, ends: Mapping[str, datetime] | None = None) -> Self:
        """Make all authorities and the agency's seal in ``folder``; certificates point at ``url`` for revocation.

        ``ends`` lets authorities, by their labels in ``profiles``, end earlier than the others.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pki = cls(folder, url)
        place = folder / _AUTHORITIES
        place.mkdir(mode=0o700)
        names, certificates = profiles.entities(), profiles.authorities(ends or {})
        for label in certificates:
            _write_private(place / f"{label}.key.pem", _to_pem(_new_key(_algorithm(label))))
        architecture = pki._architecture(names, certificates, _key_paths(_AUTHORITIES, certificates))
        for label in certificates:
            (place / f"{label}.der").write_bytes(architecture.get_cert(CertLabel(label)).dump())
        _write_pem_chain(place / _SEAL_CHAIN, [pki._authority(label) for label in _SEAL_PATH])
        (folder / _DESCRIPTION).write_text(json.dumps({"url": url, "test": True}))
        return pki

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Use the PKI that ``create`` made; raises FileNotFoundError when there is none."""
        return cls(folder, json.loads((folder / _DESCRIPTION).read_text())["url"])

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The root certificates (DER) of all generations."""
        return tuple(self._authority(profiles.root_label(generation)) for generation in profiles.ISSUING)

    @property
    def agency_seal(self) -> SealFiles:
        """The seal of the agency: an organisation's P-256 key, under the P-384 root."""
        place = self.folder / _AUTHORITIES
        return SealFiles(place / f"{profiles.SEAL}.key.pem", place / _SEAL_CHAIN)

    def person(self, person: Person, generation: Generation | str = Generation.V1_8) -> PersonCredentials:
        """Give a person's certificates and keys, issued at the first call and the same ever after."""
        generation = Generation(generation)
        place = self.folder / _PEOPLE / f"{person.id}-{person.fingerprint}-{generation}"
        if not place.exists():
            self._issue(person, generation, place)
        return PersonCredentials(
            person,
            generation,
            authentication=_read(place / "authentication"),
            signature=_read(place / "signature") if person.can_sign else None,
            register=_read(self.folder / _AUTHORITIES / profiles.register_label(generation)),
            ca=self._authority(profiles.issuer_label(person, generation)),
            root=self._authority(profiles.root_label(generation)),
        )

    @property
    def time_stamp_urls(self) -> tuple[str, ...]:
        """Where the time-stamp services are, in the order in which they are tried (RFC 3161, 3.4)."""
        return tuple(f"{self.url}/{ARCHITECTURE}/tsa/{label}" for label in profiles.TIME_STAMPERS)

    def crl(self, issuer: str) -> bytes:
        """Give the revocation list (DER) that an authority, by its label in ``profiles``, would publish now.

        People who are revoked or suspended are on it once their card was made.
        """
        return bytes(self.published().service_registry.get_crl(ServiceLabel(issuer)).dump())

    def published(self) -> PKIArchitecture:
        """Give what the services know: all authorities, and everybody whose card was made so far."""
        notes = frozenset(map(str, (self.folder / _PEOPLE).glob(f"*-*/{_ISSUED}")))  # not one that is being made
        if self._published is None or self._published[0] != notes:
            certificates = self._issued() | _issued_to_people(map(Path, notes))
            keys = _key_paths(_AUTHORITIES, self._issued())
            self._published = notes, self._architecture(profiles.entities(), certificates, keys)
        return self._published[1]

    def _issue(self, person: Person, generation: Generation, place: Path) -> None:
        """Make a person's folder aside and move it into place whole: the first of two processes wins."""
        place.parent.mkdir(exist_ok=True, mode=0o700)
        aside = Path(tempfile.mkdtemp(dir=place.parent))
        certificates = profiles.person_certificates(person, generation, datetime.now(UTC))
        for use in certificates:
            _write_private(aside / f"{use}.key.pem", _to_pem(_new_key(_PERSON_ALGORITHM[generation])))
        keys = _key_paths(_AUTHORITIES, self._issued()) | _key_paths(f"{_PEOPLE}/{aside.name}", certificates)
        serials = {use: spec | {"serial": x509.random_serial_number()} for use, spec in certificates.items()}
        names = profiles.entities() | profiles.person_names(person)
        architecture = self._architecture(names, self._issued() | serials, keys)
        for use in certificates:
            (aside / f"{use}.der").write_bytes(architecture.get_cert(CertLabel(use)).dump())
        (aside / _ISSUED).write_text(json.dumps(profiles.issued_certificate(person, generation, datetime.now(UTC))))
        try:
            aside.rename(place)
        except OSError:  # somebody else was first
            shutil.rmtree(aside)

    def _issued(self) -> dict[str, Any]:
        return {
            label: spec | {"certificate-file": f"{_AUTHORITIES}/{label}.der"}
            for label, spec in profiles.authorities().items()
        }

    def _architecture(
        self, names: Mapping[str, Any], certificates: Mapping[str, Any], keys: Mapping[str, str]
    ) -> PKIArchitecture:
        config = {
            "external-url-prefix": self.url,
            "keysets": {ARCHITECTURE: {"keys": {label: {"path": path} for label, path in keys.items()}}},
            "pki-architectures": {
                ARCHITECTURE: {"entities": names, "certs": certificates, "services": profiles.services()}
            },
        }
        folder = str(self.folder)
        made = CertomancerConfig(config, key_search_dir=folder, config_search_dir=folder, lazy_load_keys=True)
        return made.get_pki_arch(ArchLabel(ARCHITECTURE))

    def _authority(self, label: str) -> bytes:
        return (self.folder / _AUTHORITIES / f"{label}.der").read_bytes()


def _issued_to_people(notes: Iterable[Path]) -> dict[str, Any]:
    return {
        f"{note.parent.name}-{der.stem}": json.loads(note.read_text())
        | {"certificate-file": f"{_PEOPLE}/{note.parent.name}/{der.name}"}
        for note in notes
        for der in note.parent.glob("*.der")
    }


_SEAL_CHAIN: Final = f"{profiles.SEAL}.chain.pem"
_SEAL_PATH: Final = (profiles.SEAL, profiles.SEAL_CA, profiles.root_label(Generation.V1_8))
_PERSON_ALGORITHM: Final = {Generation.V1_1: "rsa1024", Generation.V1_7: "rsa2048", Generation.V1_8: "secp384r1"}
_AUTHORITY_ALGORITHM: Final = {"1.7": "rsa2048", "1.8": "secp384r1"}
_RSA_BITS: Final = {"rsa1024": 1024, "rsa2048": 2048}  # applet 1.1 has no longer ones
_CURVES: Final = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}


def _algorithm(label: str) -> str:
    if label == profiles.SEAL:
        return "secp256r1"
    return _AUTHORITY_ALGORITHM.get(label.rsplit("-", 1)[-1], "secp384r1")


def _new_key(algorithm: str) -> PrivateKey:
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return rsa.generate_private_key(65537, _RSA_BITS[algorithm])


def _key_paths(folder: str, labels: Mapping[str, Any]) -> dict[str, str]:
    return {label: f"{folder}/{label}.key.pem" for label in labels}


def _to_pem(key: PrivateKey) -> bytes:
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, shape, serialization.NoEncryption())


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _write_pem_chain(path: Path, certificates: list[bytes]) -> None:
    encoded = (x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) for der in certificates)
    path.write_bytes(b"".join(encoded))


def _read(stem: Path) -> Credential:
    key = serialization.load_pem_private_key(stem.with_name(f"{stem.name}.key.pem").read_bytes(), password=None)
    assert isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    return Credential(stem.with_name(f"{stem.name}.der").read_bytes(), key)
