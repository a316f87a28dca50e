"""What the card says of its holder: TLV files of identity and address (card content manual 5.4).

Personal data: shown masked, never logged, and not in any repr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from signer.errors import ErrorCode, SignerError

_NATIONAL_DIGITS: Final = 11
_CARD_DIGITS: Final = 12
_HIDDEN: Final = "•"


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity file; only the fields with a name in the manual, and ``unknown`` for tags that newer cards add.

    A tag that a card has not is an empty text.
    """

    card_number: str = field(default="", repr=False)
    chip_number: bytes = field(default=b"", repr=False)
    valid_from: date | None = None
    valid_to: date | None = None
    municipality: str = field(default="", repr=False)
    national_number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    first_names: str = field(default="", repr=False)
    third_initial: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    birth_place: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)  # as printed: the month in words, in the card's language
    sex: str = field(default="", repr=False)
    nobility: str = field(default="", repr=False)
    document_type: str = ""
    special_status: str = field(default="", repr=False)
    photo_hash: bytes = field(default=b"", repr=False)
    basic_key_hash: bytes = field(default=b"", repr=False)  # SHA-384; applet 1.8 alone
    unknown: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def masked_national_number(self) -> str:
        """Its last two digits, enough to tell two cards apart."""
        return _masked(self.national_number, 2)

    @property
    def masked_card_number(self) -> str:
        """Its last four digits, to compare with the print on the card."""
        return _masked(self.card_number, 4)


@dataclass(frozen=True, slots=True)
class Address:
    """The address file."""

    street: str = field(default="", repr=False)
    zip_code: str = field(default="", repr=False)
    municipality: str = field(default="", repr=False)
    unknown: Mapping[int, bytes] = field(default_factory=dict, repr=False)


def _text(value: bytes) -> str:
    return value.decode(errors="replace").strip()


def _day(value: bytes) -> date | None:
    try:
        return datetime.strptime(_text(value), "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


_Reader = Callable[[bytes], Any]
_FIELD_BY_TAG: Final[Mapping[int, tuple[str, _Reader]]] = {  # card content manual 5.4, EF(ID#RN)
    0x01: ("card_number", _text),
    0x02: ("chip_number", bytes),
    0x03: ("valid_from", _day),
    0x04: ("valid_to", _day),
    0x05: ("municipality", _text),
    0x06: ("national_number", _text),
    0x07: ("name", _text),
    0x08: ("first_names", _text),
    0x09: ("third_initial", _text),
    0x0A: ("nationality", _text),
    0x0B: ("birth_place", _text),
    0x0C: ("birth_date", _text),
    0x0D: ("sex", _text),
    0x0E: ("nobility", _text),
    0x0F: ("document_type", _text),
    0x10: ("special_status", _text),
    0x11: ("photo_hash", bytes),
    0x1A: ("basic_key_hash", bytes),
}
_ADDRESS_FIELD_BY_TAG: Final[Mapping[int, tuple[str, _Reader]]] = {  # the same, EF(ID#Address)
    0x01: ("street", _text),
    0x02: ("zip_code", _text),
    0x03: ("municipality", _text),
}
_STRUCTURE_VERSION: Final = 0x00  # the first tag of both files


def parse_identity(content: bytes) -> Identity:
    """Read the identity file; raises SignerError CARD_GARBLED when a length leads out of the file."""
    known, unknown = _sorted_out(content, _FIELD_BY_TAG)
    return Identity(**known, unknown=unknown)


def parse_address(content: bytes) -> Address:
    """Read the address file, which ends in zeros; raises SignerError CARD_GARBLED as above."""
    known, unknown = _sorted_out(content, _ADDRESS_FIELD_BY_TAG)
    return Address(**known, unknown=unknown)


def is_national_number(number: str) -> bool:
    """Check the two last digits: 97 less the first nine mod 97, with a 2 before the nine for births from 2000."""
    if len(number) != _NATIONAL_DIGITS or not _only_digits(number):
        return False
    check = int(number[9:])
    return check in {97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97}


def is_card_number(number: str) -> bool:
    """Check the two last digits of a Belgian's card: the first ten mod 97, where 0 is written 97.

    Cards of foreigners begin with a letter and have no such check.
    """
    if len(number) != _CARD_DIGITS or not _only_digits(number):
        return False
    return int(number[10:]) == (int(number[:10]) % 97 or 97)


def _sorted_out(content: bytes, table: Mapping[int, tuple[str, _Reader]]) -> tuple[dict[str, Any], dict[int, bytes]]:
    known: dict[str, Any] = {}
    unknown: dict[int, bytes] = {}
    for tag, value in tlvs(content):
        if tag in table:
            name, read = table[tag]
            known[name] = read(value)
        elif tag != _STRUCTURE_VERSION:
            unknown[tag] = value
    return known, unknown


def tlvs(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk tag (1 byte), length (1 byte; each FF adds 255 and another byte follows), value."""
    position, padding = 0, len(content.rstrip(b"\0"))
    while position < padding:
        tag, start = content[position], position + 1
        length = 0
        while content[start : start + 1] == b"\xff":
            length, start = length + 0xFF, start + 1
        end = start + 1 + length + (content[start] if start < len(content) else len(content))
        if end > len(content):
            raise SignerError(ErrorCode.CARD_GARBLED, f"tag {tag:02X} leads out of its file")
        yield tag, content[start + 1 : end]
        position = end


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _masked(number: str, shown: int) -> str:
    return _HIDDEN * max(len(number) - shown, 0) + number[-shown:] if len(number) > shown else _HIDDEN * len(number)
