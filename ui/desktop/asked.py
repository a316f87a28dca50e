"""What the program is asked to open: by an argument, a drop or another start of it; all of it may be hostile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from PySide6.QtCore import QUrl

from signer.agency.link import parse_link
from signer.errors import ErrorCode, SignerError
from signer.known_agencies import SUFFIX

_LONGEST: Final = 4096  # characters of a path; PATH_MAX on Linux


@dataclass(frozen=True, slots=True)
class OpenLink:
    """The contract that a deep link leads to."""

    link: str = field(repr=False)  # whoever has it can log in


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A PDF of the worker's own."""

    path: Path


@dataclass(frozen=True, slots=True)
class OpenAgency:
    """An agency's descriptor, which somebody may want to add."""

    path: Path


@dataclass(frozen=True, slots=True)
class ShowWindow:
    """Nothing but the window itself."""


Asked: TypeAlias = OpenLink | OpenFile | OpenAgency | ShowWindow


def asked_of(arguments: Sequence[str], folder: Path) -> Asked:
    """Understand arguments; paths are of ``folder``.

    Raises SignerError ONE_AT_A_TIME, LINK_NOT_OURS or FILE_MISSING, whose texts never repeat what was given.
    """
    if not arguments:
        return ShowWindow()
    if len(arguments) > 1:
        raise SignerError(ErrorCode.ONE_AT_A_TIME)
    return _understood(arguments[0], folder)


def _understood(text: str, folder: Path) -> Asked:
    scheme = text.partition(":")[0].strip().lower()
    if scheme == "file":  # how a desktop hands a file over
        return _file(_checked(_local(QUrl(text, QUrl.ParsingMode.StrictMode))))
    if scheme == "paraph" or "://" in text:
        parse_link(text)
        return OpenLink(text)
    return _file(_checked(_path(text, folder)))


def _file(path: Path) -> OpenFile | OpenAgency:
    return OpenAgency(path) if path.suffix == SUFFIX else OpenFile(path)


def _local(url: QUrl) -> Path:
    """Give the path of a file on this computer (RFC 8089); another host's are not looked for."""
    if url.host() == "localhost":
        url.setHost("")
    path = url.toLocalFile()
    if url.host() or not path:
        raise SignerError(ErrorCode.FILE_MISSING, "not a file of this computer")
    return _path(path, Path("/"))


def _path(text: str, folder: Path) -> Path:
    if len(text) > _LONGEST or "\0" in text:
        raise SignerError(ErrorCode.FILE_MISSING, "not a path")
    return folder / text


def _checked(path: Path) -> Path:
    """Make sure that it is a file, not a folder, a device or a pipe that would be waited for."""
    try:
        is_file = path.is_file()
    except OSError:  # a name that the system does not take
        is_file = False
    if not is_file:
        raise SignerError(ErrorCode.FILE_MISSING)
    return path
