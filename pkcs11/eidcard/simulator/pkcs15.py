"""The PKCS#15 directory of a simulated card (PKCS#15 v1.1): where generic software finds keys and certificates."""

from __future__ import annotations

from typing import Final, NamedTuple

from eidcard.simulator.profiles import Generation

AID: Final = bytes.fromhex("A000000177504B43532D3135")

_INTEGER, _BITS, _OCTETS, _ENUM, _TEXT, _SEQUENCE = 0x02, 0x03, 0x04, 0x0A, 0x0C, 0x30
_TRUE: Final = bytes.fromhex("0101FF")
_PIN_ID: Final = b"\x01"
_KEY_BITS: Final = {Generation.V1_1: 1024, Generation.V1_7: 2048, Generation.V1_8: 384}


class _Key(NamedTuple):
    label: str
    reference: int
    usage: bytes  # KeyUsageFlags as BIT STRING content: unused bits, bits
    consent: bool  # the PIN is asked for every signature


_KEYS: Final = (
    _Key("Authentication", 0x82, b"\x05\x20", consent=False),  # sign
    _Key("Signature", 0x83, b"\x06\x00\x40", consent=True),  # nonRepudiation
)
_SIGNATURE_FILE: Final = "5039"
_CERTIFICATES: Final[tuple[tuple[str, int, str, bool], ...]] = (
    ("Authentication", 2, "5038", False),
    ("Signature", 3, _SIGNATURE_FILE, False),
    ("CA", 4, "503A", True),
    ("Root", 6, "503B", True),
)


def directory_files(generation: Generation, serial: bytes, *, can_sign: bool) -> dict[str, bytes]:
    """Give DIR and the PKCS#15 files by their paths; ``serial`` is the chip's number."""
    shown = [key for key in _KEYS if can_sign or not key.consent]
    certificates = [row for row in _CERTIFICATES if can_sign or row[2] != _SIGNATURE_FILE]
    return {
        "3F002F00": _dir(),
        "3F00DF005031": b"".join(_pointer(tag, file) for tag, file in ((0xA0, "5035"), (0xA4, "5037"), (0xA8, "5034"))),
        "3F00DF005032": _token_info(serial),
        "3F00DF005034": _pin(),
        "3F00DF005035": b"".join(_private_key(key, generation) for key in shown),
        "3F00DF005037": b"".join(_certificate(*row) for row in certificates),
    }


def _dir() -> bytes:
    path = bytes.fromhex("3F00DF00")
    return _der(0x61, _der(0x4F, AID), _der(0x50, b"TEST BELPIC"), _der(0x51, path))


def _pointer(tag: int, file: str) -> bytes:
    return _der(tag, _path(file))


def _token_info(serial: bytes) -> bytes:
    label = _der(0x80, b"TEST BELPIC")
    flags = _der(_BITS, b"\x04\x30")  # prnGeneration, eidCompliant
    return _der(_SEQUENCE, _int(0), _der(_OCTETS, serial), _der(_TEXT, b"TEST"), label, flags)


def _pin() -> bytes:
    flags = _der(_BITS, b"\x02\x4c")  # local, initialized, needs-padding
    lengths = _int(4) + _int(8) + _int(12)
    attributes = _der(
        _SEQUENCE, flags, _der(_ENUM, b"\x00"), lengths, _der(0x80, b"\x01"), _der(_OCTETS, b"\xff"), _path("")
    )
    common = _der(_SEQUENCE, _text("Basic PIN"), _der(_BITS, b"\x06\xc0"))
    return _der(_SEQUENCE, common, _der(_SEQUENCE, _der(_OCTETS, _PIN_ID)), _der(0xA1, attributes))


def _private_key(key: _Key, generation: Generation) -> bytes:
    consent = _int(1) if key.consent else b""
    common = _der(_SEQUENCE, _text(key.label), _der(_BITS, b"\x07\x80"), _der(_OCTETS, _PIN_ID), consent)
    identity = _der(_OCTETS, bytes((key.reference & 0x0F,)))
    access = _der(_BITS, b"\x03\xb8")  # sensitive, alwaysSensitive, neverExtractable, local
    details = _der(_SEQUENCE, identity, _der(_BITS, key.usage), _TRUE, access, _int(key.reference))
    bits = _KEY_BITS[generation]
    attributes = _der(0xA1, _der(_SEQUENCE, _path(""), _int(bits)))
    return _der(0xA0 if generation is Generation.V1_8 else _SEQUENCE, common, details, attributes)


def _certificate(label: str, identity: int, file: str, authority: bool) -> bytes:  # noqa: FBT001 - a row of a table
    details = _der(_OCTETS, bytes((identity,))) + (_TRUE if authority else b"")
    common = _der(_SEQUENCE, _text(label), _der(_BITS, b"\x00"))
    return _der(_SEQUENCE, common, _der(_SEQUENCE, details), _der(0xA1, _der(_SEQUENCE, _path(file))))


def _path(file: str) -> bytes:
    return _der(_SEQUENCE, _der(_OCTETS, bytes.fromhex("3F00DF00" + file)))


def _text(value: str) -> bytes:
    return _der(_TEXT, value.encode())


def _int(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, *contents: bytes) -> bytes:
    """Encode one value of at most 255 bytes (X.690, 8.1)."""
    content = b"".join(contents)
    length = bytes((len(content),)) if len(content) < 0x80 else bytes((0x81, len(content)))
    return bytes((tag,)) + length + content
