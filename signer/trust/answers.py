"""Answers of trust services that were checked, kept until they themselves say that they are old.

In memory, and in a folder where the settings allow it; file names are hashes, so that none tells whose answer it is.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from signer.errors import SignerError
from signer.files import file_errors, write_whole

_LONGEST: Final = timedelta(days=7)  # whatever an answer says of itself
_SUFFIX: Final = ".answer"
_DATE_LENGTH: Final = 20  # 2026-11-25T22:30:00Z


class Answers:
    """The store; a folder that cannot be read or written is as good as none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: dict[str, tuple[datetime, bytes]] = {}

    def find(self, question: str, now: datetime) -> bytes | None:
        """Give an answer that is still good, else None."""
        name = _name(question)
        kept = self._memory.get(name) or self._read(name)
        if kept is None or not now < kept[0] <= now + _LONGEST:  # a clock that went back makes none live longer
            return None
        self._memory[name] = kept
        return kept[1]

    def keep(self, question: str, answer: bytes, until: datetime | None, now: datetime) -> None:
        """Keep an answer that was checked; one without an end is not kept."""
        if until is None or until <= now:
            return
        kept = (min(until, now + _LONGEST).astimezone(UTC).replace(microsecond=0), answer)
        name = _name(question)
        self._memory[name] = kept
        self._write(name, kept, now)

    def _read(self, name: str) -> tuple[datetime, bytes] | None:
        if self._folder is None:
            return None
        with suppress(OSError, ValueError):
            content = (self._folder / name).read_bytes()
            return datetime.fromisoformat(content[:_DATE_LENGTH].decode("ascii")), content[_DATE_LENGTH:]
        return None

    def _write(self, name: str, kept: tuple[datetime, bytes], now: datetime) -> None:
        if self._folder is None:
            return
        with suppress(OSError, SignerError):
            for other in self._folder.glob(f"*{_SUFFIX}"):
                if _end_of(other) <= now:
                    other.unlink(missing_ok=True)
            write_whole(self._folder / name, f"{kept[0]:%Y-%m-%dT%H:%M:%SZ}".encode() + kept[1])


def forget_answers(folder: Path) -> None:
    """Erase every answer that is kept in a folder; raises SignerError FILE_NOT_WRITABLE."""
    with file_errors():
        for path in folder.glob(f"*{_SUFFIX}"):
            path.unlink(missing_ok=True)


def _end_of(path: Path) -> datetime:
    """Read until when an answer is good; long ago when that cannot be read."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        return datetime.fromisoformat(file.read(_DATE_LENGTH).decode("ascii"))
    return datetime.min.replace(tzinfo=UTC)


def _name(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest() + _SUFFIX
