"""What somebody is told once on a computer, and not each time: kept beside the sessions, without a word of whom."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

_TOLD: Final = "told-of-number"


class NumberNotice:
    """The notice that a signature carries the national number; ``folder`` None: other people use this computer too."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def is_due(self) -> bool:
        """Tell whether it is to be told now; from then on it is not, where it can be remembered."""
        if self._folder is None:
            return True
        told = self._folder / _TOLD
        if told.exists():
            return False
        with suppress(OSError):  # then it is told once more
            told.touch(mode=0o600)
        return True
