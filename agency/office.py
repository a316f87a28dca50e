"""One agency at work: the parts that every route and every command needs, built in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agency import settings as files
from agency.checking import SignatureCheck, signature_check
from agency.documents import Documents
from agency.people import People
from agency.settings import Settings
from agency.store import Store

_KEY_FILE: Final = "people.key"


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
        check=check or signature_check(settings),
        now=now or utc_now,
    )


def utc_now() -> datetime:
    """Give the time, with its zone."""
    return datetime.now(UTC)
