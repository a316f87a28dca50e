"""The computer itself: settings, folders, room on the disk, what waits in the outbox, who is trusted, the versions."""
# ruff: noqa: PLC0415 - a library that cannot be loaded is a finding too, not the end of the others

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import ssl
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signer.errors import ErrorCode, SignerError
from ui.diagnosis.findings import Check, Fact, Finding, Grade, Says, Surroundings

if TYPE_CHECKING:
    from signer.outbox_rows import EntryState
    from signer.trust.lists import TrustedLists

_MIB: Final = 1024 * 1024
_ROOM_TO_SIGN: Final = 100 * _MIB  # the largest document, and as much again while it is signed, is twice this
_ROOM_TO_FEEL_WELL: Final = 1024 * _MIB

_LIBRARIES: Final = (
    "pyscard",
    "PyKCS11",
    "pyHanko",
    "pyhanko-certvalidator",
    "cryptography",
    "pypdfium2",
    "requests",
    "pydantic",
    "click",
    "rich",
)
_SERVICE_VERSION: Final = "pcsc-lite version "
_PATIENCE_S: Final = 5.0


def settings(where: Surroundings) -> Iterator[Finding]:
    """See whether the settings can be read."""
    path: dict[str, Fact] = {"file": str(where.folders.settings_file)}
    if where.broken is not None:
        yield Finding(
            Check.SETTINGS, Grade.PROBLEM, where.broken.code, facts=path | {"because": _harmless(where.broken)}
        )
        return
    card = where.settings.card
    facts: dict[str, Fact] = {"via": card.via, "agencies": len(where.settings.agencies)}
    says = Says.SETTINGS_READ if where.folders.settings_file.exists() else Says.SETTINGS_USUAL
    yield Finding(Check.SETTINGS, Grade.OK, says, facts=path | facts)


def folders(where: Surroundings) -> Iterator[Finding]:
    """Try to write in each folder, or where it would be made; nothing is left behind."""
    here = where.folders
    for name, path in (("config", here.config), ("data", here.data), ("state", here.state), ("cache", here.cache)):
        yield judge_folder(name, path, writable=_can_write_in(_existing(path)), mode=_mode_of(path))


def judge_folder(name: str, path: Path, *, writable: bool, mode: int | None) -> Finding:
    """Judge one folder; ``mode`` is None where the system has other rights, or nothing is there yet."""
    facts: dict[str, Fact] = {"folder": str(path), "there": path.exists()}
    if not writable and name != "config":  # an administrator may well keep the settings for himself
        return Finding(Check.FOLDER, Grade.PROBLEM, ErrorCode.FILE_NOT_WRITABLE, name, facts)
    if mode is not None and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return Finding(Check.FOLDER, Grade.WARNING, Says.FOLDER_OPEN, name, facts)
    return Finding(Check.FOLDER, Grade.OK, Says.FOLDER_WRITABLE, name, facts | {"writable": writable})


def disk(where: Surroundings) -> Iterator[Finding]:
    """Measure the room on the disks of what is kept, and of temporary files."""
    places = {"data": _existing(where.folders.data), "temporary": Path(tempfile.gettempdir())}
    for name, path in places.items():
        yield judge_disk(name, shutil.disk_usage(path).free)


def judge_disk(name: str, free: int) -> Finding:
    """Judge the free bytes of a disk."""
    facts: dict[str, Fact] = {"freeMiB": free // _MIB}
    if free < _ROOM_TO_SIGN:
        return Finding(Check.DISK, Grade.PROBLEM, ErrorCode.DISK_FULL, name, facts)
    if free < _ROOM_TO_FEEL_WELL:
        return Finding(Check.DISK, Grade.WARNING, Says.DISK_SOON_FULL, name, facts)
    return Finding(Check.DISK, Grade.OK, Says.DISK_ROOM, name, facts)


def outbox(where: Surroundings) -> Iterator[Finding]:
    """Count what waits; of no submission is anything else told."""
    from signer.outbox_counts import counts

    try:
        yield judge_outbox(counts(where.folders.data / "outbox"))
    except SignerError as error:
        yield Finding(Check.OUTBOX, Grade.PROBLEM, error.code)


def judge_outbox(counted: Mapping[EntryState, int]) -> Finding:
    """Judge the outbox by its counts."""
    from signer.outbox_rows import EntryState

    facts: dict[str, Fact] = {state.value: counted.get(state, 0) for state in EntryState}
    if facts[EntryState.PARKED.value]:
        return Finding(Check.OUTBOX, Grade.WARNING, Says.OUTBOX_PARKED, facts=facts)
    if facts[EntryState.QUEUED.value]:
        return Finding(Check.OUTBOX, Grade.WARNING, Says.OUTBOX_WAITS, facts=facts)
    return Finding(Check.OUTBOX, Grade.OK, Says.OUTBOX_CLEAR, facts=facts)


def trust(where: Surroundings) -> Iterator[Finding]:
    """Tell whose signatures count beside the government's."""
    test, extra = where.settings.test, where.settings.trust.extra_roots
    if test is not None:
        yield Finding(Check.TRUST, Grade.WARNING, Says.TRUST_TEST, facts={"testRoots": len(test.roots)})
    if extra:
        yield Finding(Check.TRUST, Grade.WARNING, Says.TRUST_EXTRA, facts={"extraRoots": len(extra)})
    if test is None and not extra:
        yield Finding(Check.TRUST, Grade.OK, Says.TRUST_PINNED)


def lists(where: Surroundings) -> Iterator[Finding]:
    """Tell how old the European trusted lists are that say who is qualified; nothing is fetched for it."""
    from signer.trust.services import ServiceDoor
    from ui.bootstrap import list_shelf

    shelf = list_shelf(where.settings, where.folders, ServiceDoor.belgian(), where.clock)
    yield judge_lists(shelf.lists() if shelf else None)


def judge_lists(found: TrustedLists | None) -> Finding:
    """Judge the lists; None: none are used here."""
    if found is None:
        return Finding(Check.LISTS, Grade.OK, Says.LISTS_NOT_USED)
    facts: dict[str, Fact] = {"trouble": found.trouble.value if found.trouble else None}
    facts |= {"fetched": _day(found.fetched_at)}
    if found.trouble is None and found.national:
        issued, ends = (min(getattr(each, name) for each in found.national) for name in ("issued_at", "next_update"))
        facts |= {"issued": _day(issued), "nextUpdate": _day(ends)}
        return Finding(Check.LISTS, Grade.OK, Says.LISTS_CURRENT, facts=facts)
    if found.fetched_at is None:
        return Finding(Check.LISTS, Grade.OK, Says.LISTS_MISSING)
    return Finding(Check.LISTS, Grade.WARNING, Says.LISTS_USELESS, facts=facts)


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None


def versions(where: Surroundings) -> Iterator[Finding]:
    """List the versions of everything that has a part in signing."""
    del where
    facts: dict[str, Fact] = {
        "paraph": _version_of("paraph"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "distribution": _distribution(),
        "machine": platform.machine(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "frozen": bool(getattr(sys, "frozen", False)),
        "pcscLite": _service_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "sqlite": sqlite3.sqlite_version,
    }
    facts |= {library: _version_of(library) for library in _LIBRARIES}
    yield Finding(Check.VERSION, Grade.OK, Says.VERSIONS, facts=facts)


def _harmless(error: SignerError) -> str:
    """Give the place of a mistake in the settings; what the system says of a file it cannot open names the file."""
    return type(error.__cause__).__name__ if isinstance(error.__cause__, OSError) else error.detail


def _existing(path: Path) -> Path:
    """Give the folder, or the nearest thing above it that is there: it may be a file, in which nothing can be made."""
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), path)


def _can_write_in(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"paraph")
    except OSError:
        return False
    return True


def _mode_of(path: Path) -> int | None:
    with suppress(OSError):
        return path.stat().st_mode if os.name == "posix" else None
    return None


def _version_of(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _distribution() -> str | None:
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    return None


def _service_version() -> str | None:
    """Ask pcscd's program, where there is one; a user's PATH often lacks its folder."""
    program = shutil.which("pcscd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if program is None:
        return None
    try:
        said = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    _, found, rest = said.stdout.decode(errors="replace").partition(_SERVICE_VERSION)
    return rest.split("\n")[0].strip(" .") if found else None
