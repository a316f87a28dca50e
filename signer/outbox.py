"""The durable outbox: what is signed and not yet with the agency, and what became of everything that was.

The order is what makes it survive: the row (``signing``), the signature file, the row again (``queued``), the upload,
the receipt. A file that is there without its second row is found by ``recover``; nothing that was signed is dropped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from signer.clock import SystemClock
from signer.errors import ErrorCode, SignerError
from signer.files import PARTS, alone, clear_away, file_errors
from signer.model import Contract, Extension, Level, Receipt, SignedContract, SigningTerms
from signer.outbox_rows import MIGRATIONS, Entry, EntryState, Keeping, entry_of, receipt_text, terms_text, text_of
from signer.outbox_seals import Seals, erase, original_of
from signer.ports import Clock
from signer.sqlite import Database

__all__ = ["ABANDONED", "LEASE", "LONGEST_WAIT", "Entry", "EntryState", "Keeping", "Outbox", "Validate"]

LEASE: Final = timedelta(minutes=5)  # longer than any delivery: signer.http.Limits
LONGEST_WAIT: Final = timedelta(hours=6)  # between two tries
ABANDONED: Final = timedelta(hours=24)  # after which a signing that left no file was given up, also in other copies

_WRITTEN: Final = timedelta(minutes=10)  # longer than any file takes to be written
_PATIENCE_S: Final = 60.0  # for who raises another file
_PATIENCE_TO_SEAL_S: Final = 10.0  # somebody waits for "signed"
_PATIENCE_TO_SIGN_S: Final = 10.0  # for who signs in another copy; longer than a card takes that is not left waiting

DATABASE_NAME: Final = "outbox.sqlite3"
_SIGNING: Final = f"{DATABASE_NAME}-signing"
_RAISING: Final = f"{DATABASE_NAME}-raising"

Validate = Callable[[SigningTerms, Path], SignedContract]


class Outbox:
    """A folder with a database and the signed files; safe with several threads and several copies of the program.

    Everything raises SignerError DISK_FULL, FILE_NOT_WRITABLE or STORE_DAMAGED.
    """

    def __init__(self, folder: Path, clock: Clock, seals: Seals | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._seals = seals
        self._database = Database(folder / DATABASE_NAME, MIGRATIONS)

    @classmethod
    def open(cls, folder: Path, clock: Clock | None = None, seals: Seals | None = None) -> Outbox:
        """Open the outbox of a folder, which is made, for this user alone, when it is not there.

        With ``seals``, what waits is sealed once it is signed; without, signed files lie open, for this user alone.
        """
        with file_errors():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        outbox = cls(folder, clock or SystemClock(), seals)
        outbox._database.prepare()
        return outbox

    @property
    def seals(self) -> bool:
        """Whether what waits here is sealed."""
        return self._seals is not None and self._seals.active

    def begin(self, terms: SigningTerms, contract: Contract) -> Path:
        """Put a signing on record before the card signs; gives where the signed file shall be written.

        The same submission may begin again (after a wrong PIN) until it is queued; then raises AGENCY_ALREADY_SIGNED.
        """
        name = f"{terms.submission_id}.pdf"
        with self._database.writing() as database:
            row = _find(database, terms.submission_id)
            if row is not None and row["state"] != EntryState.SIGNING.value:
                raise SignerError(ErrorCode.AGENCY_ALREADY_SIGNED, "this submission is in the outbox")
            database.execute(
                "INSERT INTO submission (submission_id, agency_id, contract_id, title, terms, file, state, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 'signing', ?)"
                " ON CONFLICT (submission_id) DO UPDATE SET terms = excluded.terms, created_at = excluded.created_at",
                (
                    str(terms.submission_id),
                    terms.agency_id,
                    terms.contract_id,
                    contract.title,
                    terms_text(terms),
                    name,
                    text_of(self._clock.now()),
                ),
            )
        return self._folder / name

    @contextmanager
    def one_signing(self) -> Iterator[None]:
        """Be the only copy of the program that signs: two at once would sign one contract twice.

        Waits for another one, which has then put its signature on record; raises SignerError CARD_IN_USE when that
        takes too long.
        """
        with alone(self._folder / _SIGNING, ErrorCode.CARD_IN_USE, patience_s=_PATIENCE_TO_SIGN_S):
            yield

    @contextmanager
    def one_raising(self) -> Iterator[None]:
        """Be the only one who raises signed files to their level: two at once would each undo the other's file.

        Waits for another one; raises SignerError AGENCY_BUSY when that takes longer than any time-stamp may.
        """
        with alone(self._folder / _RAISING, ErrorCode.AGENCY_BUSY, patience_s=_PATIENCE_S):
            yield

    def require_new(self, agency_id: str, contract_id: str, submission_id: UUID | None = None) -> None:
        """Make sure that no other submission than this one holds a signature under the contract.

        Raises SignerError SIGNED_NOT_DELIVERED or AGENCY_ALREADY_SIGNED. What the agency did not take does not count:
        people have spoken, and it may be signed anew.
        """
        same = {"agency": agency_id, "contract": contract_id}
        for entry in self._entries("agency_id = :agency AND contract_id = :contract", same):
            if entry.submission_id == submission_id:
                continue
            if entry.state is EntryState.DELIVERED:
                raise SignerError(ErrorCode.AGENCY_ALREADY_SIGNED, "delivered from here")
            if entry.state is EntryState.QUEUED or (entry.state is EntryState.SIGNING and entry.path.exists()):
                raise SignerError(ErrorCode.SIGNED_NOT_DELIVERED)

    def give_up(self, submission_id: UUID) -> None:
        """Forget a signing that came to nothing; harmless when there is a file, or no such signing."""
        with self._database.writing() as database:
            row = _find(database, submission_id)
            if row is not None and not (self._folder / row["file"]).exists():
                database.execute(
                    "DELETE FROM submission WHERE submission_id = ? AND state = 'signing'", (str(submission_id),)
                )

    def queue(self, signed: SignedContract) -> None:
        """Note that the file is whole and valid, and to be delivered from now on; harmless when done twice."""
        with self._database.writing() as database:
            changed = database.execute(
                "UPDATE submission SET state = 'queued', next_try_at = :now, sha256 = :sha256,"
                " original_sha256 = :original_sha256, increment_offset = :increment_offset, size = :size,"
                " signer_name = :signer_name, claimed_at = :claimed_at, level = :level, test = :test, last_error = NULL"
                " WHERE submission_id = :id AND sha256 IS NULL",  # also where another copy could not make sense of it
                {
                    "id": str(signed.submission_id),
                    "now": text_of(self._clock.now()),
                    "sha256": signed.sha256,
                    "original_sha256": signed.original_sha256,
                    "increment_offset": signed.increment_offset,
                    "size": signed.size,
                    "signer_name": signed.signer_name,
                    "claimed_at": text_of(signed.claimed_at),
                    "level": signed.level.value,
                    "test": int(signed.test),
                },
            ).rowcount
            row = None if changed else _find(database, signed.submission_id)
            if not changed and (row is None or row["sha256"] != signed.sha256):
                raise SignerError(ErrorCode.STORE_DAMAGED, "queued without having begun, or with other bytes")

    def seal(self, submission_id: UUID) -> None:
        """Seal what waits, and erase the open file; harmless when there is nothing to seal or to seal with.

        ``recover`` comes back to what could not be sealed. Raises SignerError AGENCY_BUSY when somebody else is at it
        for too long, such as who raises it to its level.
        """
        seals = self._seals
        if seals is None:
            return
        with alone(self._folder / _RAISING, ErrorCode.AGENCY_BUSY, patience_s=_PATIENCE_TO_SEAL_S):
            entry = self.entry(submission_id)
            file = seals.sealed(entry.signed, entry.terms) if _is_to_seal(entry) and entry.signed else None
            if file is not None:
                self._note_sealed(submission_id, Keeping.AGENCY if seals.shared else Keeping.SEALED, file)
            self._tidy(submission_id)

    @contextmanager
    def opened(self, entry: Entry) -> Iterator[SignedContract]:
        """Give the signed file where it can be read, for a moment.

        Raises SignerError SEAL_NOT_OURS when only the agency can open it.
        """
        if entry.signed is None or entry.keeping is Keeping.ERASED:
            raise SignerError(ErrorCode.FILE_MISSING, "not signed, or not kept")
        if entry.keeping is Keeping.OPEN:
            yield entry.signed
            return
        if self._seals is None:
            raise SignerError(ErrorCode.SEAL_NOT_OURS, "without a key of this user")
        with self._seals.opened(entry.signed, entry.pieces) as signed:
            yield signed

    def due(self, now: datetime) -> list[Entry]:
        """List what is to be delivered at ``now``, oldest first, without what another copy is delivering.

        A wait that is longer than we ever wait was noted by a clock that was wrong, and is over.
        """
        return self._entries(
            "state = 'queued' AND (next_try_at <= :now OR next_try_at > :longest_wait)"
            " AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :longest_lease)",
            {"now": text_of(now), "longest_wait": text_of(now + LONGEST_WAIT), "longest_lease": text_of(now + LEASE)},
        )

    def all(self) -> list[Entry]:
        """List everything, oldest first."""
        return self._entries("TRUE", {})

    def entry(self, submission_id: UUID) -> Entry:
        """Give one submission; raises SignerError FILE_MISSING."""
        found = self._entries("submission_id = :id", {"id": str(submission_id)})
        if not found:
            raise SignerError(ErrorCode.FILE_MISSING, "no such submission")
        return found[0]

    def receipt(self, submission_id: UUID) -> Receipt | None:
        """Give the receipt of a submission that was delivered."""
        return self.entry(submission_id).receipt

    def lease(self, submission_id: UUID, now: datetime) -> bool:
        """Keep other copies from sending this too for a while; False when one of them is at it."""
        return self._change(
            "leased_until = :until WHERE submission_id = :id AND state = 'queued'"
            " AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :until)",
            submission_id,
            now=text_of(now),
            until=text_of(now + LEASE),
        )

    def release(self, submission_id: UUID) -> None:
        """Give a lease back: a delivery was broken off, and anybody may go on at once."""
        self._change("leased_until = NULL WHERE submission_id = :id AND state = 'queued'", submission_id)

    def record_failure(self, submission_id: UUID, code: ErrorCode, next_try_at: datetime) -> None:
        """Note a try that failed, and when the next one is; nothing, when it was delivered meanwhile."""
        self._change(
            "attempts = attempts + 1, last_error = :error, next_try_at = :next, leased_until = NULL"
            " WHERE submission_id = :id AND state = 'queued'",
            submission_id,
            error=code.support_id,
            next=text_of(next_try_at),
        )

    def restamp(self, entry: Entry, stamp: Callable[[SignedContract], SignedContract]) -> SignedContract:
        """Put a time-stamp into the file and note what it is since; not noted once it may have been sent.

        Gives what is to be sent. Raises what ``stamp`` and ``opened`` raise.
        """
        with self.opened(entry) as before:
            signed, file = stamp(before), None
            if entry.keeping is not Keeping.OPEN:
                assert self._seals
                file = self._seals.sealed_anew(signed, entry.terms, entry.path)
        self._change(
            "sha256 = :sha256, size = :size, level = :level, sealed_file = coalesce(:file, sealed_file)"
            " WHERE submission_id = :id AND state = 'queued' AND sent = 0",
            signed.submission_id,
            sha256=signed.sha256,
            size=signed.size,
            level=signed.level.value,
            file=file.name if file else None,
        )
        self._tidy(entry.submission_id)
        return replace(signed, path=entry.path, sealed=file)

    def mark_sent(self, submission_id: UUID) -> None:
        """Note that it is about to be sent: from now on the agency may have it, and its bytes stay as they are."""
        self._change("sent = 1 WHERE submission_id = :id", submission_id)

    def record_delivery(self, submission_id: UUID, receipt: Receipt) -> None:
        """Keep the receipt; the first one stays when it is delivered twice.

        Where many people use the computer, nothing that names the signer stays: neither the file nor the proof.
        """
        is_shared = self._seals is not None and self._seals.shared
        if is_shared:
            receipt = replace(receipt, proof="")
        self._change(
            "state = 'delivered', attempts = attempts + 1, last_error = NULL, next_try_at = NULL, leased_until = NULL,"
            " delivered_at = :now, receipt = :receipt WHERE submission_id = :id AND state IN ('queued', 'parked')",
            submission_id,
            now=text_of(self._clock.now()),
            receipt=receipt_text(receipt),
        )
        if is_shared:
            self._tidy(submission_id)

    def to_extend(self, now: datetime) -> list[Entry]:
        """List what was delivered below the level that was asked, and is to be tried again at ``now``."""
        due = {"now": text_of(now), "longest_wait": text_of(now + LONGEST_WAIT)}
        condition = "extend_next_at IS NULL OR extend_next_at <= :now OR extend_next_at > :longest_wait"
        return [entry for entry in self._entries(f"state = 'delivered' AND ({condition})", due) if entry.pending]

    def add_extension(self, entry: Entry, extension: Extension, path: Path) -> None:
        """Put on record what was appended to the file at ``path``, before it is sent; the first of a number stays."""
        file = None
        if entry.keeping is not Keeping.OPEN:
            assert self._seals
            file = self._seals.sealed_piece(path, extension.start, extension.end, entry.path).name
        with self._database.writing() as database:
            database.execute(
                "INSERT INTO extension (submission_id, number, start, end, sha256, level, sealed_file)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    str(entry.submission_id),
                    extension.number,
                    extension.start,
                    extension.end,
                    extension.sha256,
                    extension.level.value,
                    file,
                ),
            )

    def record_extension(self, submission_id: UUID, number: int) -> None:
        """Note that the agency has taken an extension."""
        with self._database.writing() as database:
            database.execute(
                "UPDATE extension SET delivered = 1 WHERE submission_id = ? AND number = ?",
                (str(submission_id), number),
            )

    def record_level(self, submission_id: UUID, level: Level, next_try_at: datetime) -> None:
        """Note what level the agency has now, and when to go on if that is not enough yet."""
        self._change(
            "agency_level = :level, extend_attempts = extend_attempts + 1, extend_next_at = :next"
            " WHERE submission_id = :id",
            submission_id,
            level=level.value,
            next=text_of(next_try_at),
        )

    def record_extension_failure(self, submission_id: UUID, next_try_at: datetime) -> None:
        """Note that extending did not get on, and when the next try is."""
        self._change(
            "extend_attempts = extend_attempts + 1, extend_next_at = :next WHERE submission_id = :id",
            submission_id,
            next=text_of(next_try_at),
        )

    def park(self, submission_id: UUID, code: ErrorCode) -> None:
        """Keep it as evidence, and try no more by ourselves."""
        self._change(
            "state = 'parked', attempts = attempts + 1, last_error = :error, next_try_at = NULL, leased_until = NULL"
            " WHERE submission_id = :id AND state <> 'delivered'",
            submission_id,
            error=code.support_id,
        )

    def unpark(self, submission_id: UUID) -> None:
        """Try again what was parked, now that people have spoken; what was never queued waits for ``recover``."""
        self._change(
            "state = CASE WHEN sha256 IS NULL THEN 'signing' ELSE 'queued' END, next_try_at = :now"
            " WHERE submission_id = :id AND state = 'parked'",
            submission_id,
            now=text_of(self._clock.now()),
        )

    def recover(self, validate: Validate) -> list[UUID]:
        """Finish what a crash left: gives the submissions whose whole file was found and queued.

        ``validate`` describes a signed file or raises SignerError: a retriable one leaves it for the next start, any
        other parks it. Signings that left no file are dropped when they are ``ABANDONED``: a younger one may be another
        copy's, whose worker is entering the PIN.
        """
        found = [entry for entry in self._entries("state = 'signing'", {}) if entry.path.exists()]
        queued = [entry.submission_id for entry in found if self._take_in(entry, validate)]
        self._drop_abandoned()
        for entry in self._entries("state <> 'signing'", {}):
            if self._lies_wrong(entry):
                with suppress(SignerError):  # a full disk keeps nothing from being delivered
                    self.seal(entry.submission_id)
        return queued

    def _take_in(self, entry: Entry, validate: Validate) -> bool:
        try:
            signed = validate(entry.terms, entry.path)
        except SignerError as error:
            if not error.code.retriable:
                self.park(entry.submission_id, error.code)
            return False
        self.queue(signed)
        return True

    def _drop_abandoned(self) -> None:
        before = text_of(self._clock.now() - ABANDONED)
        with self._database.writing() as database:
            for row in database.execute(
                "SELECT submission_id, file FROM submission WHERE state = 'signing' AND created_at < ?", (before,)
            ).fetchall():
                if not (self._folder / row["file"]).exists():
                    database.execute("DELETE FROM submission WHERE submission_id = ?", (row["submission_id"],))
        clear_away(self._folder, PARTS, _WRITTEN)

    def _note_sealed(self, submission_id: UUID, keeping: Keeping, file: Path) -> None:
        """Note how it lies here; what only the agency can open does not tell whose it is either."""
        names = "" if keeping is Keeping.SEALED else ", signer_name = ''"
        self._change(
            f"kept = :kept, sealed_file = :file{names} WHERE submission_id = :id AND kept = 'open'",
            submission_id,
            kept=keeping.value,
            file=file.name,
        )

    def _lies_wrong(self, entry: Entry) -> bool:
        """Tell whether a file does not lie as it should: a crash came between, or the settings have changed."""
        if self._seals is None:
            return False
        left = entry.keeping is not Keeping.OPEN and entry.path.exists()
        return left or entry.keeping in self._seals.wrong(delivered=entry.receipt is not None)

    def _tidy(self, submission_id: UUID) -> None:
        """Erase what does not count any more of a signed file: what is sealed now, was stamped, or is delivered."""
        entry = self.entry(submission_id)
        if self._seals and self._seals.shared and entry.keeping is not Keeping.ERASED:
            if entry.receipt is not None:
                forgotten = "kept = 'erased', sealed_file = NULL, signer_name = ''"
                self._change(f"{forgotten} WHERE submission_id = :id", submission_id)
            elif entry.keeping is Keeping.SEALED:
                self._change("kept = 'agency', signer_name = '' WHERE submission_id = :id", submission_id)
            entry = self.entry(submission_id)
        if entry.keeping is not Keeping.OPEN:
            erase(entry.path, _counting(entry))

    def _change(self, assignments_and_condition: str, submission_id: UUID, **values: str | int | None) -> bool:
        with self._database.writing() as database:
            statement = f"UPDATE submission SET {assignments_and_condition}"  # noqa: S608 - texts of this file only
            return database.execute(statement, {"id": str(submission_id), **values}).rowcount == 1

    def _entries(self, condition: str, values: dict[str, str]) -> list[Entry]:
        statement = f"SELECT * FROM submission WHERE {condition} ORDER BY sequence"  # noqa: S608 - as above
        with self._database.reading() as database:
            rows = database.execute(statement, values).fetchall()
            added = database.execute("SELECT * FROM extension ORDER BY submission_id, number").fetchall()
        extensions = {name: tuple(group) for name, group in groupby(added, key=itemgetter("submission_id"))}
        return [entry_of(row, self._folder, extensions.get(row["submission_id"], ())) for row in rows]


def _find(database: sqlite3.Connection, submission_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return database.execute(
        "SELECT state, sha256, file FROM submission WHERE submission_id = ?", (str(submission_id),)
    ).fetchone()


def _counting(entry: Entry) -> list[Path]:
    """Name the files that hold what there is of a signed file that does not lie open."""
    if entry.signed is None or entry.signed.sealed is None:
        return []
    ours = [original_of(entry.path), *entry.pieces] if entry.keeping is Keeping.SEALED else []
    return [entry.signed.sealed, *ours]


def _is_to_seal(entry: Entry) -> bool:
    """Tell whether a file waits for its agency and lies open; what was delivered is the worker's own copy."""
    return entry.keeping is Keeping.OPEN and entry.receipt is None and entry.path.exists()
