"""Where PKCS#11 modules are on each system, and in which order they are tried."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from eidcard.p11kit import ListedModule, listed, locate


class KnownModule(NamedTuple):
    """A PKCS#11 module that may sign: its name for people, and where it is."""

    name: str
    path: str


OFFICIAL: Final = "Belgium eID"

_TRIPLETS: Final = (  # Debian's folders, one an architecture (dpkg-architecture -L)
    "x86_64-linux-gnu",
    "aarch64-linux-gnu",
    "arm-linux-gnueabihf",
    "arm-linux-gnueabi",
    "i386-linux-gnu",
    "riscv64-linux-gnu",
    "powerpc64le-linux-gnu",
    "s390x-linux-gnu",
    "loongarch64-linux-gnu",
    "mips64el-linux-gnuabi64",
    "mipsel-linux-gnu",
)
_OTHER_LINUX_FOLDERS: Final = (  # of other distributions, then of hand installs
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/local/lib64",
    "/usr/local/lib",
)
_MAC_FOLDERS: Final = ("/opt/homebrew/lib", "/usr/local/lib")
_MAC_BUNDLE: Final = "/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS"


def library_folders(platform: str = sys.platform, own: str | None = None) -> tuple[str, ...]:
    """List the folders in which a system keeps libraries, those of this Python's architecture (``own``) first."""
    if platform == "darwin":
        return _MAC_FOLDERS
    if platform != "linux":
        return ()
    own = own or sysconfig.get_config_var("MULTIARCH") or ""
    triplets = dict.fromkeys((*((own,) if own else ()), *_TRIPLETS))
    multiarch = tuple(f"/usr/lib/{triplet}" for triplet in triplets)
    # Without a folder of its own, an architecture's libraries are in the common ones: these go before other machines'.
    return (*multiarch[:1], *_OTHER_LINUX_FOLDERS, *multiarch[1:]) if own else (*multiarch, *_OTHER_LINUX_FOLDERS)


def installed(
    platform: str = sys.platform,
    exists: Callable[[str], bool] = os.path.exists,
    expand: Callable[[str], str] = os.path.expandvars,
    own: str | None = None,
) -> tuple[KnownModule, ...]:
    """List the official modules that are on this machine, the likeliest to load first."""
    candidates = {
        "linux": tuple(f"{folder}/libbeidpkcs11.so.0" for folder in library_folders("linux", own)),
        "darwin": (f"{_MAC_BUNDLE}/libbeidpkcs11.dylib",),
        "win32": (r"%SystemRoot%\System32\beidpkcs11.dll",),
    }
    paths = (expand(path) for path in candidates.get(platform, ()))
    return tuple(KnownModule(OFFICIAL, path) for path in paths if exists(path))


def available(
    named: Path | None,
    found: tuple[KnownModule, ...] | None = None,
    others: tuple[ListedModule, ...] | None = None,
    exists: Callable[[str], bool] = os.path.exists,
) -> tuple[KnownModule, ...]:
    """List the modules to try, in this order: the one that somebody ``named`` alone, else the official, then p11-kit's.

    The same file under two names is tried once; one that p11-kit lists but nobody installed, not at all.
    """
    if named is not None:
        return (KnownModule(named.name, str(named)),)
    modules = list(installed() if found is None else found)
    for each in listed() if others is None else others:
        path = locate(each.module, library_folders(), exists)
        if path is not None:
            modules.append(KnownModule(each.name, path))
    return tuple({os.path.realpath(module.path): module for module in reversed(modules)}.values())[::-1]
