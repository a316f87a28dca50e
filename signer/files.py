"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from signer.errors import ErrorCode, SignerError

_CHUNK: Final = 1 << 20  # bytes
_BETWEEN_TRIES_S: Final = 0.05  # for a lock
_LONGEST_STEM: Final = 236  # bytes: with "-signed-999.pdf" a name that every file system takes (255)
PARTS: Final = ".*.part"  # what ``write_whole`` has not finished
DRAFTS: Final = "draft-*.pdf"  # of documents that are prepared and not yet signed

Writer = Callable[[BinaryIO], None]
Check = Callable[[Path], None]

_CODE_BY_ERRNO: Final = {
    errno.ENOSPC: ErrorCode.DISK_FULL,
    errno.EDQUOT: ErrorCode.DISK_FULL,
    errno.EFBIG: ErrorCode.DISK_FULL,
    errno.ENOENT: ErrorCode.FILE_MISSING,
}


@contextmanager
def file_errors(otherwise: ErrorCode = ErrorCode.FILE_NOT_WRITABLE) -> Iterator[None]:
    """Turn OSError into SignerError: DISK_FULL, FILE_MISSING, else what is given."""
    try:
        yield
    except OSError as error:
        code = _CODE_BY_ERRNO.get(error.errno or 0, otherwise)
        raise SignerError(code, errno.errorcode.get(error.errno or 0, type(error).__name__)) from error


@contextmanager
def alone(lock: Path, otherwise: ErrorCode, *, patience_s: float = 0) -> Iterator[None]:
    """Hold a lock among the threads and copies of this program; the system lets go of it however the holder ends.

    Raises SignerError ``otherwise`` when somebody else has it, and still has it after ``patience_s``.
    """
    with file_errors():
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + patience_s
    with os.fdopen(descriptor, "ab"):
        while not _lock(descriptor):
            if time.monotonic() >= end:
                raise SignerError(otherwise, "another copy of this program")
            time.sleep(_BETWEEN_TRIES_S)
        yield


def sha256_of(path: Path) -> str:
    """Hash a file of any size, as lower-case hex; raises SignerError FILE_MISSING or FILE_NOT_READABLE."""
    with file_errors(ErrorCode.FILE_NOT_READABLE), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prefix_sha256(path: Path, size: int) -> str:
    """Hash the first ``size`` bytes of a file (what there is, when it is shorter); raises as ``sha256_of``."""
    digest, left = hashlib.sha256(), size
    with file_errors(ErrorCode.FILE_NOT_READABLE), path.open("rb") as file:
        while left and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def clear_away(folder: Path, pattern: str, age: timedelta) -> None:
    """Delete what a kill left in a folder, once it is so old that nobody can be at it; raises SignerError."""
    with file_errors():
        for left in folder.glob(pattern):
            with suppress(FileNotFoundError):  # another copy was quicker
                if time.time() - left.stat().st_mtime > age.total_seconds():
                    left.unlink()


def signed_name(path: Path, folder: Path | None = None) -> Path:
    """Give a free name for the signed copy, ``…-signed.pdf`` beside the file or in ``folder``; numbered if need be."""
    stem = os.fsdecode(os.fsencode(path.stem)[:_LONGEST_STEM])
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    names = ((folder or path.parent) / f"{stem}-signed{number}.pdf" for number in numbers)
    return next(name for name in names if not os.path.lexists(name))


def require_writable(folder: Path) -> None:
    """Make sure that files can be put in a folder; raises SignerError FILE_NOT_WRITABLE or DISK_FULL."""
    try:
        with file_errors(), tempfile.TemporaryFile(dir=folder):
            pass
    except SignerError as error:
        if error.code is ErrorCode.FILE_MISSING:
            raise SignerError(ErrorCode.FILE_NOT_WRITABLE, "no such folder") from error
        raise


def write_whole(target: Path, content: bytes | Writer, *, check: Check | None = None) -> None:
    """Put a file at ``target`` that survives a crash whole, or leave what was there; private to this user.

    ``check`` sees the finished file under a temporary name beside the target; when it raises, nothing remains.
    Raises SignerError DISK_FULL, FILE_MISSING (no such folder) or FILE_NOT_WRITABLE.
    """
    with file_errors():
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                _fill(file, content)
            if check is not None:
                check(temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)


def move_whole(source: Path, target: Path, change: Writer, *, check: Check | None = None) -> None:
    """Put a file that lies elsewhere at ``target``, with its last change, as ``write_whole`` does; no second copy.

    ``source`` is gone afterwards, whatever happens. Raises SignerError as ``write_whole``.
    """
    with file_errors():
        temporary = _part_of(target)
        try:
            _move(source, temporary)
            with temporary.open("r+b") as file:
                _fill(file, change)
            if check is not None:
                check(temporary)
            temporary.replace(target)
        finally:
            for left in (temporary, source):
                left.unlink(missing_ok=True)
        sync_folder(target.parent)


def _part_of(target: Path) -> Path:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
    os.close(descriptor)
    return Path(name)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # another file system, or another volume on Windows
            raise
        with target.open("wb") as output:
            copy_into(source, output)


def copy_into(source: Path, output: BinaryIO) -> None:
    """Copy a file of any size to where ``output`` stands; raises OSError."""
    with source.open("rb") as file:
        shutil.copyfileobj(file, output, _CHUNK)


def _lock(descriptor: int) -> bool:
    """Take a lock; False when it is taken. Where the file system has no locks, everybody gets it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows alone

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - everywhere else

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
    return True


def _fill(file: BinaryIO, content: bytes | Writer) -> None:
    if callable(content):
        content(file)
    else:
        file.write(content)
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable; Windows does so by itself and cannot open folders. Raises OSError."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
