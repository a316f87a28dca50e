"""A card's certificates, replaced by nobody's: same structure and lengths, keys that are thrown away.

All of a card are replaced together, and each is signed again by the key of its replaced issuer: they still are a chain,
to a root that no program trusts.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from eidcard.der import Element, first, join
from eidcard.filling import NATIONAL_NUMBER, filled, headed, shaped, shaped_element, text

_VERSION, _EXTENSIONS = 0xA0, 0xA3  # tags
_HARMLESS_NAMES: Final = {bytes.fromhex("550406")}  # country
_HARMLESS_EXTENSIONS: Final = {  # they say who issued and for what use, not to whom
    bytes.fromhex("551D0F"),  # keyUsage
    bytes.fromhex("551D13"),  # basicConstraints
    bytes.fromhex("551D1F"),  # cRLDistributionPoints
    bytes.fromhex("551D20"),  # certificatePolicies
    bytes.fromhex("551D23"),  # authorityKeyIdentifier
    bytes.fromhex("551D25"),  # extKeyUsage
    bytes.fromhex("2B06010505070101"),  # authorityInfoAccess
    bytes.fromhex("2B06010505070103"),  # qcStatements
}
_USES: Final = (b" (Signature)", b" (Authentication)")  # at the end of a common name
_NEW_YEAR, _LAST_DAY = b"0101000000Z", b"1231235959Z"

_HASH: Final[Mapping[bytes, hashes.HashAlgorithm]] = {  # by signature algorithm: RFC 8017, A.2.4; RFC 5758, 3.2
    bytes.fromhex("2A864886F70D010105"): hashes.SHA1(),  # noqa: S303 - old cards have it; nothing is trusted here
    bytes.fromhex("2A864886F70D01010B"): hashes.SHA256(),
    bytes.fromhex("2A864886F70D01010C"): hashes.SHA384(),
    bytes.fromhex("2A864886F70D01010D"): hashes.SHA512(),
    bytes.fromhex("2A8648CE3D040302"): hashes.SHA256(),
    bytes.fromhex("2A8648CE3D040303"): hashes.SHA384(),
    bytes.fromhex("2A8648CE3D040304"): hashes.SHA512(),
}
_LENGTH_TRIES: Final = 200  # an ECDSA signature is as long as another one in half of all cases, or in a quarter

_PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class _Body(NamedTuple):
    """A certificate's fields (RFC 5280, 4.1)."""

    version: Element
    serial: Element
    algorithm: Element
    issuer: Element
    validity: Element
    subject: Element
    key: Element
    rest: tuple[Element, ...]

    def encode(self) -> bytes:
        return join([*self[:-1], *self.rest])


@dataclass(frozen=True, slots=True)
class _Replaced:
    """A certificate on its way: what surrounds the fields, the new fields, and the key in them."""

    whole: Element
    frame: Element
    algorithm: Element
    digest: hashes.HashAlgorithm | None  # of it; None when it is none that we know
    signature: Element
    body: _Body
    key: _PrivateKey
    padding: int  # bytes of zeros after it

    @property
    def new_frame(self) -> Element:
        return self.frame.holding(self.body.encode())


def replace_certificates(files: Mapping[bytes, bytes], of_the_holder: frozenset[bytes]) -> dict[bytes, bytes]:
    """Give files of certificates with others in them; names and numbers go from those ``of_the_holder``.

    A file that is all zeros stays, and one that holds no whole certificate is filled.
    """
    replaced: dict[bytes, _Replaced] = {}
    for file, content in files.items():
        with suppress(ValueError, TypeError, RecursionError, UnsupportedAlgorithm):
            replaced[file] = _replaced(content, personal=file in of_the_holder)
    issuers = {other.body.subject.encode(): other.key for other in replaced.values()}
    return {
        file: _signed(replaced[file], issuers) if file in replaced else headed(content) if any(content) else content
        for file, content in files.items()
    }


def _replaced(content: bytes, *, personal: bool) -> _Replaced:
    whole = first(content)
    rest = content[len(whole.encode()) :]
    if any(rest):
        raise ValueError("something follows the certificate")
    frame, algorithm, signature = whole.children
    identifier, *_ = algorithm.children
    digest = _HASH.get(identifier.content)
    body, key = _with_another_key(_body(frame))
    return _Replaced(whole, frame, algorithm, digest, signature, _nobodys(body) if personal else body, key, len(rest))


def _body(frame: Element) -> _Body:
    version, serial, algorithm, issuer, validity, subject, key, *rest = frame.children
    if version.tag != _VERSION:
        raise ValueError("not a certificate of version 3")
    return _Body(version, serial, algorithm, issuer, validity, subject, key, tuple(rest))


def _with_another_key(body: _Body) -> tuple[_Body, _PrivateKey]:
    """Make a key of the same kind and size; raises ValueError when its encoding is of another length."""
    old = load_der_public_key(body.key.encode())
    if isinstance(old, rsa.RSAPublicKey):
        new: _PrivateKey = rsa.generate_private_key(65537, old.key_size)
    elif isinstance(old, ec.EllipticCurvePublicKey):
        new = ec.generate_private_key(old.curve)
    else:
        raise TypeError("a key of another kind")
    encoded = first(new.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return body._replace(key=body.key.holding(encoded.content)), new


def _nobodys(body: _Body) -> _Body:
    return body._replace(
        serial=body.serial.holding(filled(body.serial.content)),
        validity=_validity(body.validity),
        subject=body.subject.holding(join([_names(names) for names in body.subject.children])),
        rest=tuple(map(_extensions, body.rest)),
    )


def _validity(validity: Element) -> Element:
    """Leave the years: they tell what a validator must cope with."""
    start, end = validity.children
    return validity.holding(join([_in_its_year(start, _NEW_YEAR), _in_its_year(end, _LAST_DAY)]))


def _in_its_year(time: Element, rest: bytes) -> Element:
    return time.holding(time.content[: len(time.content) - len(rest)] + rest)


def _names(names: Element) -> Element:
    return names.holding(join([_name(name) for name in names.children]))


def _name(name: Element) -> Element:
    kind, value = name.children
    if kind.content in _HARMLESS_NAMES:
        return name
    return name.holding(join([kind, value.holding(_named(value.content))]))


def _named(value: bytes) -> bytes:
    if len(value) == len(NATIONAL_NUMBER) and value.isdigit():
        return NATIONAL_NUMBER
    use = next((use for use in _USES if value.endswith(use)), b"")
    return text(value.removesuffix(use)) + use


def _extensions(part: Element) -> Element:
    if part.tag != _EXTENSIONS:
        return shaped_element(part)
    (series,) = part.children
    return part.holding(series.holding(join([_extension(each) for each in series.children])).encode())


def _extension(extension: Element) -> Element:
    identifier, *critical, value = extension.children
    if identifier.content in _HARMLESS_EXTENSIONS:
        return extension
    return extension.holding(join([identifier, *critical, value.holding(shaped(value.content))]))


def _signed(certificate: _Replaced, issuers: Mapping[bytes, _PrivateKey]) -> bytes:
    body, old = certificate.new_frame, certificate.signature
    key = issuers.get(certificate.body.issuer.encode())
    digest = certificate.digest
    value = _signature(key, digest, body.encode(), len(old.content) - 1) if key and digest else b""
    signature = old.holding(old.content[:1] + value) if value else shaped_element(old)
    whole = certificate.whole.holding(join([body, certificate.algorithm, signature]))
    return whole.encode() + bytes(certificate.padding)


def _signature(key: _PrivateKey, digest: hashes.HashAlgorithm, body: bytes, length: int) -> bytes:
    """Sign, until it is as long as the one before; empty when it never is."""
    for _ in range(_LENGTH_TRIES):
        if isinstance(key, rsa.RSAPrivateKey):
            value = key.sign(body, padding.PKCS1v15(), digest)
        else:
            value = key.sign(body, ec.ECDSA(digest))
        if len(value) == length:
            return value
    return b""
