"""Where PKCS#11 modules are on each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from signer.errors import ErrorCode, SignerError


class KnownModule(NamedTuple):
    """A PKCS#11 module that can sign with an eID: its name for people, and where it would be."""

    name: str
    path: str


_OFFICIAL: Final = "Belgium eID"

_LINUX_FOLDERS: Final = (  # Debian's multiarch names, then what other distributions and hand installs use
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/arm-linux-gnueabihf",
    "/usr/lib/riscv64-linux-gnu",
    "/usr/lib/powerpc64le-linux-gnu",
    "/usr/lib/s390x-linux-gnu",
    "/usr/lib/i386-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib64",
    "/usr/local/lib",
)

_CANDIDATES: Final = {  # by sys.platform; the first that exists is used
    "linux": tuple(KnownModule(_OFFICIAL, f"{folder}/libbeidpkcs11.so.0") for folder in _LINUX_FOLDERS),
    "darwin": (
        KnownModule(
            _OFFICIAL,
            "/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib",
        ),
    ),
    "win32": (KnownModule(_OFFICIAL, r"%SystemRoot%\System32\beidpkcs11.dll"),),
}


def installed(
    platform: str = sys.platform,
    exists: Callable[[str], bool] = os.path.exists,
    expand: Callable[[str], str] = os.path.expandvars,
) -> tuple[KnownModule, ...]:
    """List the known modules that are on this machine, the best first."""
    known = (KnownModule(name, expand(path)) for name, path in _CANDIDATES.get(platform, ()))
    return tuple(module for module in known if exists(module.path))


def choose(named: Path | None, found: tuple[KnownModule, ...]) -> Path:
    """Decide on one module: the one that the user named, else the first of ``found``; raises MODULE_NOT_FOUND."""
    if named is not None:
        return named
    if not found:
        raise SignerError(ErrorCode.MODULE_NOT_FOUND, "no known PKCS#11 module is installed")
    return Path(found[0].path)
