"""Lists what is in the bundle and under which licence, from what the installed packages say of themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path, PurePosixPath
from typing import Final

from bundle_contents import Entry

_OURS: Final = "paraph"
_BOOTLOADER: Final = "pyinstaller"  # its start program is the executable; its exception lets us use any licence
_TEXTS: Final = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)
_CLASSIFIER: Final = "License :: "
_COMMON: Final = Path("/usr/share/common-licenses")  # Debian's copies of the licences that packages only name
_NAMED: Final = re.compile(r"\b(?:Apache-2\.0|(?:L?GPL|MPL)-\d(?:\.\d)?)")
_RULE: Final = "=" * 100

_HEAD: Final = """\
Paraph is free software under the GNU General Public License, version 3 or later: its text is in LICENSE.
This file lists what comes with it in this folder, made from the packages themselves when the folder was made.

Shared libraries, among them Qt and PySide6 (LGPL-3.0), lie in _internal as files of their own: you may replace them by
other builds of theirs. Where to get the source of each part is said beside it.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One package in the bundle."""

    name: str
    version: str
    licence: str
    home: str
    texts: tuple[str, ...]


def licences(modules: Iterable[str], *entries: Iterable[Entry]) -> str:
    """Write the whole list, for modules by their full names and for files.

    Raises ValueError for a file that no package owns: nothing is handed on whose licence nobody has looked at.
    """
    files = [entry for part in entries for entry in part if entry[2] in {"BINARY", "EXTENSION"}]
    packages = sorted(_packages(modules, files), key=lambda part: part.name.lower())
    system = sorted(_of_the_system(files), key=lambda part: part.name)
    parts = [*packages, _python(), *system]
    table = "\n".join(f"{part.name} {part.version}: {part.licence} ({part.home})" for part in parts)
    named = set(_NAMED.findall("\n".join(part.licence for part in parts)))
    texts = [_section(f"{part.name} {part.version}", part.texts) for part in parts if part.texts]
    texts += [_section(name, (text,)) for name, text in _common(named)]
    return "\n\n".join([_HEAD, table, *texts]) + "\n"


def _section(title: str, texts: Iterable[str]) -> str:
    return "\n\n".join([f"{_RULE}\n{title}\n{_RULE}", *(text.strip() for text in texts)])


def _packages(modules: Iterable[str], files: Iterable[Entry]) -> Iterator[Part]:
    owners = packages_distributions()
    tops = {module.split(".")[0] for module in modules} | {PurePosixPath(place).parts[0] for place, _, _ in files}
    names = {name.lower() for top in tops for name in owners.get(top.split(".")[0], ())} | {_BOOTLOADER}
    for name in names - {_OURS}:
        yield _part(distribution(name))


def _part(package: Distribution) -> Part:
    classified = [each.rpartition(" :: ")[2] for each in _told(package, "Classifier") if each.startswith(_CLASSIFIER)]
    stated = [each.partition("\n")[0] for each in _told(package, "License")]
    licence = next(iter([*_told(package, "License-Expression"), "; ".join(classified) or "; ".join(stated)]))
    homes = [*_told(package, "Home-page"), *(each.partition(", ")[2] for each in _told(package, "Project-URL")), ""]
    files = [file for file in package.files or () if "dist-info" in file.parts[0] and _TEXTS.search(str(file))]
    texts = tuple(Path(str(file.locate())).read_text("utf-8", "replace") for file in files)
    return Part(package.name, package.version, licence, homes[0], texts)


def _told(package: Distribution, field: str) -> list[str]:
    return package.metadata.get_all(field) or []


def _python() -> Part:
    version, text = sysconfig.get_python_version(), Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    texts = (text.read_text(),) if text.is_file() else ()  # Debian has it with its own package
    return Part("Python", version, "PSF-2.0", "https://www.python.org", texts)


def _of_the_system(files: Iterable[Entry]) -> Iterator[Part]:
    """Find the Debian packages of the libraries that come from outside of the environment of Python."""
    own = tuple(sysconfig.get_path(name) for name in ("platlib", "stdlib"))
    base = sysconfig.get_config_var("prefix")
    paths = {Path(source) for _, source, _ in files if not source.startswith((*own, f"{base}/lib/libpython"))}
    owners = {_owner(path) for path in paths}
    for name in owners:
        copyright_file = Path("/usr/share/doc", name, "copyright")
        version = _said("dpkg-query", "-W", "-f=${Version}", name)
        text = copyright_file.read_text("utf-8", "replace")
        yield Part(name, version, _licences_in(text), f"https://packages.debian.org/{name}", (text,))


def _owner(path: Path) -> str:
    """Name the Debian package of a file; the merged /usr makes two paths of one."""
    real = path.resolve()
    places = (str(real), str(real).removeprefix("/usr"), str(path))
    for place in places:
        found = _said("dpkg-query", "-S", place).partition(":")[0]
        if found:
            return found
    raise ValueError(f"{path}: no package owns it, so its licence is not known")


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    environment = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout.strip()


def _licences_in(text: str) -> str:
    """Name the licences of a machine-readable copyright file (Debian's DEP-5); else say where to look."""
    names = dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE))
    return ", ".join(names) or "see below"


def _common(named: set[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(named):
        for path in (_COMMON / name, _COMMON / name.removesuffix(".0")):
            if path.is_file():
                yield name, path.read_text("utf-8", "replace")
                break
