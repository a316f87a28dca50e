"""Limits of the child process in which an unknown PDF is first looked at."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one document may cost; generous for real contracts on a slow PC, hopeless for bombs."""

    cpu_s: int = 30
    wall_s: float = 60.0
    memory: int = 1 << 30  # bytes of address space; pyHanko and PDFium need 300 MiB of it
    size: int = 100 << 20  # bytes of the file
    pages: int = 2000


DEFAULT: Limits = Limits()


def confine(limits: Limits) -> None:
    """Let the system stop this process when it goes beyond its limits; the parent's wall clock stops it anywhere."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (POSIX has it)

    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit is refused or has no effect
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
