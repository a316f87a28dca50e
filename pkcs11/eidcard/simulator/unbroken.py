"""A few steps that no signal breaks off: between making a thing and noting who takes it away again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_STOPS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a stop that comes meanwhile wait for the block's end; there it does what it would have done.

    Python's handlers run between any two steps of the main thread, and raise there. Other threads are never broken
    off. Keep the block short: nobody can stop it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def wait(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, wait) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
