"""Commands to a card and its answers (ISO 7816-4, clause 5)."""

from __future__ import annotations

from typing import NamedTuple, NewType

StatusWord = NewType("StatusWord", int)

OK = StatusWord(0x9000)


class CommandApdu(NamedTuple):
    """A short command: header, data, and the expected length ``le`` (None: no answer data expected)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def encode(self) -> bytes:
        """Give the bytes on the wire; ``le`` 256 is written as 00."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        body = bytes((len(self.data),)) + self.data if self.data else b""
        tail = b"" if self.le is None else bytes((self.le & 0xFF,))
        return header + body + tail


class ResponseApdu(NamedTuple):
    """A card's answer: data and status word (ISO 7816-4, 5.6)."""

    data: bytes
    sw: StatusWord

    @classmethod
    def decode(cls, raw: bytes) -> ResponseApdu:
        """Split an answer; raises ValueError when it is shorter than a status word."""
        if len(raw) < 2:
            raise ValueError("an answer has at least the two bytes of its status word")
        return cls(bytes(raw[:-2]), StatusWord(raw[-2] << 8 | raw[-1]))

    @property
    def retries_left(self) -> int | None:
        """PIN tries left when the status word tells them (63Cx), else None."""
        return self.sw & 0x0F if self.sw & 0xFFF0 == 0x63C0 else None
