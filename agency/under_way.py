"""Checks that take longer than somebody should wait for an answer: they go on, and whoever asks again gets the outcome.

A check asks services of others, and those can be slow. What is under way is known to this process alone and is lost
with it; that loses nothing, since the client has the signature until it has the receipt, and sends it again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWorking
from typing import Final
from uuid import UUID

from signer.agency.schema import Submission

PATIENCE_S: Final = 12.0  # a client gives up after 20 s of silence
_KEPT_S: Final = 300.0  # an outcome that nobody asked for again
_AT_ONCE: Final = 16


class UnderWay:
    """The submissions that this process is checking; of several threads."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="check")
        self._lock = threading.Lock()
        self._futures: dict[tuple[UUID, bytes], tuple[Future[Submission], float]] = {}

    def outcome(self, submission_id: UUID, sent: bytes, work: Callable[[], Submission]) -> Submission | None:
        """Do the work, or join who does it for the same bytes; None when it takes longer than one should wait.

        Raises what the work raises.
        """
        key = submission_id, hashlib.sha256(sent).digest()
        with self._lock:
            self._forget_old()
            known = self._futures.get(key)
            if known is None:
                known = self._futures[key] = self._threads.submit(work), time.monotonic()
        future, _ = known
        try:
            found = future.result(self.patience_s)
        except StillWorking:
            if not future.done():
                return None
            raise
        finally:
            if future.done():
                with self._lock:
                    self._futures.pop(key, None)
        return found

    def is_checking(self, submission_id: UUID) -> bool:
        """Tell whether a submission is being checked here."""
        with self._lock:
            return any(
                known == submission_id and not future.done() for (known, _), (future, _) in self._futures.items()
            )

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown()

    def _forget_old(self) -> None:
        now = time.monotonic()
        old = [key for key, (future, since) in self._futures.items() if future.done() and now - since > _KEPT_S]
        for key in old:
            del self._futures[key]
