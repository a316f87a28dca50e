"""What Paraph is made of, and on which terms: read from what is installed, or from the list beside a frozen program.

The list is made while the program's folder is (``scripts/bundle_licences.py``), since it also has the libraries of the
system that are in there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from signer.paths import resource

PROGRAM: Final = "paraph"
WINDOWS: Final = frozenset({"desktop"})  # the extras that the program with windows is made with
FONTS: Final = ("Noto Sans", "OFL-1.1")

_BRINGS_NONE: Final = dict.fromkeys(("PySide6_Essentials", "shiboken6"), ("LGPL-3.0.txt",))  # with GPL-3.0: LICENSE
_ROW: Final = re.compile(r"^(\S+) (\S+): (.+) \(\S*\)$", re.MULTILINE)  # name, version, licence, home
_RULE: Final = "=" * 60  # between the rows and the texts
_SHORT: Final = 60  # characters; a longer License field is a whole licence's text
_CLASSIFIER: Final = "License :: "


@dataclass(frozen=True, slots=True)
class Library:
    """One distribution of others that Paraph runs with."""

    name: str
    version: str
    licence: str  # an SPDX expression where its makers give one, else their own words

    @property
    def texts(self) -> tuple[str, ...]:
        """The licences that came with it, whole; empty for one that brings none."""
        found = distribution(self.name)
        files = [file for file in found.files or () if _is_licence(file)]
        texts = tuple(Path(str(found.locate_file(file))).read_text("utf-8", "replace") for file in files)
        return texts or tuple(resource("licences", name).read_text("utf-8") for name in _BRINGS_NONE.get(self.name, ()))


def program() -> Library:
    """Give Paraph itself; its version is unknown where no metadata was taken along."""
    try:
        return _described(distribution(PROGRAM))
    except PackageNotFoundError:
        return Library("Paraph", "?", "GPL-3.0-or-later")


def libraries(extras: Iterable[str] = WINDOWS) -> tuple[Library, ...]:
    """Give every distribution that Paraph with these extras needs and that is here, by name, Paraph itself left out."""
    listed = _list_beside()
    if listed:
        return tuple(Library(*row) for row in _ROW.findall(listed.partition(_RULE)[0]))
    found = {}
    waiting = [(PROGRAM, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for needed in _needs(name, wanted):
            key = canonicalize_name(needed.name)
            if key not in found:
                found[key] = needed
                waiting.append((needed.name, frozenset(needed.extras)))
    described = (_library(each) for each in found)
    return tuple(sorted(filter(None, described), key=lambda library: library.name.lower()))


def font_licence() -> str:
    """Give the licence of the type, whole."""
    return resource("fonts", "OFL.txt").read_text("utf-8")


def as_text() -> str:
    """Write everything with the licences in full, as a file to lay beside a program."""
    listed = _list_beside()
    if listed:
        return f"{listed.rstrip()}\n\n{FONTS[0]}: {FONTS[1]}\n\n{font_licence()}"
    parts = [f"{each.name} {each.version}: {each.licence}\n\n" + "\n\n".join(each.texts) for each in libraries()]
    parts.append(f"{FONTS[0]}: {FONTS[1]}\n\n{font_licence()}")
    return f"\n\n{'=' * 78}\n\n".join(part.rstrip() for part in parts) + "\n"


def _list_beside() -> str:
    """Give the list that lies beside a frozen program; empty for none."""
    path = Path(sys.executable).with_name("LICENCES.txt")
    return path.read_text("utf-8") if getattr(sys, "frozen", False) and path.exists() else ""


def _needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    try:
        lines = distribution(name).requires or ()
    except PackageNotFoundError:
        return
    for line in lines:
        needed = Requirement(line)
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield needed


def _library(name: str) -> Library | None:
    try:
        return _described(distribution(name))
    except PackageNotFoundError:
        return None  # not taken along, or for another system


def _described(found: Distribution) -> Library:
    about = found.metadata  # what is not there is None, or a KeyError once importlib_metadata was loaded (keyring does)
    said = next((about[name] for name in ("License-Expression", "License") if name in about), "")
    if not said or len(said) > _SHORT or "\n" in said:
        kinds = [each.split(" :: ")[-1] for each in about.get_all("Classifier") or () if each.startswith(_CLASSIFIER)]
        said = ", ".join(kinds) or said.partition("\n")[0][:_SHORT]
    return Library(about["Name"], about["Version"], said)


def _is_licence(file: PackagePath) -> bool:
    """Tell licences from code: by their name, or by the folder that metadata has for them (PEP 639)."""
    has_name = re.match(r"(?i)(licen[cs]e|copying|notice)", file.name) is not None
    return (has_name and file.suffix not in {".py", ".pyc"}) or "licenses" in file.parts[:2]
