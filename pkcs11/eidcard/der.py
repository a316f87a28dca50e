"""DER as nested elements whose content can be replaced by content of the same length (X.690, 8.1 and 10.1)."""

from __future__ import annotations

from typing import NamedTuple

CONSTRUCTED = 0x20
SEQUENCE = 0x30


class Element(NamedTuple):
    """One value: its identifier and length octets, and what they enclose."""

    header: bytes
    content: bytes

    @property
    def tag(self) -> int:
        """The identifier octet; those of several octets are in no certificate."""
        return self.header[0]

    @property
    def children(self) -> list[Element]:
        """The elements inside; raises ValueError when it has none."""
        if not self.tag & CONSTRUCTED:
            raise ValueError("a primitive value has no elements")
        return elements(self.content)

    def encode(self) -> bytes:
        """Give its bytes."""
        return self.header + self.content

    def holding(self, content: bytes) -> Element:
        """Give one with other content; raises ValueError when it is not as long."""
        if len(content) != len(self.content):
            raise ValueError(f"{len(content)} bytes for {len(self.content)}")
        return self._replace(content=content)


def elements(encoded: bytes) -> list[Element]:
    """Take a series of elements apart; raises ValueError when it is none, or does not end where the bytes do."""
    found, position = [], 0
    while position < len(encoded):
        found.append(first(encoded[position:]))
        position += len(found[-1].header) + len(found[-1].content)
    return found


def first(encoded: bytes) -> Element:
    """Take the first element; raises ValueError when there is none, or it is longer than the bytes."""
    if len(encoded) < 2:
        raise ValueError("no element")
    more = encoded[1] & 0x7F if encoded[1] & 0x80 else 0
    length = int.from_bytes(encoded[2 : 2 + more], "big") if more else encoded[1]
    start = 2 + more
    if not 0 <= more <= 3 or encoded[1] == 0x80 or start + length > len(encoded):
        raise ValueError("an element that leads out of its place")
    return Element(encoded[:start], encoded[start : start + length])


def join(parts: list[Element]) -> bytes:
    """Give the bytes of a series."""
    return b"".join(part.encode() for part in parts)
