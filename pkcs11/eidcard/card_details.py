"""All that a screen may show of a card; only what is asked for is read (requirements, data protection)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from eidcard.applet import Applet, CardFile, EidApplet
from eidcard.connection import CardConnection
from eidcard.identity import Address, Identity, parse_address, parse_identity
from signer.certificates import is_test, load

_CERTIFICATES: Final = {
    "authentication": CardFile.AUTHENTICATION_CERTIFICATE,
    "signature": CardFile.SIGNATURE_CERTIFICATE,
    "ca": CardFile.CA_CERTIFICATE,
    "root": CardFile.ROOT_CERTIFICATE,
    "register": CardFile.REGISTER_CERTIFICATE,
}


@dataclass(frozen=True, slots=True)
class CertificateDetails:
    """A certificate on the card, in what people ask of it; never its serialNumber, which is the national number."""

    role: str  # authentication, signature, ca, root or register
    name: str = field(repr=False)
    issuer: str
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class CardDetails:
    """A card and its holder; ``address`` and ``photo`` (JPEG) are None unless they were asked for."""

    reader: str
    applet: Applet
    tries_left: int | None
    identity: Identity
    certificates: tuple[CertificateDetails, ...]  # only those that are there: minors lack some
    test: bool
    address: Address | None = None
    photo: bytes | None = field(default=None, repr=False)


def read_details(connection: CardConnection, *, address: bool = False, photo: bool = False) -> CardDetails:
    """Read a card for a screen; raises SignerError NOT_AN_EID, CARD_GARBLED and those of the connection."""
    applet = EidApplet.open(connection)
    with applet.undisturbed():
        found = {role: applet.read_certificate(file) for role, file in _CERTIFICATES.items()}
        certificates = {role: der for role, der in found.items() if der is not None}
        return CardDetails(
            reader=connection.reader,
            applet=applet.version,
            tries_left=applet.tries_left(),
            identity=parse_identity(applet.read(CardFile.IDENTITY)),
            certificates=tuple(_details(role, load(der)) for role, der in certificates.items()),
            test=is_test(tuple(certificates.values())),
            address=parse_address(applet.read(CardFile.ADDRESS)) if address else None,
            photo=applet.read(CardFile.PHOTO) if photo else None,
        )


def _details(role: str, certificate: x509.Certificate) -> CertificateDetails:
    return CertificateDetails(
        role=role,
        name=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


def _common_name(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else ""
