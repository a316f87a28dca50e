"""Python's cyclic garbage, collected in the window's thread alone.

By itself Python collects in whatever thread happens to ask for memory. A worker would then destroy widgets and timers
that live in the window's thread, which Qt forbids (Qt, "Threads and QObjects": destroy it in the thread that owns it).
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_LOOK_MS: Final = 500


class GarbageCollector(QObject):
    """Collects as Python would, by its own thresholds, but at a quiet moment of this thread."""

    def __init__(self) -> None:
        super().__init__()
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOK_MS)

    def look(self) -> None:
        """Collect the oldest generation that is due."""
        due = [
            age
            for age, (count, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if count > most
        ]
        if due:
            gc.collect(max(due))

    def end(self) -> None:
        """Let Python do it again."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
