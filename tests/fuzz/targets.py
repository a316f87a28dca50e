"""What is fuzzed: each target takes bytes and fails only when something else than SignerError comes out, or no end.

Driven by hypothesis in the suite (tests/fuzz/test_targets.py) and by atheris, which looks for new ways through the
code, with ``make fuzz``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from eidcard.apdu import CommandApdu, ResponseApdu, StatusWord
from eidcard.applet import CardFile
from eidcard.card_details import Wanted, read_details
from eidcard.card_key import CardKey
from eidcard.connection import CardConnection
from eidcard.identity import parse_address, parse_identity
from eidcard.pin import Pin
from eidcard.pin_change import PinChange
from eidcard.pinpad import find_pinpad
from eidcard.recording import record
from eidcard.redaction import redact_files
from eidcard.simulator.replay import ReplayConnection, ReplayDivergedError
from eidcard.trace import Trace, by_selection
from signer.errors import ErrorCode, SignerError
from tests.pins import typed

TRACES: Final = Path(__file__).parents[1] / "traces"

# How often a card may be asked before a client counts as caught in a loop: all eleven files at their largest possible
# size, each block asked for twice.
_MOST_COMMANDS: Final = 11 * 128 * 2
_FEATURES: Final = bytes.fromhex("060442330006")
_READ_BINARY, _SELECT = 0xB0, 0xA4
_TELLING_SW: Final = (0x9000, 0x6C10, 0x6C00, 0x6110, 0x6100, 0x63C1, 0x6983, 0x6B00, 0x6A82, 0x6982, 0x6700, 0x0000)
_WANTED: Final = Wanted(address=True, photo=True, presence=True)


def tlv(data: bytes) -> None:
    """The files of identity and address."""
    for parse in (parse_identity, parse_address):
        try:
            repr(parse(data))
        except SignerError as error:
            assert error.code is ErrorCode.CARD_GARBLED  # noqa: PT017 - one of two right outcomes


def redaction(data: bytes) -> None:
    """What a recording makes of files: always as long, whatever is in them."""
    start, content = data[:1], data[1:]
    files = {file.value: content for number, file in enumerate(CardFile) if not start or start[0] % 11 in {number, 10}}
    assert all(len(redacted) == len(content) for redacted in redact_files(files).values())


def rubbish(data: bytes) -> None:
    """A card that answers anything."""
    _use(_Rubbish(_Supply(data)), record, find_pinpad, _read, _sign, _change_pin)


def stuck(data: bytes) -> None:
    """A card that answers well so many times, and then gives one answer to everything."""
    for use in (_read, _sign, _change_pin):
        _use(_Stuck(ReplayConnection(_trace("simulated-1.8")), data[:1], data[1:]), use)


def liar(data: bytes) -> None:
    """A card that mostly answers as a recorded one, and now and then something else."""
    trace = _trace("simulated-1.7" if data[:1] < b"\x80" else "simulated-1.8")
    _use(_Liar(ReplayConnection(trace), _Supply(data[1:])), _read, _sign)


def certificate(data: bytes) -> None:
    """A card whose signature certificate is this."""
    trace = _trace("simulated-1.8")
    _use(_WithFile(ReplayConnection(trace), CardFile.SIGNATURE_CERTIFICATE.value, data), record, _read, _sign)


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__: target for target in (tlv, redaction, rubbish, stuck, liar, certificate)
}


def seeds(target: str) -> list[bytes]:
    """Give what a fuzzer starts from: content of recorded cards."""
    if target == "certificate":
        return [_file(name, CardFile.SIGNATURE_CERTIFICATE) for name in ("simulated-1.7", "simulated-1.8")]
    if target == "tlv":
        return [_file("simulated-1.8", file) for file in (CardFile.IDENTITY, CardFile.ADDRESS)]
    if target == "liar":
        return [bytes((applet,)) + bytes(honest) + b"\xe3" * 9 for applet in (0, 255) for honest in range(0, 60, 6)]
    return [b"\0" * 64, bytes(range(256)), b"\x90\x00" * 32]


@cache
def _trace(name: str) -> Trace:
    return Trace.parse((TRACES / f"{name}.jsonl").read_text())


def _file(name: str, file: CardFile) -> bytes:
    return b"".join(
        line.answer
        for selected, line in by_selection(_trace(name).lines)
        if selected == file.value and line.header[1] == _READ_BINARY
    )


def _use(connection: CardConnection, *uses: Callable[[CardConnection], object]) -> None:
    """Do what this program does with a card; each on its own, whatever became of the others."""
    for use in uses:
        try:
            use(connection)
        except SignerError as error:
            assert error.code.support_id  # noqa: PT017 - one of two right outcomes


def _read(connection: CardConnection) -> None:
    repr(read_details(connection, _WANTED))


def _sign(connection: CardConnection) -> None:
    key = CardKey.open(connection)
    digest = hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest()
    key.sign_digest(digest, typed("1234"))


def _change_pin(connection: CardConnection) -> None:
    change = PinChange.open(connection)
    if change.at_reader:
        change.change_at_reader()
    else:
        change.change(typed("1234"), typed("5678"), typed("5678"))


class _Supply:
    """Bytes one after the other; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        self._at += count
        return part.ljust(count, b"\0")

    def number(self) -> int:
        return self.take(1)[0]


class _Counted(CardConnection):
    """What the cards here share: a patience, and answers that come from one function."""

    def __init__(self, reader: str = "VASCO DIGIPASS 870 of a fuzzer", atr: bytes = b"\x3b\x00") -> None:
        self._reader, self._atr = reader, atr
        self._asked = 0

    @property
    def reader(self) -> str:
        return self._reader

    @property
    def atr(self) -> bytes:
        return self._atr

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self._asked += 1
        assert self._asked <= _MOST_COMMANDS, "asks without end"
        return self._answer(command)

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        pin.require_complete()
        return self.transmit(header._replace(data=bytes(8 if new is None else 16)))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        pass

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        raise NotImplementedError


class _Rubbish(_Counted):
    """Answers of any length and status; sometimes a mishap of the connection instead."""

    def __init__(self, supply: _Supply) -> None:
        super().__init__()
        self._supply = supply

    def features(self) -> bytes:
        return _FEATURES + self._supply.take(3) if self._supply.number() & 1 else self._supply.take(7)

    def control(self, code: int, data: bytes) -> bytes:
        del code, data
        return self._supply.take(self._supply.number() % 4)

    def firmware(self) -> int | None:
        return self._supply.number() or None

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        return _any_answer(self._supply, command.le)


def _any_answer(supply: _Supply, le: int | None) -> ResponseApdu:
    kind = supply.number()
    if kind >= 0xF8:
        raise SignerError((ErrorCode.CARD_REMOVED, ErrorCode.CARD_RESET, ErrorCode.CARD_GARBLED)[kind % 3])
    sw = _TELLING_SW[kind % 16] if kind % 16 < len(_TELLING_SW) else int.from_bytes(supply.take(2), "big")
    length = (le or 0, supply.number(), 256, 0)[kind >> 4 & 3]
    return ResponseApdu(supply.take(length), StatusWord(sw))


class Answering(_Counted):
    """A card that is one function."""

    def __init__(self, answer: Callable[[CommandApdu], ResponseApdu]) -> None:
        super().__init__()
        self._function = answer

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        return self._function(command)


class _Stuck(_Counted):
    """A recorded card, and from some command on the same answer for ever."""

    def __init__(self, honest: ReplayConnection, well: bytes, answer: bytes) -> None:
        super().__init__(atr=honest.atr)
        self._honest = honest
        self._well = int.from_bytes(well, "big")
        self._last = ResponseApdu.decode(answer.rjust(2, b"\0"))

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        return _honestly(self._honest, command) if self._asked <= self._well else self._last


class _Liar(_Counted):
    """Answers as a recorded card, but for where the supply says otherwise."""

    def __init__(self, honest: ReplayConnection, supply: _Supply) -> None:
        super().__init__(atr=honest.atr)
        self._honest = honest
        self._supply = supply

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        lie = self._supply.number()
        honest = _honestly(self._honest, command)
        if lie < 0xE0:
            return honest
        data = honest.data
        changed = {
            0: data[: self._supply.number()],
            1: data + self._supply.take(1 + self._supply.number()),
            2: self._supply.take(len(data)),
            3: _patched(data, self._supply),
        }.get(lie % 5)
        return _any_answer(self._supply, command.le) if changed is None else ResponseApdu(changed, honest.sw)


def _patched(data: bytes, supply: _Supply) -> bytes:
    at = supply.number() % max(1, len(data))
    part = supply.take(1 + supply.number() % 4)
    return data[:at] + part + data[at + len(part) :]


class _WithFile(_Counted):
    """A recorded card with other content in one file."""

    def __init__(self, honest: ReplayConnection, file: bytes, content: bytes) -> None:
        super().__init__(atr=honest.atr)
        self._honest = honest
        self._file, self._content = file, content
        self._selected = b""

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == _SELECT:
            self._selected = command.data
        if command.ins != _READ_BINARY or self._selected != self._file:
            return _honestly(self._honest, command)
        offset = command.p1 << 8 | command.p2
        part = self._content[offset : offset + (command.le or 0)]
        return ResponseApdu(part, StatusWord(0x9000 if part else 0x6B00))


def _honestly(recorded: ReplayConnection, command: CommandApdu) -> ResponseApdu:
    try:
        return recorded.transmit(command)
    except ReplayDivergedError:
        return ResponseApdu(b"", StatusWord(0x6A82))
