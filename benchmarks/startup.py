"""How long the command line takes to start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from benchmarks import Figure, World, race, subject

_PEER: Final = "python -c pass"


@subject("startup", "Start of the command line, a process from its start to its end")
def startup(world: World) -> Iterable[Figure]:
    """Time whole processes, warm; the peer is the interpreter that does nothing."""
    paraph = Path(sys.executable).with_name("paraph")
    contestants = {
        _PEER: _process(sys.executable, "-c", "pass"),
        "paraph --version": _process(str(paraph), "--version"),
        "paraph --help": _process(str(paraph), "--help"),
        "import of PyKCS11": _process(sys.executable, "-c", "import PyKCS11"),
        "import of the signing and checking parts": _process(sys.executable, "-c", "import signer.pades.sign"),
    }
    return race(contestants, world.effort.less(2), _PEER)


def _process(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, capture_output=True)
