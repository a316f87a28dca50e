"""What a worker writes to an agency about a contract, kept on the disk until the agency has it; nothing typed is lost.

One objection a contract waits at most: who writes again before it was sent has changed their words. Once the agency has
it, it is erased here: the agency's own answer tells that it was told.
"""

from __future__ import annotations

import logging
import random
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from signer.delivery import Decision, decide, next_try
from signer.errors import LOGGED_OUT, ErrorCode, Kind, SignerError, code_of
from signer.model import Objection, Wrong
from signer.outbox import LONGEST_WAIT
from signer.outbox_rows import text_of
from signer.ports import AgencyGateway, Clock
from signer.sqlite import Database

_LOG: Final = logging.getLogger("paraph.objections")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # what the API does not take
_NAME: Final = "objections.sqlite3"
_MIGRATIONS: Final = (  # what has shipped is never changed: a new version appends
    """
    CREATE TABLE objection (
        id TEXT PRIMARY KEY,
        agency_id TEXT NOT NULL,
        contract_id TEXT NOT NULL,
        reasons TEXT NOT NULL,
        text TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        next_try_at TEXT,
        UNIQUE (agency_id, contract_id)
    ) STRICT
    """,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An objection that the agency does not have yet."""

    objection: Objection
    attempts: int
    last_error: ErrorCode | None  # what kept it last

    @property
    def held(self) -> bool:
        """Whether the agency does not take it: only people can go on."""
        return self.last_error is not None and not can_wait(self.last_error)


class Objections:
    """A folder with what is not sent yet; safe with several threads and several copies of the program.

    Everything raises SignerError DISK_FULL, FILE_NOT_WRITABLE or STORE_DAMAGED.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._database = Database(folder / _NAME, _MIGRATIONS)
        self._database.prepare()

    def keep(self, objection: Objection) -> None:
        """Put it on the disk, in place of an earlier one about this contract that was not sent."""
        with self._database.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO objection (id, agency_id, contract_id, reasons, text, next_try_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    str(objection.id),
                    objection.agency_id,
                    objection.contract_id,
                    ",".join(reason.value for reason in objection.reasons),
                    objection.text,
                    text_of(self._clock.now()),
                ),
            )

    def all(self) -> list[Waiting]:
        """List what waits."""
        return self._rows("TRUE")

    def due(self) -> list[Waiting]:
        """List what is to be tried now."""
        now = self._clock.now()  # a wait longer than we ever wait was noted by a clock that was wrong, and is over
        return self._rows("next_try_at <= ? OR next_try_at > ?", text_of(now), text_of(now + LONGEST_WAIT))

    def drop(self, objection_id: UUID) -> None:
        """Erase it: the agency has it, or the worker thought better of it."""
        with self._database.writing() as database:
            database.execute("DELETE FROM objection WHERE id = ?", (str(objection_id),))

    def note(self, waiting: Waiting, code: ErrorCode) -> None:
        """Note what kept it, and when to try again: the wait doubles, as for signatures; never where it is in vain."""
        later = next_try(waiting.attempts + 1, self._clock.now(), random.random())  # noqa: S311 - no secret
        following = text_of(later) if can_wait(code) else None
        with self._database.writing() as database:
            database.execute(
                "UPDATE objection SET attempts = attempts + 1, last_error = ?, next_try_at = ? WHERE id = ?",
                (code.support_id, following, str(waiting.objection.id)),
            )

    def _rows(self, condition: str, *values: str) -> list[Waiting]:
        statement = f"SELECT * FROM objection WHERE {condition} ORDER BY rowid"  # noqa: S608 - texts of this file only
        with self._database.reading() as database:
            return [_waiting(row) for row in database.execute(statement, values).fetchall()]


def can_wait(code: ErrorCode) -> bool:
    """Tell whether waiting can mend it; who is not logged in any more will be, with the next link."""
    return code in LOGGED_OUT or decide(code) is Decision.RETRY


def tidy(text: str) -> str:
    """Make what was typed or pasted fit to be sent: no control characters, and no space around."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n")).strip()


def send(box: Objections, waiting: Iterable[Waiting], gateway_for: Callable[[str], AgencyGateway]) -> list[Objection]:
    """Send each once, and give what the agencies have now; what goes wrong is noted, and stops no other agency.

    Raises SignerError only when the disk cannot be used.
    """
    resting: set[str] = set()
    sent: list[Objection] = []
    for each in waiting:
        if each.objection.agency_id in resting:
            continue
        code = _tried(each.objection, gateway_for)
        if code is None:
            box.drop(each.objection.id)
            sent.append(each.objection)
        else:
            box.note(each, code)
            if code is ErrorCode.AGENCY_BUSY or code.kind is Kind.NETWORK:
                resting.add(each.objection.agency_id)
    return sent


def _tried(objection: Objection, gateway_for: Callable[[str], AgencyGateway]) -> ErrorCode | None:
    try:
        gateway_for(objection.agency_id).tell_wrong(objection)
    except SignerError as error:
        _LOG.info("objection %s: %s", objection.id, error)
        return error.code
    return None


def _waiting(row: sqlite3.Row) -> Waiting:
    try:
        reasons = tuple(Wrong(name) for name in row["reasons"].split(","))
        objection = Objection(UUID(row["id"]), row["agency_id"], row["contract_id"], reasons, row["text"])
        return Waiting(objection, row["attempts"], code_of(row["last_error"]))
    except ValueError:
        raise SignerError(ErrorCode.STORE_DAMAGED, "an objection") from None  # its text would repeat the row
