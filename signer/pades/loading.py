"""Loads pyHanko whole before its parts are used by two threads."""
# ruff: noqa: PLC0415 - loading late, and once, is what this is for

from __future__ import annotations

import threading
from typing import Final

_LOCK: Final = threading.Lock()


def load() -> None:
    """Load what signs and checks, one thread at a time.

    pyHanko's modules import each other in a circle: two threads that begin at different places find them half-made.
    """
    with _LOCK:
        import pyhanko.sign.validation.pdf_embedded  # noqa: F401 - brings all the rest
