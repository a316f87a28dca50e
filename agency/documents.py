"""The documents, each under its own SHA-256, so that writing one twice is harmless and none replaces another."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signer.files import sha256_of, sync_folder


class Documents:
    """A folder of documents; a file that is under its name is whole."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / "kept"
        self._incoming = folder / "incoming"
        for each in (self._kept, self._incoming):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Give the file that holds the document."""
        return self._kept / sha256[:2] / f"{sha256}.pdf"

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """Give a new file of this user alone to write in; it is gone afterwards unless it was kept."""
        descriptor, name = tempfile.mkstemp(suffix=".pdf", dir=self._incoming)
        os.close(descriptor)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def keep(self, arrived: Path) -> str:
        """Move a whole file to its place for good (fsync, rename, fsync); gives its SHA-256."""
        with arrived.open("rb+") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        target = self.path(sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        arrived.replace(target)
        for folder in (target.parent, self._kept):
            sync_folder(folder)
        return sha256

    def add(self, source: Path) -> str:
        """Keep a copy of a file from elsewhere; gives its SHA-256."""
        with self.incoming() as copy:
            shutil.copyfile(source, copy)
            return self.keep(copy)

    def whole(self, original_sha256: str, increment: bytes, target: Path) -> str:
        """Write an original and what was added to it into ``target``; gives the SHA-256 of both together."""
        shutil.copyfile(self.path(original_sha256), target)
        with target.open("ab") as file:
            file.write(increment)
        return sha256_of(target)
