"""A recorded conversation with a card as JSON lines: what card it was, then each command and its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from eidcard.apdu import OK, ResponseApdu, StatusWord

_VERSION: Final = 1
_SELECT: Final = 0xA4


@dataclass(frozen=True, slots=True)
class TraceHead:
    """The first line: what was recorded, and with what."""

    reader: str
    atr: bytes
    features: bytes = b""  # what the reader can do more (CardConnection.features)
    program: str = ""  # name and version
    system: str = ""


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One command and its answer; ``data`` is None where it was left out, ``answer`` and ``sw`` where none came."""

    header: bytes  # CLA INS P1 P2
    lc: int
    data: bytes | None
    le: int | None
    answer: bytes
    sw: StatusWord | None
    milliseconds: float = 0.0
    mishap: str = ""  # the support id of what came in place of an answer

    @property
    def response(self) -> ResponseApdu | None:
        """The answer, where one came."""
        return None if self.sw is None else ResponseApdu(self.answer, self.sw)


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole recording."""

    head: TraceHead
    lines: tuple[TraceLine, ...]

    def dump(self) -> str:
        """Write it, one JSON object a line."""
        return "".join(f"{json.dumps(value)}\n" for value in self._values())

    @classmethod
    def parse(cls, text: str) -> Trace:
        """Read what ``dump`` wrote; raises ValueError for anything else."""
        try:
            head, *lines = (json.loads(line) for line in text.splitlines() if line.strip())
            if head["trace"] != _VERSION:
                raise ValueError("a trace of another version")
            first = TraceHead(
                reader=head["reader"],
                atr=bytes.fromhex(head["atr"]),
                features=bytes.fromhex(head["features"]),
                program=head["program"],
                system=head["system"],
            )
            return cls(first, tuple(map(_line, lines)))
        except (KeyError, TypeError) as error:
            raise ValueError("not a trace") from error

    def _values(self) -> Iterator[dict[str, Any]]:
        head = self.head
        yield {
            "trace": _VERSION,
            "reader": head.reader,
            "atr": head.atr.hex().upper(),
            "features": head.features.hex().upper(),
            "program": head.program,
            "system": head.system,
        }
        yield from map(_value, self.lines)


def _value(line: TraceLine) -> dict[str, Any]:
    value: dict[str, Any] = {"command": line.header.hex().upper(), "lc": line.lc}
    if line.data is not None:
        value["data"] = line.data.hex().upper()
    value["le"] = line.le
    if line.sw is not None:
        value |= {"answer": line.answer.hex().upper(), "sw": f"{line.sw:04X}"}
    if line.mishap:
        value["mishap"] = line.mishap
    return value | {"ms": round(line.milliseconds, 3)}  # a tenth of one is longer than some simulated cards take


def _line(value: dict[str, Any]) -> TraceLine:
    sw = value.get("sw")
    return TraceLine(
        header=bytes.fromhex(value["command"]),
        lc=int(value["lc"]),
        data=bytes.fromhex(value["data"]) if "data" in value else None,
        le=value["le"],
        answer=bytes.fromhex(value.get("answer", "")),
        sw=None if sw is None else StatusWord(int(sw, 16)),
        milliseconds=float(value.get("ms", 0)),
        mishap=value.get("mishap", ""),
    )


def by_selection(lines: Iterable[TraceLine]) -> Iterator[tuple[bytes, TraceLine]]:
    """Give each line with what was selected when its command was sent: a path or an applet's name."""
    selected = b""
    for line in lines:
        yield selected, line
        if line.header[1] == _SELECT and line.data is not None and line.sw == OK:
            selected = line.data
