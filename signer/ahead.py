"""Contracts fetched ahead: kept here so that they can be read and signed with no network at all.

Each is a row that tells what and until when, and two files: what the agency said (contract, terms, and with them the
right to deliver), and the document; sealed to this user's key where the system keeps one (docs/adr/0024). The files
come first, then the row; whatever a kill leaves between them is swept away. Nothing that was signed is here: the outbox
has that, with its own copy of the terms.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from signer.errors import ErrorCode, Kind, SignerError
from signer.files import PARTS, clear_away, file_errors, sha256_of, write_whole
from signer.model import Contract, SigningTerms
from signer.outbox_rows import text_of
from signer.ports import Clock
from signer.sealing import HomeKey, seal, unseal
from signer.sqlite import Database

_LOG: Final = logging.getLogger("paraph.ahead")
_NAME: Final = "ahead.sqlite3"
_SETTLED: Final = timedelta(hours=1)  # a file without a row that is older is nobody's
_MIGRATIONS: Final = (  # what has shipped is never changed: a new version appends
    """
    CREATE TABLE ahead (
        agency_id TEXT NOT NULL,
        contract_id TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE,
        fetched_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        PRIMARY KEY (agency_id, contract_id)
    ) STRICT
    """,
)

_DER: Final = b"\x30"  # a sequence: neither JSON nor a PDF begins so
_NO_ANSWER: Final = frozenset({ErrorCode.AGENCY_BUSY, ErrorCode.AGENCY_GARBLED})  # or who speaks in its place


class Sealer(Protocol):
    """Makes what lies on the disk unreadable for whoever has the disk alone; raises SignerError."""

    def seal(self, content: bytes) -> bytes:
        """Give what may lie on the disk."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """Give the content back; raises SignerError STORE_DAMAGED when it is not what was sealed."""
        ...


class Sealed:
    """Only with this user's key can it be read."""

    def __init__(self, key: HomeKey) -> None:
        self._key = key

    def seal(self, content: bytes) -> bytes:
        """Give it locked."""
        return seal(content, [self._key])

    def open(self, sealed: bytes) -> bytes:
        """Give it open; raises SignerError SEAL_NOT_OURS or STORE_DAMAGED."""
        return unseal(sealed, [self._key])


class Unsealed:
    """The files are for this user alone, and nothing more: where the system keeps no keys."""

    def seal(self, content: bytes) -> bytes:
        """Give it as it is."""
        return content

    def open(self, sealed: bytes) -> bytes:
        """Give it as it is; raises SignerError SEAL_NOT_OURS for what was sealed when there was a key."""
        if sealed.startswith(_DER):
            raise SignerError(ErrorCode.SEAL_NOT_OURS)
        return sealed


@dataclass(frozen=True, slots=True)
class Kept:
    """A contract that was fetched ahead, and when; ``before`` is the version that it replaces."""

    contract: Contract
    terms: SigningTerms
    before: Contract | None
    fetched_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is erased here, by the server's clock."""
        assert self.terms.expires_at is not None
        return self.terms.expires_at


class Ahead:
    """A folder with what was fetched ahead; safe with several threads and several copies of the program.

    Everything raises SignerError DISK_FULL, FILE_NOT_WRITABLE or STORE_DAMAGED.
    """

    def __init__(self, folder: Path, clock: Clock, sealer: Sealer | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._sealer = sealer or Unsealed()
        self._database = Database(folder / _NAME, _MIGRATIONS)
        try:
            self._database.prepare()
        except SignerError as error:
            if error.code is not ErrorCode.STORE_DAMAGED:
                raise
            self._begin_anew()

    def keep(self, kept: Kept, document: bytes) -> None:
        """Put a contract on the disk, in place of what was there of it."""
        agency_id, contract_id, name = kept.terms.agency_id, kept.contract.id, str(kept.terms.submission_id)
        write_whole(self._document(name), self._sealer.seal(document))
        write_whole(self._said(name), self._sealer.seal(_text(kept)))
        with self._database.writing() as database:  # its end is noted by our clock, also where that is wrong
            before = _names(database, "agency_id = ? AND contract_id = ?", agency_id, contract_id)
            database.execute(
                "INSERT OR REPLACE INTO ahead (agency_id, contract_id, name, fetched_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    agency_id,
                    contract_id,
                    name,
                    text_of(kept.fetched_at),
                    text_of(kept.expires_at - kept.terms.clock_offset),
                ),
            )
        self._erase(each for each in before if each != name)

    def note(self, kept: Kept) -> None:
        """Note what the agency says now of a contract whose document and terms are here and stay."""
        write_whole(self._said(str(kept.terms.submission_id)), self._sealer.seal(_text(kept)))

    def all(self) -> list[Kept]:
        """List what can be signed without a network, soonest first; what cannot be read any more is dropped."""
        with self._database.reading() as database:
            names = _names(database, "expires_at > ?", text_of(self._clock.now()))
        found = [kept for kept in map(self._read, names) if kept is not None]
        return sorted(found, key=lambda kept: (kept.contract.starts_at, kept.contract.id))

    def find(self, agency_id: str, contract_id: str) -> Kept | None:
        """Give one, when it is here and its time is not over."""
        with self._database.reading() as database:
            condition = "agency_id = ? AND contract_id = ? AND expires_at > ?"
            names = _names(database, condition, agency_id, contract_id, text_of(self._clock.now()))
        return self._read(names[0]) if names else None

    def bring(self, kept: Kept, target: Path) -> None:
        """Put its document at ``target``, unless the very bytes are there; raises STORE_DAMAGED when they are lost."""
        sha256 = kept.contract.original_sha256
        if target.exists() and sha256_of(target) == sha256:
            return
        with file_errors(ErrorCode.FILE_NOT_READABLE):
            sealed = self._document(str(kept.terms.submission_id)).read_bytes()
        document = self._sealer.open(sealed)
        if hashlib.sha256(document).hexdigest() != sha256:
            raise SignerError(ErrorCode.STORE_DAMAGED, "a document that was fetched ahead")
        write_whole(target, document)

    def drop(self, agency_id: str, contract_id: str) -> None:
        """Erase one; harmless when it is not there."""
        self._purge("agency_id = ? AND contract_id = ?", agency_id, contract_id)

    def purge(self) -> int:
        """Erase what is over by its date, and what a kill left; gives how many contracts that were."""
        count = self._purge("expires_at <= ?", text_of(self._clock.now()))
        self._sweep()
        return count

    def forget(self, agency_id: str | None = None) -> int:
        """Erase everything, or everything of one agency; gives how many contracts that were."""
        count = self._purge("agency_id = coalesce(?, agency_id)", agency_id)
        if agency_id is None:
            self._sweep()
        return count

    def _begin_anew(self) -> None:
        """Throw away a database that cannot be read: what it told of can be fetched again."""
        _LOG.warning("what was fetched ahead cannot be read: it is fetched again")
        self._database.erase()
        self._database.prepare()

    def _purge(self, condition: str, *values: str | None) -> int:
        with self._database.writing() as database:
            names = _names(database, condition, *values)
            database.executemany("DELETE FROM ahead WHERE name = ?", [(name,) for name in names])
        self._erase(names)
        return len(names)

    def _read(self, name: str) -> Kept | None:
        try:
            kept = _Kept.model_validate_json(self._sealer.open(self._said(name).read_bytes())).value
            if str(kept.terms.submission_id) == name:  # a seal does not tell what it is about
                return kept
        except (OSError, SignerError, ValidationError) as error:  # it can be fetched again
            _LOG.info("%s cannot be read: %s", name, type(error).__name__)
            if isinstance(error, SignerError) and error.code is ErrorCode.SEAL_NOT_OURS:
                return None  # the key store is locked, and may be open the next time
        self._purge("name = ?", name)
        return None

    def _sweep(self) -> None:
        with self._database.reading() as database:
            known = {f"{name}.{kind}" for name in _names(database, "TRUE") for kind in ("pdf", "json")}
        for kind in ("pdf", "json"):
            for file in self._folder.glob(f"*.{kind}"):
                if file.name not in known:
                    clear_away(self._folder, file.name, _SETTLED)
        clear_away(self._folder, PARTS, _SETTLED)

    def _erase(self, names: Iterable[str]) -> None:
        for name in names:
            with file_errors():
                for file in (self._said(name), self._document(name)):
                    file.unlink(missing_ok=True)

    def _said(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _document(self, name: str) -> Path:
        return self._folder / f"{name}.pdf"


def nobody_answers(code: ErrorCode) -> bool:
    """Tell whether the agency itself has not spoken: no network, a server that is busy, a portal in between."""
    return code.kind is Kind.NETWORK or code in _NO_ANSWER


def _names(database: sqlite3.Connection, condition: str, *values: str | None) -> list[str]:
    statement = f"SELECT name FROM ahead WHERE {condition}"  # noqa: S608 - texts of this file only
    return [row["name"] for row in database.execute(statement, values).fetchall()]


def _text(kept: Kept) -> bytes:
    return _Kept(value=kept).model_dump_json().encode()


class _Kept(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    value: Kept
