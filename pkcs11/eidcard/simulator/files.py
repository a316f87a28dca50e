"""Personalisation: the file tree of a simulated card, as the card-content manual 5.4 lays it out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from eidcard.simulator import pkcs15
from eidcard.simulator.people import Person
from eidcard.simulator.photo import marked_photo
from eidcard.simulator.pki import PersonCredentials, PrivateKey
from eidcard.simulator.profiles import Generation

AUTHENTICATION_KEY: Final = 0x82
SIGNATURE_KEY: Final = 0x83
_DF00: Final = "3F00DF00"
_DF01: Final = "3F00DF01"
_ADDRESS_LENGTH: Final = 117  # bytes, with its zero padding
_CERTIFICATE_PADDING: Final = {
    Generation.V1_1: 50,
    Generation.V1_7: 50,
    Generation.V1_8: 1100,
}  # zeros after the certificate
_MISSING_CERTIFICATE: Final = {Generation.V1_1: 1300, Generation.V1_7: 1300, Generation.V1_8: 2500}  # all zeros
_PHOTO_HASH: Final = {Generation.V1_1: hashlib.sha1, Generation.V1_7: hashlib.sha256, Generation.V1_8: hashlib.sha384}
_REGISTER_HASH: Final[Mapping[Generation, hashes.HashAlgorithm]] = {
    Generation.V1_1: hashes.SHA1(),  # noqa: S303 - the register signed old cards so
    Generation.V1_7: hashes.SHA256(),
}
_MONTHS: Final = ("JAN", "FEB", "MAAR", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC")
_COORDINATE: Final = 48  # bytes of r and of s on P-384


@dataclass(frozen=True, slots=True)
class Personalised:
    """What is on a card: files by their full path (hex), keys by their reference."""

    generation: Generation
    chip_number: bytes
    files: dict[str, bytes]
    keys: dict[int, PrivateKey] = field(repr=False)
    basic_key: ec.EllipticCurvePrivateKey | None = field(repr=False)


def personalise(credentials: PersonCredentials) -> Personalised:
    """Fill a card for a person, with a chip number and, on 1.8, a basic key made now."""
    generation, chip = credentials.generation, secrets.token_bytes(16)
    basic_key = ec.generate_private_key(ec.SECP384R1()) if generation is Generation.V1_8 else None
    keys = {AUTHENTICATION_KEY: credentials.authentication.key}
    if credentials.signature is not None:
        keys[SIGNATURE_KEY] = credentials.signature.key
    files = (
        pkcs15.directory_files(generation, chip, can_sign=credentials.signature is not None)
        | _certificates(credentials)
        | _identity(credentials, chip, basic_key)
    )
    return Personalised(generation, chip, files, keys, basic_key)


def _certificates(credentials: PersonCredentials) -> dict[str, bytes]:
    generation, signature = credentials.generation, credentials.signature
    contents = {
        "5038": credentials.authentication.certificate,
        "5039": b"" if signature is None else signature.certificate,
        "503A": credentials.ca,
        "503B": credentials.root,
        "503C": credentials.register.certificate,
    }
    missing, after = bytes(_MISSING_CERTIFICATE[generation]), bytes(_CERTIFICATE_PADDING[generation])
    return {_DF00 + file: der + after if der else missing for file, der in contents.items()}


def _identity(
    credentials: PersonCredentials, chip: bytes, basic_key: ec.EllipticCurvePrivateKey | None
) -> dict[str, bytes]:
    basic_public = b"" if basic_key is None else _public_point(basic_key)
    identity = _identity_file(credentials, chip, basic_public)
    register = credentials.register.key
    identity_signature = _sign(register, identity, credentials.generation)
    address = _address_file(credentials.person)
    files = {
        _DF01 + "4031": identity,
        _DF01 + "4032": identity_signature,
        _DF01 + "4033": address.ljust(_ADDRESS_LENGTH, b"\0"),
        _DF01 + "4034": _sign(register, address + identity_signature, credentials.generation),
        _DF01 + "4035": marked_photo(),
    }
    return files | ({_DF01 + "4040": basic_public} if basic_key else {})


def _identity_file(credentials: PersonCredentials, chip: bytes, basic_public: bytes) -> bytes:
    person, generation = credentials.person, credentials.generation
    fields: list[tuple[int, str | bytes]] = [
        (0x00, b"\x00"),
        (0x01, _card_number(person)),
        (0x02, chip),
        (0x03, "01.02.2022"),
        (0x04, "01.02.2032"),
        (0x05, person.municipality),
        (0x06, person.national_number),
        (0x07, person.surname),
        (0x08, person.given_names),
        (0x09, person.third_initial),
        (0x0A, person.nationality),
        (0x0B, person.birth_place),
        (0x0C, f"{person.birth_date:%d} {_MONTHS[person.birth_date.month - 1]}  {person.birth_date:%Y}"),
        (0x0D, person.sex),
        (0x0E, ""),
        (0x0F, person.document_type),
        (0x10, "0"),
        (0x11, _PHOTO_HASH[generation](marked_photo()).digest()),
    ]
    if basic_public:
        fields.append((0x1A, hashlib.sha384(basic_public).digest()))
    return _tlv(fields)


def _address_file(person: Person) -> bytes:
    return _tlv([(0x00, b"\x00"), (0x01, person.street), (0x02, person.zip_code), (0x03, person.municipality)])


def _card_number(person: Person) -> str:
    """Make a card number (12 digits, the last two are the first ten modulo 97) in a range that is not given out.

    A foreigner's begins with a letter, and its digits have no check.
    """
    if person.card_letter:
        return f"{person.card_letter}000{person.birth_order:03d}{person.birth_date:%y%m}0"
    first_ten = f"000{person.birth_order:03d}{person.birth_date:%y%m}"
    return f"{first_ten}{int(first_ten) % 97 or 97:02d}"


def _tlv(fields: Iterable[tuple[int, str | bytes]]) -> bytes:
    return b"".join(_field(tag, value.encode() if isinstance(value, str) else value) for tag, value in fields)


def _field(tag: int, value: bytes) -> bytes:
    whole, rest = divmod(len(value), 0xFF)
    return bytes((tag,)) + b"\xff" * whole + bytes((rest,)) + value


def _sign(key: PrivateKey, content: bytes, generation: Generation) -> bytes:
    """Sign as the register does; on P-384 as r and s side by side, like the card (not yet seen on a real one)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), _REGISTER_HASH[generation])
    return plain_signature(key.sign(content, ec.ECDSA(hashes.SHA384())))


def plain_signature(der: bytes) -> bytes:
    """Turn an ECDSA signature on P-384 from DER to r and s side by side (BSI TR-03111, 5.2.1)."""
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


def _public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give the public point uncompressed (not yet seen on a card: its file's exact form is not in the facts)."""
    encoding, shape = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return key.public_key().public_bytes(encoding, shape)
