"""Looks at this computer in a thread of its own: readers that are slow, or hang, never stop a window."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Signal, Slot

from ui.diagnosis.findings import Surroundings


class DiagnosisWorker(QObject):
    """Gives the findings of ``paraph diagnose``; gives up at once when the program ends."""

    found = Signal(object)  # tuple[ui.diagnosis.findings.Finding, ...]

    def __init__(self) -> None:
        super().__init__()
        self._given_up = threading.Event()

    @Slot()
    def look(self) -> None:
        """Look at everything; a minute at most."""
        from ui.diagnosis.diagnose import diagnose  # noqa: PLC0415 - nobody waits for it before the first paint

        findings = diagnose(Surroundings.here(), given_up=self._given_up)
        if not self._given_up.is_set():
            self.found.emit(findings)

    def give_up(self) -> None:
        """End a look that runs; from any thread."""
        self._given_up.set()
