"""One agency at work: the parts that every route and every command needs, built in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from agency import settings as files
from agency.documents import Documents
from agency.people import People
from agency.settings import Settings
from agency.store import Store
from signer.agency.schema import LevelName

_KEY_FILE: Final = "people.key"


class Signatory(NamedTuple):
    """Who made a signature that holds."""

    certificate: bytes  # DER
    name: str
    claimed_at: datetime | None
    level: LevelName
    test: bool


SignatureCheck = Callable[[Path, Path, datetime, str | None], Signatory]
"""Original, signed file, time of checking, signature field; raises SignerError when the signature does not hold."""


@dataclass(frozen=True, slots=True)
class Office:
    """What it is set to, what it remembers, what it keeps, and how it checks."""

    settings: Settings
    store: Store
    documents: Documents
    people: People
    check: SignatureCheck
    now: Callable[[], datetime]

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def open_office(data: Path, check: SignatureCheck | None = None, now: Callable[[], datetime] | None = None) -> Office:
    """Open the agency that lives in a data folder; raises SignerError SETTINGS_BROKEN."""
    settings = files.load(data)
    return Office(
        settings=settings,
        store=Store(files.database_url(settings, data)),
        documents=Documents(data / "documents"),
        people=People.of(data / _KEY_FILE),
        check=check or _signature_check(settings),
        now=now or utc_now,
    )


def utc_now() -> datetime:
    """Give the time, with its zone."""
    return datetime.now(UTC)


def _signature_check(settings: Settings) -> SignatureCheck:
    def check(original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        raise NotImplementedError(settings, original, signed, at, field)

    return check
