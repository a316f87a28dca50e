"""The greatest memory of a process that does one thing, beside that of other programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LAUNCHER: Final = """
import os, sys
quiet = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in (1, 2)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, usage = os.wait4(process, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
ROOT: Final = Path(__file__).resolve().parent.parent


def peak_mebibytes(command: Sequence[str]) -> float:
    """Run a command to its end; gives its greatest resident memory. Raises CalledProcessError when it fails.

    A bare Python starts it: the system counts the memory of who starts a process as the process's own.
    """
    launcher = [sys.executable, "-ISc", _LAUNCHER, *command]
    done = subprocess.run(launcher, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def python(program: str, *arguments: str | Path) -> list[str]:
    """Give the command that runs a few lines of Python with arguments."""
    return [sys.executable, "-c", program, *map(str, arguments)]
