"""Which PKCS#11 modules p11-kit knows on this machine, and in which order (p11-kit's manual: pkcs11.conf).

p11-kit's own library is not asked: it would load every module to tell. Its files say what we need to know.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

Config = Mapping[str, str]
Configs = Mapping[str, Config]  # by the name of the file, without its ending

_PROGRAM: Final = "paraph"  # what enable-in and disable-in may name
_FILE_NAME: Final = re.compile(r"([A-Za-z0-9][\w.-]*)\.module", re.ASCII)
_FIELD_NAME: Final = re.compile(r"[\w.-]+", re.ASCII)
_SEPARATORS: Final = re.compile(r"[,\s]+")
_LARGEST: Final = 64 * 1024  # bytes of a configuration file; real ones have some hundred

_PREFIXES: Final = ("", "/usr/local", "/opt/homebrew")  # of the distribution, of hand installs and FreeBSD, of Homebrew


@dataclass(frozen=True, slots=True)
class P11KitFolders:
    """Where p11-kit's files are: what packages ship, what the administrator says, and what the user says."""

    package: tuple[Path, ...] = tuple(Path(f"{prefix or '/usr'}/share/p11-kit/modules") for prefix in _PREFIXES)
    system: tuple[Path, ...] = tuple(Path(f"{prefix}/etc/pkcs11") for prefix in _PREFIXES)
    user: Path = field(default_factory=lambda: Path(os.path.expanduser("~/.config/pkcs11")))  # noqa: PTH111 - never raises


@dataclass(frozen=True, slots=True)
class ListedModule:
    """One entry of the list: the name of its file, and what stands after ``module:``, a path or a bare file name."""

    name: str
    module: str


def parse(text: str) -> dict[str, str] | None:
    """Read one file's ``name: value`` lines; None when it is none of p11-kit's, which is how p11-kit takes it."""
    found: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name.strip()):
            return None
        found[name.strip()] = value.strip()
    return found


def user_mode(system: Config, user: Config) -> str:
    """Tell what the user's own files count for: ``none``, ``merge`` or ``only``; the system may shut them out."""
    mode = system.get("user-config", "merge")
    if mode != "none":
        mode = user.get("user-config", mode)
    return "only" if mode == "override" else mode


def merge(user: Configs, system: Configs, package: Configs, mode: str) -> dict[str, Config]:
    """Lay the files of one name over each other, line by line: the user's, then the system's, then the package's."""
    layers = {"none": (system, package), "only": (user,)}.get(mode, (user, system, package))
    names = dict.fromkeys(name for layer in layers for name in layer)
    return {
        name: {key: value for layer in reversed(layers) for key, value in layer.get(name, {}).items()} for name in names
    }


def choose(configs: Configs, program: str = _PROGRAM) -> tuple[ListedModule, ...]:
    """List the modules for this program, those with the highest priority first.

    Those that hold trust anchors, not keys, are left out; so are remote ones, which have no file.
    """
    wanted = [
        (-_number(config.get("priority", "")), ListedModule(name, config["module"]))
        for name, config in configs.items()
        if config.get("module") and config.get("trust-policy") != "yes" and _is_for(program, config)
    ]
    return tuple(listed for _, listed in sorted(wanted, key=lambda each: (each[0], each[1].name)))


def listed(folders: P11KitFolders | None = None) -> tuple[ListedModule, ...]:
    """Read this machine's list; files that cannot be read count as absent."""
    where = folders or P11KitFolders()
    system: dict[str, str] = {}
    for folder in reversed(where.system):
        system |= _read(folder / "pkcs11.conf") or {}
    return choose(
        merge(
            _read_all((where.user / "modules",)),
            _read_all(tuple(folder / "modules" for folder in where.system)),
            _read_all(where.package),
            user_mode(system, _read(where.user / "pkcs11.conf") or {}),
        )
    )


def locate(module: str, folders: tuple[str, ...], exists: Callable[[str], bool] = os.path.exists) -> str | None:
    """Find a listed module's file: a bare name is in ``pkcs11`` below one of the library ``folders``; None: nowhere."""
    if not Path(module).is_absolute():
        return next((path for path in (f"{folder}/pkcs11/{module}" for folder in folders) if exists(path)), None)
    return module if exists(module) else None


def _is_for(program: str, config: Config) -> bool:
    if "enable-in" in config:
        return program in _SEPARATORS.split(config["enable-in"])
    return program not in _SEPARATORS.split(config.get("disable-in", ""))


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text, re.ASCII) else 0


def _read_all(folders: tuple[Path, ...]) -> dict[str, Config]:
    return {name: config for folder in reversed(folders) for name, config in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, Config]]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        name = _FILE_NAME.fullmatch(path.name)
        config = _read(path) if name else None
        if name and config is not None:
            yield name[1], config


def _read(path: Path) -> dict[str, str] | None:
    try:
        with path.open("rb") as file:
            return parse(file.read(_LARGEST).decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
