"""Documents that are open just now: in a folder of this run of the program, which is gone with it.

A run that was killed leaves its folder; the next one sweeps it away, by the lock that nobody holds any more.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from signer.errors import ErrorCode, SignerError
from signer.files import alone, file_errors

_PREFIX: Final = "run-"
_LOCK: Final = ".lock"


class RunFolder:
    """A folder that lives as long as this object, at most as long as the program; raises SignerError."""

    def __init__(self, workspace: Path) -> None:
        with file_errors():
            self.path = Path(mkdtemp(prefix=_PREFIX, dir=workspace))
        held = ExitStack()
        held.enter_context(alone(_lock_of(self.path), ErrorCode.FILE_NOT_WRITABLE))
        self._end = weakref.finalize(self, _end, held, self.path)

    def close(self) -> None:
        """Erase it; harmless when done twice."""
        self._end()


def sweep(workspace: Path, keep: frozenset[str] = frozenset()) -> None:
    """Erase what killed runs left, but for files of these names; what cannot be erased now is left for later."""
    for folder in run_folders(workspace):
        with suppress(SignerError, OSError), alone(_lock_of(folder), ErrorCode.ONE_AT_A_TIME):
            for file in folder.iterdir():
                if file.name not in keep:
                    file.unlink()
            folder.rmdir()
        if not folder.exists():
            _lock_of(folder).unlink(missing_ok=True)


def run_folders(workspace: Path) -> Iterator[Path]:
    """List the folders of all runs, those that are over too."""
    return (each for each in workspace.glob(f"{_PREFIX}*") if each.is_dir())


def _lock_of(folder: Path) -> Path:
    """Give its lock, which lies beside it: Windows erases no file that is open."""
    return folder.with_name(folder.name + _LOCK)


def _end(held: ExitStack, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    held.close()
    _lock_of(folder).unlink(missing_ok=True)
