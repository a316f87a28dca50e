"""One agency at work: the parts that every route and every command needs, built in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from agency import settings as files
from agency.documents import Documents
from agency.people import People
from agency.sealing import SealingKeys
from agency.settings import Settings
from agency.store import Store
from signer.agency.schema import LevelName

_KEY_FILE: Final = "people.key"
_SEALING_FOLDER: Final = "sealing"


class Signatory(NamedTuple):
    """Who made a signature that holds."""

    certificate: bytes  # DER
    name: str
    claimed_at: datetime
    proven_at: datetime | None  # by a time-stamp that is believed
    level: LevelName
    test: bool
    revocation_checked: bool  # at the time of receipt, and nothing was found


class SignatureCheck(Protocol):
    """Checks one signature more, by one person."""

    def __call__(self, original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        """Raise SignerError when it does not hold at ``at``."""
        ...

    def login(self, certificate: bytes, chain: tuple[bytes, ...], at: datetime) -> None:
        """Raise SignerError unless this certificate (DER) says at ``at`` who somebody is, and was not withdrawn."""
        ...

    def extension(self, before: Path, after: Path) -> LevelName:
        """Give the level with what was appended; raise SignerError when that is more than evidence."""
        ...

    def renew(self, path: Path, margin: timedelta) -> bool:
        """Renew the archive time-stamp when it ends within ``margin``; tells whether that was due."""
        ...

    def extend(self, path: Path, asked: LevelName) -> LevelName:
        """Append what the level needs, as far as the services let us; gives the level that is reached."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """What it is set to, what it remembers, what it keeps, and how it checks."""

    settings: Settings
    store: Store
    documents: Documents
    people: People
    sealing: SealingKeys
    check: SignatureCheck
    now: Callable[[], datetime]

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def open_office(data: Path, checking: Callable[[Settings], SignatureCheck] | None = None) -> Office:
    """Open the agency that lives in a data folder; raises SignerError SETTINGS_BROKEN.

    ``checking`` builds the check of signatures (agency.checking); who takes none in does without, and starts sooner.
    """
    settings = files.load(data)
    return Office(
        settings=settings,
        store=Store(files.database_url(settings, data)),
        documents=Documents.of(settings, data / "documents"),
        people=People.of(data / _KEY_FILE),
        sealing=SealingKeys(data / _SEALING_FOLDER, settings.name),
        check=checking(settings) if checking else _NoCheck(),
        now=utc_now,
    )


def utc_now() -> datetime:
    """Give the time, with its zone."""
    return datetime.now(UTC)


class _NoCheck:
    """Of an office that was opened without one."""

    def __call__(self, original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        raise NotImplementedError

    def login(self, certificate: bytes, chain: tuple[bytes, ...], at: datetime) -> None:
        raise NotImplementedError

    def extension(self, before: Path, after: Path) -> LevelName:
        raise NotImplementedError

    def extend(self, path: Path, asked: LevelName) -> LevelName:
        raise NotImplementedError

    def renew(self, path: Path, margin: timedelta) -> bool:
        raise NotImplementedError
