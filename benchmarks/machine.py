"""What the figures were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("cryptography", "pyhanko", "pyhanko-certvalidator", "PyKCS11", "pypdfium2", "pyscard")
_PROGRAMS: Final = {"openssl": ("openssl", "version"), "pdfsig": ("pdfsig", "-v"), "softhsm": ("softhsm2-util", "-v")}


def facts() -> dict[str, str | int | float]:
    """Name processor, memory, system, versions and how busy the machine was when the run began."""
    packages = {name.lower(): importlib.metadata.version(name) for name in _PACKAGES}
    programs = {name: _version(command) for name, command in _PROGRAMS.items()}
    return {
        "measuredAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "processors": os.cpu_count() or 0,
        "memoryMiB": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": platform.platform(),
        "python": platform.python_version(),
        "loadBefore": round(os.getloadavg()[0], 2),
        **packages,
        **programs,
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _version(command: tuple[str, ...]) -> str:
    if shutil.which(command[0]) is None:
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
