"""The least that any program can do to see cards come and go: what a monitor's own delay is measured against."""

from __future__ import annotations

import queue
import threading
import time
from typing import Self

from smartcard import scard


class BareLoop:
    """A thread in SCardGetStatusChange on the first reader, which notes when a card came or went."""

    def __init__(self) -> None:
        self.seen: queue.SimpleQueue[float] = queue.SimpleQueue()  # moments, in seconds of the monotonic clock
        _, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _, readers = scard.SCardListReaders(self._context, [])
        _, states = scard.SCardGetStatusChange(self._context, 0, [(readers[0], scard.SCARD_STATE_UNAWARE)])
        self._states = [(name, flags & ~scard.SCARD_STATE_CHANGED) for name, flags, _ in states]
        self._thread = threading.Thread(target=self._run)
        self._ending = False

    def _run(self) -> None:
        while not self._ending:
            status, told = scard.SCardGetStatusChange(self._context, 0xFFFFFFFF, self._states)
            now = time.monotonic()
            present = self._states[0][1] & scard.SCARD_STATE_PRESENT
            self._states = [(name, flags & ~scard.SCARD_STATE_CHANGED) for name, flags, _ in told]
            if status == scard.SCARD_S_SUCCESS and self._states[0][1] & scard.SCARD_STATE_PRESENT != present:
                self.seen.put(now)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        while self._thread.is_alive():
            scard.SCardCancel(self._context)
            self._thread.join(0.02)
        scard.SCardReleaseContext(self._context)
