"""The very bytes that are shown: hashed where they are read, and nobody can change them under the view."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors

IN_MEMORY: Final = 32 << 20  # bytes; a greater file becomes a private copy on disk, which goes away with the view
_CHUNK: Final = 1 << 20  # bytes

Source = bytes | BinaryIO


def take(path: Path, sha256: str) -> Source:
    """Read a file once, and check that it is the one that was asked for.

    Raises SignerError DOCUMENT_NOT_AS_SHOWN, FILE_MISSING, FILE_NOT_WRITABLE or DISK_FULL.
    """
    with file_errors(), path.open("rb") as file:
        head = file.read(IN_MEMORY + 1)
        if len(head) <= IN_MEMORY:
            source: Source = head
            found = hashlib.sha256(head).hexdigest()
        else:
            source, found = _copy(head, file)
    if found != sha256:
        discard(source)
        raise SignerError(ErrorCode.DOCUMENT_NOT_AS_SHOWN, "the file is not the one that was to be shown")
    return source


def discard(source: Source) -> None:
    """Let go of what ``take`` gave."""
    if not isinstance(source, bytes):
        source.close()


def _copy(head: bytes, file: BinaryIO) -> tuple[Source, str]:
    """Copy what is too large for memory, so that a later change of the file changes nothing here."""
    copy: BinaryIO = tempfile.TemporaryFile(prefix="paraph-")  # noqa: SIM115 - it lives as long as the view shows it
    digest = hashlib.sha256()
    chunk = head
    while chunk:
        digest.update(chunk)
        copy.write(chunk)
        chunk = file.read(_CHUNK)
    return copy, digest.hexdigest()
