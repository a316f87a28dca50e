"""The outbox's table, and its rows as values; times are ISO 8601 texts in UTC, which sort as times do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from signer.errors import ErrorCode, SignerError
from signer.model import Extension, Level, Receipt, SignedContract, SigningTerms

MIGRATIONS: Final = (  # what has shipped is never changed: a new version appends
    """
    CREATE TABLE submission (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        submission_id TEXT NOT NULL UNIQUE,
        agency_id TEXT NOT NULL,
        contract_id TEXT NOT NULL,
        title TEXT NOT NULL,
        terms TEXT NOT NULL,
        file TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('signing', 'queued', 'delivered', 'parked')),
        created_at TEXT NOT NULL,
        sha256 TEXT,
        original_sha256 TEXT,
        increment_offset INTEGER,
        size INTEGER,
        signer_name TEXT,
        claimed_at TEXT,
        level TEXT,
        test INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        next_try_at TEXT,
        leased_until TEXT,
        delivered_at TEXT,
        receipt TEXT
    ) STRICT
    """,
    # What was tried may have arrived, so its bytes stay as they are.
    "ALTER TABLE submission ADD COLUMN sent INTEGER NOT NULL DEFAULT 0",
    "UPDATE submission SET sent = 1 WHERE attempts > 0",
    "ALTER TABLE submission ADD COLUMN agency_level TEXT",
    "ALTER TABLE submission ADD COLUMN extend_attempts INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE submission ADD COLUMN extend_next_at TEXT",
    """
    CREATE TABLE extension (
        submission_id TEXT NOT NULL REFERENCES submission (submission_id),
        number INTEGER NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        level TEXT NOT NULL,
        delivered INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (submission_id, number)
    ) STRICT
    """,
    "ALTER TABLE submission ADD COLUMN kept TEXT NOT NULL DEFAULT 'open'",
    "ALTER TABLE submission ADD COLUMN sealed_file TEXT",
    "ALTER TABLE extension ADD COLUMN sealed_file TEXT",
)


class EntryState(Enum):
    """Where a submission stands."""

    SIGNING = "signing"  # the card may be about to sign
    QUEUED = "queued"  # signed, to be delivered
    DELIVERED = "delivered"
    PARKED = "parked"  # signed and kept, but people must speak with each other first


class Keeping(Enum):
    """How a signed file lies here."""

    OPEN = "open"  # a PDF, private to this user
    SEALED = "sealed"  # to the agency, and to this user's key
    AGENCY = "agency"  # to the agency alone
    ERASED = "erased"  # the agency has it, and many people use this computer


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission, from before it was signed on."""

    submission_id: UUID
    agency_id: str
    contract_id: str
    title: str
    terms: SigningTerms
    path: Path  # of the signed file
    state: EntryState
    created_at: datetime
    signed: SignedContract | None  # None as long as it is being signed
    attempts: int
    last_error: str | None  # a support id
    next_try_at: datetime | None
    delivered_at: datetime | None
    receipt: Receipt | None
    sent: bool = False  # it may be with the agency already: its bytes stay
    agency_level: Level | None = None  # what the agency has, when it was asked last
    extend_attempts: int = 0
    extensions: tuple[Extension, ...] = ()
    keeping: Keeping = Keeping.OPEN
    pieces: tuple[Path, ...] = ()  # the extensions, where they are sealed

    @property
    def whole_sha256(self) -> str | None:
        """The hash of the signed file with all that was appended."""
        if self.extensions:
            return self.extensions[-1].sha256
        return self.signed.sha256 if self.signed else None

    @property
    def is_readable(self) -> bool:
        """Whether this user can see the signed file."""
        return self.signed is not None and self.keeping in {Keeping.OPEN, Keeping.SEALED}

    @property
    def level(self) -> Level | None:
        """The level that counts: the agency's where it has the signature, else our file's."""
        if self.receipt is not None:
            return self.agency_level or self.receipt.level
        return self.signed.level if self.signed else None

    @property
    def pending(self) -> Level | None:
        """The level that the agency asked and that is not reached yet, where we can do something for it."""
        reached = self.level if self.receipt is None or self.is_readable else None
        return self.terms.level if reached is not None and not reached.reaches(self.terms.level) else None


def entry_of(row: sqlite3.Row, folder: Path, extensions: Iterable[sqlite3.Row] = ()) -> Entry:
    """Read a row, and those of its extensions; raises SignerError STORE_DAMAGED when it cannot be one of ours."""
    try:
        added = tuple(extensions)
        return Entry(
            submission_id=UUID(row["submission_id"]),
            agency_id=row["agency_id"],
            contract_id=row["contract_id"],
            title=row["title"],
            terms=_Terms.model_validate_json(row["terms"]).value,
            path=folder / row["file"],
            state=EntryState(row["state"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            signed=_signed(row, folder),
            attempts=row["attempts"],
            last_error=row["last_error"],
            next_try_at=_time(row["next_try_at"]),
            delivered_at=_time(row["delivered_at"]),
            receipt=_Receipt.model_validate_json(row["receipt"]).value if row["receipt"] else None,
            sent=bool(row["sent"]),
            agency_level=Level(row["agency_level"]) if row["agency_level"] else None,
            extend_attempts=row["extend_attempts"],
            extensions=tuple(map(_extension, added)),
            keeping=Keeping(row["kept"]),
            pieces=tuple(folder / each["sealed_file"] for each in added if each["sealed_file"]),
        )
    except (ValidationError, ValueError, TypeError) as error:
        raise SignerError(ErrorCode.STORE_DAMAGED, type(error).__name__) from None  # its text would repeat the row


def terms_text(terms: SigningTerms) -> str:
    """Write the terms as JSON."""
    return _Terms(value=terms).model_dump_json()


def receipt_text(receipt: Receipt) -> str:
    """Write a receipt as JSON."""
    return _Receipt(value=receipt).model_dump_json()


def text_of(moment: datetime) -> str:
    """Write a time so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _extension(row: sqlite3.Row) -> Extension:
    return Extension(
        number=row["number"],
        start=row["start"],
        end=row["end"],
        sha256=row["sha256"],
        level=Level(row["level"]),
        delivered=bool(row["delivered"]),
    )


def _signed(row: sqlite3.Row, folder: Path) -> SignedContract | None:
    if row["sha256"] is None:
        return None
    return SignedContract(
        submission_id=UUID(row["submission_id"]),
        path=folder / row["file"],
        sha256=row["sha256"],
        original_sha256=row["original_sha256"],
        increment_offset=row["increment_offset"],
        size=row["size"],
        signer_name=row["signer_name"],
        claimed_at=datetime.fromisoformat(row["claimed_at"]),
        level=Level(row["level"]),
        test=bool(row["test"]),
        sealed=folder / row["sealed_file"] if row["sealed_file"] else None,
    )


class _Terms(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    value: SigningTerms


class _Receipt(BaseModel):
    value: Receipt
