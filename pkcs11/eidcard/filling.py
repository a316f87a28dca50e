"""Content that says nothing, in the place of content that does, and as long."""

from __future__ import annotations

from typing import Final

from eidcard.der import CONSTRUCTED, SEQUENCE, Element, elements, join

NATIONAL_NUMBER: Final = b"00000000097"  # passes its check, and is nobody's: nobody was born on day 0

_FILLING: Final = b"x"  # as bytes: text in every encoding, and in DER a positive number
_BOOLEAN, _BIT_STRING, _OCTET_STRING, _NULL = 0x01, 0x03, 0x04, 0x05
_LETTER_BY_LENGTH: Final = {1: "x", 2: "é", 3: "€", 4: "𝄞"}  # of its UTF-8
_LONG_SEQUENCE, _DER_HEADER_LENGTH = b"\x30\x82", 4


def filled(content: bytes) -> bytes:
    """Give as many bytes that say nothing."""
    return _FILLING * len(content)


def headed(content: bytes) -> bytes:
    """Fill a certificate that does not parse, but for how long it says that it is: so far a reader still comes."""
    kept = _DER_HEADER_LENGTH if content.startswith(_LONG_SEQUENCE) else 0
    return content[:kept] + filled(content[kept:])


def shaped(content: bytes) -> bytes:
    """Fill every value of a DER structure, or everything where there is none."""
    try:
        parts = elements(content) if content[:1] == bytes((SEQUENCE,)) else []
        return join([shaped_element(part) for part in parts]) or filled(content)
    except (ValueError, RecursionError):
        return filled(content)


def shaped_element(part: Element) -> Element:
    """Fill one value; raises ValueError when its structure is broken."""
    if part.tag & CONSTRUCTED:
        return part.holding(join([shaped_element(child) for child in part.children]))
    if part.tag in {_BOOLEAN, _NULL}:
        return part
    if part.tag == _BIT_STRING:
        return part.holding(part.content[:1] + shaped(part.content[1:]))
    return part.holding(shaped(part.content) if part.tag == _OCTET_STRING else filled(part.content))


def text(value: bytes) -> bytes:
    """Replace letters and digits; blanks and signs stay. What is no text is replaced whole."""
    try:
        return "".join(map(_character, value.decode())).encode()
    except UnicodeDecodeError:
        return filled(value)


def _character(character: str) -> str:
    if character.isascii() and not character.isalpha():
        return "0" if character.isdigit() else character
    letter = _LETTER_BY_LENGTH[len(character.encode())]
    return letter.upper() if character.isascii() and character.isupper() else letter
