"""A door between the window and the agency's server, which can be shut as a network goes: nobody answers behind it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Door:
    """A port of its own that leads to another one while it is open."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._through: list[socket.socket] = []
        self._serve()

    def shut(self) -> None:
        """Refuse everybody from now on, and break what is under way."""
        for each in (self._listener, *self._through):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._through.clear()

    def open(self) -> None:
        """Let everybody through again, at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self._let_through, args=(self._listener,), daemon=True).start()

    def _let_through(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was shut
            while True:
                came, _ = listener.accept()
                on = socket.create_connection(("127.0.0.1", self._behind))
                self._through += [came, on]
                for source, target in ((came, on), (on, came)):
                    threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # it was shut
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def door_in(settings: Path) -> Iterator[Door]:
    """Put a door before the agency that the settings name, until the block ends."""
    text = settings.read_text("utf-8")
    (port,) = re.findall(r"^url = .*127\.0\.0\.1:(\d+)", text, re.MULTILINE)
    door = Door(int(port))
    settings.write_text(text.replace(f":{port}", f":{door.port}"), "utf-8")
    try:
        yield door
    finally:
        door.shut()
