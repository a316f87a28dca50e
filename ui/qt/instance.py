"""One running copy for each user: a second start hands over what it was asked to open, and ends.

Who is the one is decided by a lock that the system lets go of however its holder ends, so a crash leaves nothing that
is in the way. What comes through the door is bounded, of this user alone, and hostile all the same: it is understood
by the same function as the arguments of a first start (``ui.desktop.asked``). Nothing of it is ever logged.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from signer.errors import ErrorCode, SignerError
from signer.files import alone
from signer.paths import Folders, private_folder

_LOG: Final = logging.getLogger("paraph.desktop")

_MAX_MESSAGE: Final = 16 * 1024  # bytes: a path of 4096 characters fits, whatever they are
_MAX_ARGUMENTS: Final = 64  # a drop of files on the icon; more than one is refused, in words
_TAKEN: Final = b"taken\n"
_PATIENCE_MS: Final = 2_000  # of the door, with who says nothing
_STARTING_S: Final = 8.0  # in which the other copy, that may have just begun, must answer
_PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the copies of one user's program meet."""

    lock: Path
    address: str  # of the socket; on Windows the name of a pipe

    @classmethod
    def of(cls, folders: Folders) -> Spot:
        """Give the spot of these folders; raises SignerError FILE_NOT_WRITABLE when no folder is private."""
        name = hashlib.sha256(os.fsencode(folders.state)).hexdigest()[:16]
        if sys.platform == "win32":
            return cls(private_folder(folders.state) / "instance.lock", f"paraph-{name}")
        folder = _runtime_folder()
        return cls(folder / f"{name}.lock", str(folder / f"{name}.sock"))


@dataclass(frozen=True, slots=True)
class Message:
    """What a second start was given, and in which folder."""

    arguments: tuple[str, ...]
    folder: Path

    def as_bytes(self) -> bytes:
        """Write it as one line."""
        given = {"arguments": list(self.arguments[:_MAX_ARGUMENTS]), "folder": str(self.folder)}
        return json.dumps(given).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Message | None:
        """Read a line; None when it is no message."""
        try:
            given = json.loads(line)
            arguments, folder = given["arguments"], given["folder"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        texts = [*arguments, folder] if isinstance(arguments, list) else [None]
        if len(texts) > _MAX_ARGUMENTS + 1 or not all(isinstance(each, str) for each in texts):
            return None
        return cls(tuple(arguments), Path(folder))


class Instance(QObject):
    """The door of the one running copy."""

    asked = Signal(object)  # Message

    def __init__(self, spot: Spot) -> None:
        super().__init__()
        self._spot = spot
        self._held = ExitStack()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._let_in)

    def claim(self) -> bool:
        """Become the one; False when another copy is. Without a door, the program works as well."""
        try:
            self._held.enter_context(alone(self._spot.lock, ErrorCode.CARD_IN_USE))
        except SignerError:
            return False
        QLocalServer.removeServer(self._spot.address)  # what a crash left: nobody else has the lock
        if not self._server.listen(self._spot.address):
            _LOG.warning("no door for a second start: %s", self._server.errorString())
        return True

    def close(self) -> None:
        """Let another copy become the one; harmless when done twice."""
        self._server.close()
        self._held.close()

    def _let_in(self) -> None:
        while (guest := self._server.nextPendingConnection()) is not None:
            _Guest(guest, self)


class _Guest(QObject):
    """Somebody at the door, until they have said one line or their time is over."""

    def __init__(self, socket: QLocalSocket, host: Instance) -> None:
        super().__init__(socket)  # lives as long as the connection
        self._socket, self._host = socket, host
        self._heard = b""
        socket.readyRead.connect(self._listen)
        socket.disconnected.connect(socket.deleteLater)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._give_up)
        self._timer.start(_PATIENCE_MS)
        self._listen()

    def _listen(self) -> None:
        room = _MAX_MESSAGE + 1 - len(self._heard)
        self._heard += bytes(self._socket.read(room).data())
        line, end, _ = self._heard.partition(b"\n")
        if end:
            self._answer(line)
        elif len(self._heard) > _MAX_MESSAGE:
            self._give_up()

    def _give_up(self) -> None:
        self._socket.abort()

    def _answer(self, line: bytes) -> None:
        self._heard = b""
        message = Message.of(line)
        if message is None:
            self._socket.abort()
            return
        self._socket.write(_TAKEN)
        self._socket.disconnectFromServer()
        self._host.asked.emit(message)


def hand_over(spot: Spot, message: Message, patience_s: float = _STARTING_S) -> bool:
    """Give the running copy what this start was asked; False when it does not answer in time."""
    deadline = monotonic() + patience_s
    while True:
        if _is_ours(spot) and _said(spot.address, message):
            return True
        if monotonic() > deadline:
            return False
        sleep(_PAUSE_S)


def _said(address: str, message: Message) -> bool:
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(_PATIENCE_MS):
        return False
    socket.write(message.as_bytes())
    while socket.bytesAvailable() < len(_TAKEN) and socket.waitForReadyRead(_PATIENCE_MS):
        pass
    return bytes(socket.readAll().data()) == _TAKEN


def _is_ours(spot: Spot) -> bool:
    """Make sure that nobody else has put the socket there: the message holds a token."""
    if sys.platform == "win32":
        return True  # Qt's pipe lets in this user alone
    try:
        found = os.lstat(spot.address)
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid()


def _runtime_folder() -> Path:
    """Give a short folder of this user alone: a socket's address has 107 bytes at most (unix(7))."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    top = Path(given) / "paraph" if given else Path(tempfile.gettempdir()) / f"paraph-{os.getuid()}"
    folder = private_folder(top)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise SignerError(ErrorCode.FILE_NOT_WRITABLE, "the folder for the socket is not private")
    return folder
