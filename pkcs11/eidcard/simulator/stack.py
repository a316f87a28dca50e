"""A private pcscd with a virtual reader, beside any other that runs: for tests and for the demo. Linux alone.

pcscd always makes its socket in /run/pcscd. It is started in a mount namespace of its own, where another folder
stands there, and where the folder of USB drivers is empty: it never touches a real reader, nor a daemon that has one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from eidcard.simulator.unbroken import unbroken

SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")  # Debian's vsmartcard-vpcd
READER_NAME: Final = "TEST reader (simulated)"

_PROGRAMS: Final = {"pcscd": "pcscd", "unshare": "util-linux", "setpriv": "util-linux", "mount": "mount"}
_SYSTEM_FOLDERS: Final = "/usr/sbin:/sbin"  # an ordinary user's PATH often lacks them
_PORTS: Final = range(20_000, 32_000, 2)  # below those that the system hands out; the second reader has the odd one
_LOG: Final = "pcscd.log"
_DRIVER: Final = "libifdvpcd.so"  # our copy
_PATIENCE_S: Final = 10.0
_LOOK_S: Final = 0.01
_LISTENS: Final = "0A"  # a state in /proc/net/tcp
_SOCKET: Final = Path("run", "pcscd", "pcscd.comm")
_SOCKET_ROOM: Final = 107  # bytes of a Unix socket's path (unix(7))
_SHORT: Final = "/tmp"  # noqa: S108 - a new folder in it, which mkdtemp makes for us alone

# /run itself is replaced where /run/pcscd is not there: only root may make that, and nobody needs to.
_START: Final = """
target=/run; if [ -d /run/pcscd ]; then target=/run/pcscd; own="$1/run/pcscd"; else own="$1/run"; fi
mount --bind "$own" "$target" && mount --bind "$1/no-drivers" "$2" || exit 1
exec setpriv --pdeathsig TERM pcscd --foreground --error --config "$1/config"
"""


class PcscdUnavailableError(Exception):
    """No private pcscd can be had on this system; the message says what is missing and how to get it."""


class PrivatePcscd:
    """A pcscd of one's own; use it with ``with``, from a thread that outlives it (Linux ends it with that thread).

    Clients find it by the environment variable PCSCLITE_CSOCK_NAME, see ``environment``. libpcsclite reads that once
    in a process (measured with 1.9.9): a process that has spoken to one daemon never finds another.
    """

    def __init__(self, reader_name: str = READER_NAME) -> None:
        self._reader_name = reader_name
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._namespace: list[str] = []
        self.port = 0  # where a simulated card connects; the second reader is on the next one

    @property
    def socket_path(self) -> Path:
        """Where clients connect."""
        assert self._folder is not None, "not started"
        return self._folder / _SOCKET

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment needs."""
        return {SOCKET_VARIABLE: str(self.socket_path)}

    @property
    def has_readers(self) -> bool:
        """Whether the daemon runs, with its readers."""
        return self._process is not None and {self.port, self.port + 1} <= _listening_ports()

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start the daemon and wait until it listens; raises PcscdUnavailableError."""
        self._namespace = _require_system()
        try:
            with unbroken():
                self._folder = _new_folder()
            self.port = _free_port()
            self._lay_out(self._folder)
            self.resume()
        except BaseException:
            self.stop()
            raise

    def resume(self, *, readers: bool = True, named: str = "") -> None:
        """Let the daemon run again where it ran, so that clients find it.

        Without ``readers`` as if none was connected; ``named`` is another name for them, this time.
        """
        assert self._folder is not None, "not started"
        config = self._folder / "config" / "vpcd"
        config.write_text(self._configuration(self._folder, named or self._reader_name) if readers else "")
        with unbroken():
            self._process = _launch(self._namespace, self._folder)
        self._wait_until_ready(self._process, {self.port, self.port + 1} if readers else set())

    def interrupt(self) -> None:
        """End the daemon, but keep its place: a service that is switched off. Cards fall out of the readers."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End the daemon and leave nothing behind; harmless when done twice."""
        self.interrupt()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _lay_out(self, folder: Path) -> None:
        for name in ("run/pcscd", "no-drivers", "config"):
            (folder / name).mkdir(parents=True)
        shutil.copy(DRIVER, folder / _DRIVER)  # its own folder will be covered

    def _configuration(self, folder: Path, reader_name: str) -> str:
        return (
            f'FRIENDLYNAME "{reader_name}"\n'
            f"DEVICENAME /dev/null:{self.port:#x}\n"
            f"LIBPATH {folder / _DRIVER}\n"
            f"CHANNELID {self.port:#x}\n"
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes], ports: set[int]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not (_accepts(self.socket_path) and ports <= _listening_ports()):
            if process.poll() is not None:
                said = self.socket_path.parents[2].joinpath(_LOG).read_text(errors="replace").strip()
                raise PcscdUnavailableError(f"pcscd ended at its start: {said}")
            if time.monotonic() > deadline:
                raise PcscdUnavailableError(f"pcscd was not ready within {_PATIENCE_S:.0f} s")
            time.sleep(_LOOK_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _new_folder() -> Path:
    """Make an empty folder whose path leaves room for the socket's: that of TMPDIR can be too long."""
    for parent in dict.fromkeys((tempfile.gettempdir(), _SHORT)):
        try:
            folder = Path(tempfile.mkdtemp(prefix="paraph-pcscd-", dir=parent))
        except OSError as error:
            raise PcscdUnavailableError(f"no folder can be made in {parent}: {error.strerror}") from error
        if len(os.fsencode(folder / _SOCKET)) <= _SOCKET_ROOM:
            return folder
        folder.rmdir()
    raise PcscdUnavailableError(f"a socket's path has at most {_SOCKET_ROOM} bytes: set TMPDIR to a shorter one")


def _require_system() -> list[str]:
    """Look for all that is needed; gives the options with which unshare works here."""
    path = _search_path()
    missing = {package for program, package in _PROGRAMS.items() if shutil.which(program, path=path) is None}
    if not DRIVER.exists():
        missing.add("vsmartcard-vpcd")
    if missing:
        raise PcscdUnavailableError(f"install the Debian packages {' '.join(sorted(missing))}")
    as_root, as_user = ["--mount"], ["--user", "--map-root-user", "--mount"]
    for options in (as_root, as_user) if os.geteuid() == 0 else (as_user,):
        tried = subprocess.run(["unshare", *options, "true"], capture_output=True, check=False, env=_environment())  # noqa: S603, S607 - fixed words
        if tried.returncode == 0:
            return options
    raise PcscdUnavailableError("this system allows no mount namespaces (unshare --mount), which a private pcscd needs")


def _launch(namespace: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start it; unshare, sh and setpriv each become the next, so that the process is pcscd itself in the end."""
    command = ["unshare", *namespace, "sh", "-c", _START, "sh", str(folder), str(DRIVER.parent.parent)]
    with (folder / _LOG).open("wb") as log:  # no pipe: one that nobody reads would stop the daemon when it is full
        return subprocess.Popen(  # noqa: S603 - fixed words and our own folder
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,  # Ctrl-C is for us: we end it when the card is out
        )


def _environment() -> dict[str, str]:
    """Give the daemon nothing of ours: LISTEN_FDS or a debugging variable would change what it does."""
    return {"PATH": _search_path(), "LC_ALL": "C.UTF-8"}


def _search_path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_FOLDERS}"


def _free_port() -> int:
    """Find an even port that is free, and the next one, too: vpcd has a reader on each."""
    for _ in range(100):
        port = secrets.choice(_PORTS)
        if not {port, port + 1} & _listening_ports():
            return port
    raise PcscdUnavailableError("no free port for the virtual reader")


def _listening_ports() -> set[int]:
    """Give the TCP ports that anything listens on; asking by a connection would put a card in."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            ports |= {int(row[1].rsplit(":", 1)[1], 16) for row in rows if row[3] == _LISTENS}
    return ports


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
