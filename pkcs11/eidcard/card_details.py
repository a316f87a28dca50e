"""All that a screen may show of a card; only what is asked for is read (requirements, data protection)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from eidcard.applet import Applet, CardFile, EidApplet, again_after_reset
from eidcard.connection import CardConnection
from eidcard.identity import Address, Identity, parse_address, parse_identity
from eidcard.verification import (
    Believe,
    IdentityVerification,
    Register,
    Verdict,
    believe_nobody,
    check_numbers,
    check_photo,
    check_presence,
    new_challenge,
    signed_address,
)
from signer.certificates import is_test, load
from signer.errors import ErrorCode, SignerError

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
    verification: IdentityVerification
    certificates: tuple[CertificateDetails, ...]  # only those that are there: minors lack some
    test: bool
    address: Address | None = None
    photo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read beside identity and certificates, and whose register is believed."""

    address: bool = False
    photo: bool = False
    presence: bool = False  # a challenge to the chip; it answers a limited number in its life
    believe: Believe = believe_nobody


IDENTITY_ALONE: Final = Wanted()


def read_details(connection: CardConnection, wanted: Wanted) -> CardDetails:
    """Read a card for a screen; raises SignerError NOT_AN_EID, CARD_GARBLED and those of the connection."""
    return again_after_reset(lambda: _read(connection, wanted))


def _read(connection: CardConnection, wanted: Wanted) -> CardDetails:
    applet = EidApplet.open(connection)
    with applet.undisturbed():
        found = {role: applet.read_certificate(file) for role, file in _CERTIFICATES.items()}
        certificates = {role: der for role, der in found.items() if der is not None}
        register = Register(certificates.get("register"), tuple(certificates.values()), wanted.believe)
        files = _Files(applet, wanted)
        return CardDetails(
            reader=connection.reader,
            applet=applet.version,
            tries_left=applet.tries_left(),
            identity=files.parsed,
            verification=files.verification(register),
            certificates=tuple(_details(role, load(der)) for role, der in certificates.items()),
            test=is_test(tuple(certificates.values())),
            address=None if files.address is None else parse_address(files.address),
            photo=files.photo,
        )


class _Files:
    """The holder's files, each read once."""

    def __init__(self, applet: EidApplet, wanted: Wanted) -> None:
        self._applet = applet
        self.identity = applet.read(CardFile.IDENTITY)
        self.parsed = parse_identity(self.identity)
        self.signature = applet.read(CardFile.IDENTITY_SIGNATURE)
        self.address = applet.read(CardFile.ADDRESS) if wanted.address else None
        self.address_signature = applet.read(CardFile.ADDRESS_SIGNATURE) if wanted.address else None
        self.photo = applet.read(CardFile.PHOTO) if wanted.photo else None
        self._presence = self._challenged() if wanted.presence else None

    def verification(self, register: Register) -> IdentityVerification:
        """Check all that was read."""
        national_number, card_number = check_numbers(self.parsed)
        return IdentityVerification(
            register=register.verdict(self.identity, self.signature),
            national_number=national_number,
            card_number=card_number,
            address=None if self.address is None else self._address_verdict(register, self.address),
            photo=None if self.photo is None else check_photo(self.photo, self.parsed.photo_hash),
            presence=self._presence,
        )

    def _address_verdict(self, register: Register, address: bytes) -> Verdict:
        return register.verdict(signed_address(address, self.signature), self.address_signature)

    def _challenged(self) -> Verdict:
        if self._applet.version is not Applet.V1_8:
            return Verdict.UNCHECKED
        challenge = new_challenge()
        try:
            key = self._applet.read(CardFile.BASIC_KEY)
            answer = self._applet.answer_challenge(challenge)
        except SignerError as error:
            if error.code is ErrorCode.CARD_REFUSED:
                return Verdict.UNCHECKED
            raise
        return check_presence(key, self.parsed.basic_key_hash, challenge, answer)


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
