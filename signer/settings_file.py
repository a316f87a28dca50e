"""The settings file of a user, and beside it that of the machine's administrator, which decides what it names.

Both are TOML. The user's is written whole, and keeps its comments and whatever the writer does not speak of.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from signer.paths import Folders, private_folder
from signer.settings import Settings

Value = str | int | bool | None  # None takes a setting out of the file: the usual one counts again

FIRST_QUESTIONS: Final = ("language", "shared")
_OF_ADMINISTRATORS: Final = (
    "agencies",
    "tls",
)  # whom to talk to and believe: in the user's own file for a TEST world alone


@dataclass(frozen=True, slots=True)
class Layers:
    """What counts, and what of it an administrator fixed, as names such as ``card.via``."""

    settings: Settings
    fixed: frozenset[str] = frozenset()

    def is_fixed(self, name: str) -> bool:
        """Tell whether only an administrator can change this setting."""
        return any(name == each or each.startswith(f"{name}.") for each in self.fixed)

    @property
    def questions(self) -> tuple[str, ...]:
        """The settings that somebody is still to be asked for, once, before anything else."""
        return tuple(each for each in FIRST_QUESTIONS if self.settings.welcome and not self.is_fixed(each))


def load(path: Path) -> Settings:
    """Read one file; raises SignerError SETTINGS_BROKEN, naming the place in the file."""
    return _checked(_read(path))


def load_layers(folders: Folders) -> Layers:
    """Read what counts for this user of this machine.

    Raises SignerError SETTINGS_BROKEN, or SETTINGS_OF_MACHINE_BROKEN when the mistake is the administrator's.
    """
    try:
        managed = _read(folders.managed_file)
        _checked(managed)
    except SignerError as error:
        raise SignerError(ErrorCode.SETTINGS_OF_MACHINE_BROKEN, error.detail) from error
    own = _read(folders.settings_file)
    if "test" not in own and (refused := [name for name in _OF_ADMINISTRATORS if name in own]):
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{', '.join(refused)}: for administrators; see docs/settings.md")
    return Layers(_checked(_over(own, managed)), frozenset(_names(managed)))


def change(path: Path, values: Mapping[str, Value]) -> None:
    """Write settings, named such as ``card.via``, into the user's file; all of them or none.

    Raises SignerError SETTINGS_BROKEN when the file cannot be read or would not be right afterwards, and
    SETTINGS_NOT_SAVED when it cannot be written; the file is then as it was.
    """
    import tomlkit  # noqa: PLC0415 - only who changes something waits for it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    target = path.resolve()  # a link stays a link
    try:
        document = tomlkit.parse(_text(target))
    except TOMLKitError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, str(error)) from error
    for name, value in values.items():
        _put(document, name, value)
    text = tomlkit.dumps(document)
    _checked(_parsed(text))
    try:
        private_folder(target.parent)
        write_whole(target, text.encode())
    except SignerError as error:
        raise SignerError(ErrorCode.SETTINGS_NOT_SAVED, error.detail) from error


def counting(layers: Layers, values: Mapping[str, Value]) -> Layers:
    """Give what would count with these settings, without writing them; raises SignerError SETTINGS_BROKEN."""
    found = layers.settings.model_dump()
    for name, value in values.items():
        if not layers.is_fixed(name):
            _put(found, name, value)
    return replace(layers, settings=_checked(found))


def set_aside(path: Path) -> Path:
    """Give a file that cannot be read another name, so that the usual settings count; gives that name.

    Raises SignerError FILE_NOT_WRITABLE or FILE_MISSING.
    """
    names = (path.with_name(f"{path.stem}-unreadable{number or ''}{path.suffix}") for number in itertools.count())
    free = next(each for each in names if not each.exists())
    with file_errors():
        path.rename(free)
    return free


def _put(document: Any, name: str, value: Value) -> None:  # noqa: ANN401 - tomlkit's containers share no type
    *parents, last = name.split(".")
    table = document
    for each in parents:
        if each not in table:
            if value is None:
                return
            table[each] = {}
        table = table[each]
    if value is not None:
        table[last] = value
    elif last in table:
        del table[last]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (UnicodeDecodeError, OSError) as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, str(error)) from error


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, str(error)) from error


def _read(path: Path) -> dict[str, Any]:
    return _parsed(_text(path))


def _checked(found: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
        raise SignerError(ErrorCode.SETTINGS_BROKEN, places) from error


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one file over another: table by table, while lists are replaced whole."""
    result = dict(below)
    for name, value in above.items():
        lower = result.get(name)
        both = isinstance(value, dict) and isinstance(lower, dict)
        result[name] = _over(lower, value) if both and lower is not None else value
    return result


def _names(found: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _names(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"
