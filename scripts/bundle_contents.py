"""What stays out of the bundle, though PyInstaller would put it in; build.spec asks here.

PyInstaller follows every import that it sees, also those that a library only tries, and takes what Qt could need.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from PyInstaller.depend.bindepend import get_imports

Entry: TypeAlias = tuple[str, str, str]  # where in the bundle, where from (of a link: its target), kind

ROOT: Final = Path(__file__).resolve().parent.parent

EXCLUDES: Final = [
    *("agency", "eidcard.simulator", "ui.cli", "ui.demo", "ui.desktop.demo"),  # other programs, and the test world
    *("certomancer", "click", "jinja2", "werkzeug", "yaml", "dateutil"),  # what those need
    *("PIL", "pygments", "rich", "hypothesis", "mypy"),  # tried by libraries, for what we do not use
    *("setuptools", "distutils", "_distutils_hack", "pip", "trove_classifiers", "pycparser"),  # for building
    *("tkinter", "unittest", "doctest", "pdb", "pydoc", "lib2to3"),  # of Python's own
]

_UNWANTED: Final = (  # by place; a window with a contract in it needs none of them
    "PySide6/Qt/plugins/egldeviceintegrations/*",  # screens without X or Wayland
    "PySide6/Qt/plugins/platforms/libq[elmv]*",  # as above; Qt's for X, Wayland and tests without a screen stay
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",  # brings all of GTK; the desktop's portal stays
    "PySide6/Qt/plugins/xcbglintegrations/*",  # OpenGL
    "PySide6/Qt/plugins/imageformats/*",  # our pictures are SVG, read by QtSvg, and pages are painted by PDFium
    "PySide6/Qt/plugins/iconengines/*",
    "PySide6/Qt/plugins/generic/*",  # input devices without X or Wayland
    "PySide6/Qt/plugins/networkinformation/*",
    "PySide6/Qt/plugins/wayland-decoration-client/libadwaita.so",  # brings cairo and pango; Qt's own frame stays
    "PySide6/Qt/plugins/tls/*",  # the network is Python's
    "*.pyi",
    "*.po",  # for people who translate; the program reads the .mo beside it
    "*.dist-info/direct_url.json",  # names the folder of whoever builds
)
_CODE: Final = {"BINARY", "EXTENSION"}
_PYTHON: Final = "libpython"  # the program itself loads it
_LIBRARY_FOLDERS: Final = (PurePosixPath(), PurePosixPath("PySide6/Qt/lib"))


def trimmed(*parts: Iterable[Entry]) -> list[list[Entry]]:
    """Leave out what is not wanted, and then each shared library that nothing left in any part links with."""
    kept = [[entry for entry in part if _is_wanted(PurePosixPath(entry[0]))] for part in parts]
    sources = {source for part in kept for place, source, kind in part if kind in _CODE and not _is_library(place)}
    linked = {Path(name).name for source in sources for name, _ in get_imports(source)}  # also what those link with
    return [[entry for entry in part if not _is_library(entry[0]) or Path(entry[0]).name in linked] for part in kept]


def _is_wanted(place: PurePosixPath) -> bool:
    if place.parent.name == "locale-data":
        return place.stem.partition("_")[0] in {"root", *_languages()}
    if place.parent.name == "translations":
        return place.suffix == ".qm" and place.stem.removeprefix("qtbase_") in _languages()
    return not any(fnmatch(str(place), pattern) for pattern in _UNWANTED)


def _is_library(place: str) -> bool:
    path = PurePosixPath(place)
    name = path.name
    is_shared = name.startswith("lib") and ".so" in name
    return is_shared and path.parent in _LIBRARY_FOLDERS and not name.startswith(_PYTHON)


def _languages() -> frozenset[str]:
    """Name the languages that there are catalogues of."""
    return frozenset(path.name for path in (ROOT / "resources" / "locale").iterdir() if path.is_dir())
