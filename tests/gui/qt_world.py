"""Driving windows in tests: waiting for what will be, with a deadline and no sleeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QEventLoop, QTimer

from signer.files import sha256_of
from ui.desktop.document.view import DocumentView


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Let the windows live until something is so; fails after the deadline."""
    deadline, loop, timer = monotonic() + seconds, QEventLoop(), QTimer()

    def look() -> None:
        if true() or monotonic() > deadline:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(2)
    if not true():
        loop.exec()
    timer.stop()
    assert true(), "it did not come to that in time"


def show(view: DocumentView, path: Path) -> DocumentView:
    """Open a document, and wait until what is in sight is painted and its text read."""
    view.open(path, sha256_of(path))
    until(lambda: view.pages.is_sharp and view.pages.text(view.pages.current))
    return view
