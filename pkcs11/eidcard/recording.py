"""Recording what a card does, for support: the conversation as it was, with nothing personal in it.

How the first real cards are tried: what is read, how long it takes, in which form answers come. No PIN is asked for.
"""

from __future__ import annotations

import platform
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib.metadata import version
from time import perf_counter
from typing import Final, NamedTuple

from eidcard.apdu import CommandApdu, ResponseApdu
from eidcard.applet import Applet, CardFile, EidApplet
from eidcard.connection import CardConnection
from eidcard.filling import filled
from eidcard.pin import PIN_BLOCK_LENGTH, Pin
from eidcard.redaction import redact_card_data, redact_files
from eidcard.trace import Trace, TraceHead, TraceLine, by_selection
from signer.errors import ErrorCode, SignerError

_SELECT, _READ_BINARY, _GET_CARD_DATA, _MSE_SET = 0xA4, 0xB0, 0xE4, 0x22
_SPEAKS_OF_NOBODY: Final = {_SELECT, _MSE_SET}  # commands whose data are names of files and numbers of keys
_CHALLENGE_LENGTH: Final = 48  # bytes
_SERIAL_OF_READER: Final = re.compile(r"\([^)]*\)")  # as Linux puts it into the name
_CERTIFICATES: Final = {
    CardFile.AUTHENTICATION_CERTIFICATE,
    CardFile.SIGNATURE_CERTIFICATE,
    CardFile.CA_CERTIFICATE,
    CardFile.ROOT_CERTIFICATE,
    CardFile.REGISTER_CERTIFICATE,
}
_GONE: Final = {ErrorCode.CARD_REMOVED, ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER}


class _Heard(NamedTuple):
    """One exchange as it was, until it is written."""

    command: CommandApdu
    lc: int
    answer: ResponseApdu | None
    milliseconds: float
    mishap: str


class RecordingConnection(CardConnection):
    """A connection that remembers what goes over it, but never a PIN; ``trace`` gives it without what is personal."""

    def __init__(self, inner: CardConnection) -> None:
        self._inner = inner
        self._atr, self._features = inner.atr, inner.features()
        self._heard: list[_Heard] = []

    @property
    def reader(self) -> str:
        """The reader's name, for people."""
        return self._inner.reader

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._atr

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and remember it."""
        with self._hearing(command, len(command.data)) as answers:
            answers.append(self._inner.transmit(command))
        return answers[0]

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Send a PIN command and remember its header."""
        with self._hearing(header, PIN_BLOCK_LENGTH * (1 if new is None else 2)) as answers:
            answers.append(self._inner.transmit_pin(header, pin, new))
        return answers[0]

    def features(self) -> bytes:
        """Ask what the reader can do more."""
        return self._inner.features()

    def control(self, code: int, data: bytes) -> bytes:
        """Have the reader itself do something."""
        return self._inner.control(code, data)

    def firmware(self) -> int | None:
        """Tell the reader's version."""
        return self._inner.firmware()

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs from the card for a while."""
        return self._inner.transaction()

    def close(self) -> None:
        """Let go of the card."""
        self._inner.close()

    def trace(self) -> Trace:
        """Give what was heard so far, with everything personal replaced."""
        head = TraceHead(
            reader=_SERIAL_OF_READER.sub("(…)", self.reader),
            atr=self.atr,
            features=self._features,
            program=f"paraph {version('paraph')}",
            system=f"{platform.system()} {platform.machine()}",
        )
        return Trace(head, _redacted(tuple(map(_line, self._heard))))

    @contextmanager
    def _hearing(self, command: CommandApdu, lc: int) -> Iterator[list[ResponseApdu]]:
        answers: list[ResponseApdu] = []
        mishap, start = "", perf_counter()
        try:
            yield answers
        except SignerError as error:
            mishap = error.code.support_id
            raise
        finally:
            answer = answers[0] if answers else None
            self._heard.append(_Heard(command, lc, answer, 1000 * (perf_counter() - start), mishap))


def record(connection: CardConnection) -> tuple[Trace, SignerError | None]:
    """Read all that a card tells without a PIN; gives the trace, and what ended it early, if anything did.

    A file that the card refuses is passed over. A card that is no eID is asked no more than what it is.
    """
    recording = RecordingConnection(connection)
    try:
        _read_everything(recording)
    except SignerError as error:
        return recording.trace(), error
    return recording.trace(), None


def _read_everything(connection: CardConnection) -> None:
    applet = EidApplet.open(connection)
    with applet.undisturbed():
        for file in CardFile:
            with _going_on():
                applet.read_certificate(file) if file in _CERTIFICATES else applet.read(file)
        with _going_on():
            applet.tries_left()
        if applet.version is Applet.V1_8:
            with _going_on():
                applet.answer_challenge(secrets.token_bytes(_CHALLENGE_LENGTH))


@contextmanager
def _going_on() -> Iterator[None]:
    try:
        yield
    except SignerError as error:
        if error.code in _GONE:
            raise


def _line(heard: _Heard) -> TraceLine:
    command, answer = heard.command, heard.answer
    return TraceLine(
        header=bytes(command[:4]),
        lc=heard.lc,
        data=command.data if command.ins in _SPEAKS_OF_NOBODY else None,
        le=command.le,
        answer=b"" if answer is None else answer.data,
        sw=None if answer is None else answer.sw,
        milliseconds=heard.milliseconds,
        mishap=heard.mishap,
    )


def _redacted(lines: tuple[TraceLine, ...]) -> tuple[TraceLine, ...]:
    files = redact_files(_files(lines))
    return tuple(
        replace(line, answer=_redacted_answer(line, files.get(file, b""))) for file, line in by_selection(lines)
    )


def _redacted_answer(line: TraceLine, file: bytes) -> bytes:
    ins = line.header[1]
    if ins == _READ_BINARY:
        part = file[_offset(line) :][: len(line.answer)]
        return part if len(part) == len(line.answer) else filled(line.answer)
    return redact_card_data(line.answer) if ins == _GET_CARD_DATA else filled(line.answer)


def _files(lines: tuple[TraceLine, ...]) -> dict[bytes, bytes]:
    """Put each file together from the parts that were read; one with a hole ends there."""
    files: dict[bytes, bytes] = {}
    for file, line in by_selection(lines):
        content, offset = files.get(file, b""), _offset(line)
        if line.header[1] == _READ_BINARY and offset <= len(content):
            files[file] = content[:offset] + line.answer + content[offset + len(line.answer) :]
    return files


def _offset(line: TraceLine) -> int:
    return int.from_bytes(line.header[2:], "big")
