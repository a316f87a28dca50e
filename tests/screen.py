"""A screen that nobody sees: Xvfb on a free number, ended with the block."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def screen(size: str = "1400x1000x24") -> Iterator[str]:
    """Start an X server; gives its DISPLAY. It chooses a free number itself and tells it through a pipe."""
    reading, writing = os.pipe()
    # Without -noreset it begins anew when its last client leaves, and turns away who comes at that moment.
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)
