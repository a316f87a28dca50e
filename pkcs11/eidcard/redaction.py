"""What a card says, with everything personal replaced by fictitious content of the same length and shape.

For traces of real cards (eidcard.recording): lengths, tags and structure are what they show. Whatever is not known to
be harmless is replaced, and content that does not parse is replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from eidcard.applet import CardFile
from eidcard.filling import NATIONAL_NUMBER, filled, shaped, text
from eidcard.identity import tlvs
from eidcard.nobodys_certificates import replace_certificates
from signer.errors import SignerError

_Redact = Callable[[bytes], bytes]

_CARD_NUMBER: Final = b"000000000097"  # passes its check
_DAY: Final = b"01.01.2030"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_POINT_FORMS: Final = (b"\x02", b"\x03", b"\x04")  # SEC 1, 2.3.3: the first byte of a point on a curve
_CHIP_NUMBER_LENGTH: Final = 16  # bytes, at the beginning of the card data

_HARMLESS_TAGS: Final = {0x00, 0x0F}  # of the identity file: structure version, document type
_HARMLESS_ADDRESS_TAGS: Final = {0x00}
_BINARY_TAGS: Final = {0x02, 0x11, 0x1A}  # chip number, hash of the photo, hash of the basic key
_REPLACEMENT_BY_TAG: Final = {0x01: _CARD_NUMBER, 0x03: _DAY, 0x04: _DAY, 0x06: NATIONAL_NUMBER}

_CERTIFICATES: Final = {
    file.value
    for file in (
        CardFile.AUTHENTICATION_CERTIFICATE,
        CardFile.SIGNATURE_CERTIFICATE,
        CardFile.CA_CERTIFICATE,
        CardFile.ROOT_CERTIFICATE,
        CardFile.REGISTER_CERTIFICATE,
    )
}
_OF_THE_HOLDER: Final = frozenset({CardFile.AUTHENTICATION_CERTIFICATE.value, CardFile.SIGNATURE_CERTIFICATE.value})


def redact_files(files: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Give the files of a card, by their paths, with everything personal replaced; all keep their length."""
    certificates = {file: content for file, content in files.items() if file in _CERTIFICATES}
    others = {file: _redacted(file, content) for file, content in files.items() if file not in _CERTIFICATES}
    return others | replace_certificates(certificates, _OF_THE_HOLDER)


def redact_card_data(data: bytes) -> bytes:
    """Give the answer to GET CARD DATA with another chip number."""
    return filled(data[:_CHIP_NUMBER_LENGTH]) + data[_CHIP_NUMBER_LENGTH:]


def _redacted(file: bytes, content: bytes) -> bytes:
    try:
        redacted = _BY_FILE.get(file, filled)(content)
    except SignerError:
        return filled(content)
    return redacted if len(redacted) == len(content) else filled(content)


def _identity(content: bytes) -> bytes:
    return _tlv_file(content, _identity_value)


def _identity_value(tag: int, value: bytes) -> bytes:
    if tag in _HARMLESS_TAGS:
        return value
    replacement = _REPLACEMENT_BY_TAG.get(tag, b"")
    if value and len(replacement) == len(value):
        return replacement
    return filled(value) if tag in _BINARY_TAGS else text(value)


def _address(content: bytes) -> bytes:
    return _tlv_file(content, lambda tag, value: value if tag in _HARMLESS_ADDRESS_TAGS else text(value))


def _tlv_file(content: bytes, redact: Callable[[int, bytes], bytes]) -> bytes:
    """Rebuild the fields; what follows the last can only be the zeros that pad the file."""
    rebuilt = b""
    for tag, value in tlvs(content):
        more, last = divmod(len(value), 0xFF)
        rebuilt += bytes((tag, *[0xFF] * more, last)) + redact(tag, value)
    return rebuilt.ljust(len(content), b"\0")


def _photo(content: bytes) -> bytes:
    if not (content.startswith(_JPEG_START) and content.endswith(_JPEG_END)):
        return filled(content)
    return _JPEG_START + filled(content[3:-2]) + _JPEG_END


def _basic_key(content: bytes) -> bytes:
    """Keep the byte that says how a point is written, where the file holds one."""
    return content[:1] + filled(content[1:]) if content.startswith(_POINT_FORMS) else shaped(content)


_BY_FILE: Final[Mapping[bytes, _Redact]] = {
    CardFile.IDENTITY.value: _identity,
    CardFile.IDENTITY_SIGNATURE.value: shaped,
    CardFile.ADDRESS.value: _address,
    CardFile.ADDRESS_SIGNATURE.value: shaped,
    CardFile.PHOTO.value: _photo,
    CardFile.BASIC_KEY.value: _basic_key,
}
