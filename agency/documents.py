"""The documents, each under its own SHA-256, so that writing one twice is harmless and none replaces another.

Where they are kept is a shelf: a folder by default, or a store that speaks S3 (agency.s3). Whatever comes from a shelf
is checked by its name first. A shelf that cannot be reached is ProblemError UNAVAILABLE: nothing was taken in.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from agency.problems import ProblemError, ProblemType
from agency.settings import Settings
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of, sync_folder


class Shelf(Protocol):
    """Where documents are for good, each under its SHA-256. What cannot be done is ProblemError UNAVAILABLE."""

    def put(self, arrived: Path, sha256: str) -> None:
        """Keep a file, on the medium when this returns; one that is there already stays. May move ``arrived`` away."""
        ...

    def lent(self, sha256: str) -> AbstractContextManager[Path]:
        """Give a file with the document, to read while the block lasts."""
        ...

    def has(self, sha256: str) -> bool:
        """Tell whether it is there."""
        ...

    def remove(self, sha256: str) -> None:
        """Erase it; harmless when it is gone."""
        ...

    def place(self, sha256: str) -> str:
        """Say where it is, for people."""
        ...


class Documents:
    """All documents of one agency; ``folder`` takes in what arrives, and holds the shelf unless there is another."""

    def __init__(self, folder: Path, shelf: Shelf | None = None) -> None:
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._shelf = shelf or _Folder(folder / "kept")
        self.has, self.remove, self.place = self._shelf.has, self._shelf.remove, self._shelf.place

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> Documents:
        """Open what the settings name; raises SignerError SETTINGS_BROKEN."""
        if not settings.documents_url:
            return cls(folder)
        try:
            from agency.s3 import S3Shelf  # noqa: PLC0415 - an extra, that most agencies do without
        except ImportError as error:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, "documents_url needs the extra 's3'") from error
        return cls(folder, S3Shelf(settings.documents_url, folder / "incoming"))

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """Give a new file of this user alone to write in; it is gone afterwards unless it was kept."""
        with available():
            descriptor, name = tempfile.mkstemp(suffix=".pdf", dir=self._incoming)
        os.close(descriptor)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def keep(self, arrived: Path) -> str:
        """Put a whole file in its place for good; gives its SHA-256."""
        with available():
            sha256 = sha256_of(arrived)
            self._shelf.put(arrived, sha256)
        return sha256

    def add(self, source: Path) -> str:
        """Keep a copy of a file from elsewhere; gives its SHA-256."""
        with self.incoming() as copy:
            with available():
                shutil.copyfile(source, copy)
            return self.keep(copy)

    @contextmanager
    def reading(self, sha256: str) -> Iterator[Path]:
        """Give a file with the document, checked, while the block lasts."""
        with self._shelf.lent(sha256) as file:
            with available():
                found = sha256_of(file)
            if found != sha256:
                raise ProblemError(ProblemType.UNAVAILABLE, f"document {sha256} is damaged")
            yield file

    def copy(self, sha256: str, target: Path) -> None:
        """Write a document into ``target``."""
        with self.reading(sha256) as file, available():
            shutil.copyfile(file, target)

    def sweep(self, before: datetime) -> int:
        """Erase what arrived before a time and was left by a process that died; gives how many files."""
        left = [file for file in self._incoming.iterdir() if _changed(file) < before]
        for file in left:
            file.unlink(missing_ok=True)
        return len(left)


def put_together(original: Path, increment: bytes, target: Path) -> str:
    """Write an original and what was added to it into ``target``; gives the SHA-256 of both together."""
    with available():
        shutil.copyfile(original, target)
        with target.open("ab") as file:
            file.write(increment)
        return sha256_of(target)


class _Folder:
    """A folder of documents; a file that is under its name is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, arrived: Path, sha256: str) -> None:
        """Move it: fsync, rename, fsync."""
        with arrived.open("rb+") as file:
            os.fsync(file.fileno())
        target = self._path(sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        arrived.replace(target)
        for folder in (target.parent, self._folder):
            sync_folder(folder)

    @contextmanager
    def lent(self, sha256: str) -> Iterator[Path]:
        """Give the file itself."""
        yield self._path(sha256)

    def has(self, sha256: str) -> bool:
        """Look."""
        return self._path(sha256).exists()

    def remove(self, sha256: str) -> None:
        """Unlink it."""
        with available():
            self._path(sha256).unlink(missing_ok=True)

    def place(self, sha256: str) -> str:
        """Give the path."""
        return str(self._path(sha256))

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.pdf"


@contextmanager
def available() -> Iterator[None]:
    """Turn what a disk says into UNAVAILABLE: full, read-only, gone."""
    try:
        yield
    except OSError as error:
        raise ProblemError(ProblemType.UNAVAILABLE, f"the documents: {error.strerror}") from error


def _changed(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:  # its owner was quicker
        return datetime.max.replace(tzinfo=UTC)
