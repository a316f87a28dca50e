"""Kill a process at one of its file or socket calls: strace injects the signal (strace(1), --inject)."""

from __future__ import annotations

import os
import signal
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

# Everything by which a process changes a disk or speaks to another; the kill comes before the call is carried out.
CALLS: Final = (
    *("openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "renameat2", "unlink", "mkdir"),
    *("connect", "sendto", "recvfrom", "sendmsg"),
)


class Call(NamedTuple):
    """The ``number``-th call of this name that a thread makes."""

    name: str
    number: int


# What a disk says at a call that changes it: full, read-only, broken.
DISK_ERRORS: Final = {
    "openat": ("ENOSPC", "EROFS"),
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "ftruncate": ("ENOSPC", "EROFS"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "rename": ("ENOSPC", "EROFS"),
    "renameat2": ("ENOSPC", "EROFS"),
    "unlink": ("EROFS", "EIO"),
    "mkdir": ("ENOSPC", "EROFS"),
}
_READS: Final = "O_RDONLY"


def disk_calls_in(log: Path, folder: Path) -> list[Call]:
    """List the calls that change something below a folder, as ``calls_in`` does."""
    return calls_in(log, lambda line: f"{folder}/" in line and _READS not in line)


def calls_in(log: Path, wanted: Callable[[str], bool] = lambda _line: True) -> list[Call]:
    """List each call that strace saw, in its order, as one to be killed at; the same call of two threads once."""
    counted: Counter[tuple[str, str]] = Counter()
    calls: dict[Call, None] = {}
    for line in log.read_text().splitlines():
        thread, name = line.split()[0], line.split()[1].partition("(")[0]
        if name in CALLS:
            counted[thread, name] += 1
            if wanted(line):
                calls[Call(name, counted[thread, name])] = None
    return list(calls)


def fork(work: Callable[[], None], *, waiting: bool = False) -> int:
    """Do work in a process of its own, which is quicker than a new interpreter; gives its id.

    ``waiting``: it stops itself first, so that somebody can look on (``let_go_on``).
    """
    pid = os.fork()
    if pid:
        if waiting:
            os.waitpid(pid, os.WUNTRACED)
        return pid
    return _child(work, waiting=waiting)


def _child(work: Callable[[], None], *, waiting: bool) -> NoReturn:
    ended = 70
    try:
        if waiting:
            os.kill(os.getpid(), signal.SIGSTOP)
        work()
        ended = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(ended)


def let_go_on(pid: int) -> None:
    """Let a process that waits go on."""
    os.kill(pid, signal.SIGCONT)


class Watched:
    """A process and its threads under strace: killed at a call, or told an error by it, or only written down."""

    def __init__(self, pid: int, log: Path, at: Call | None = None, error: str = "") -> None:
        fate = f"error={error}" if error else "signal=KILL"
        kill = ["-e", f"inject={at.name}:{fate}:when={at.number}"] if at else []
        self._strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-y", "-p", str(pid), "-o", str(log), "-e", f"trace={','.join(CALLS)}", *kill],
            stderr=subprocess.PIPE,
        )
        _wait_until_traced(pid, self._strace)

    def end(self) -> None:
        """Let go of it, if it is still there."""
        with suppress(ProcessLookupError):
            self._strace.send_signal(signal.SIGINT)
        self._strace.communicate()


def _wait_until_traced(pid: int, strace: subprocess.Popen[bytes]) -> None:
    status = Path(f"/proc/{pid}/status")
    while f"TracerPid:\t{strace.pid}\n" not in status.read_text():
        if strace.poll() is not None:
            assert strace.stderr
            raise RuntimeError(f"strace ended: {strace.stderr.read().decode(errors='replace')}")


def was_killed(pid: int) -> bool:
    """Wait for a process to end; True when it was killed. Raises RuntimeError when its work went wrong."""
    _pid, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"a process ended with {code}")
    return code == -signal.SIGKILL
