"""The audit log: what happened, in a chain of hashes, so that a line changed or taken out is seen.

It holds pseudonyms, drawn by lot for each person, and hashes, no names: personal data can be erased elsewhere, and the
log stays whole. Once the row that says whose pseudonym it is was erased (agency.erasing), nothing leads back. It is
written in the transaction of what it tells: neither is there without the other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.store import AliasRow, AuditRow, Contract

_BEGINNING: Final = bytes(32)  # what the first line follows
_ALIAS_BYTES: Final = 16


class Happening(Enum):
    """What can happen to a contract; names are kept for ever, since old lines have them."""

    PUBLISHED = "published"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    INVITED = "invited"
    LINK_MADE = "linkMade"
    LOCATED = "located"
    CODE_SENT = "codeSent"
    LOGGED_IN = "loggedIn"
    LOGIN_REFUSED = "loginRefused"
    OPENED = "opened"
    SIGNING_AGREED = "signingAgreed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    KEPT_AS_EVIDENCE = "keptAsEvidence"
    EXTENDED = "extended"
    OBJECTED = "objected"
    ERASED = "erased"
    DEVICE_ENROLLED = "deviceEnrolled"
    DEVICE_REVOKED = "deviceRevoked"


def record(session: Session, happening: Happening, contract: Contract, at: datetime, **facts: str) -> None:
    """Append one line; to be called by a writer, who is alone. ``facts`` are ids, hashes and codes, never names."""
    _append(session, happening, contract.id, contract.person_id, at, facts)


def record_of_person(session: Session, happening: Happening, person_id: int, at: datetime, **facts: str) -> None:
    """Append one line that is about a worker and no contract, as ``record`` does."""
    _append(session, happening, "", person_id, at, facts)


def _append(
    session: Session, happening: Happening, contract_id: str, person_id: int, at: datetime, facts: dict[str, str]
) -> None:
    last = session.scalars(select(AuditRow).order_by(AuditRow.sequence.desc()).limit(1)).first()
    row = AuditRow(
        sequence=last.sequence + 1 if last else 1,
        at=at.astimezone(UTC),
        happening=happening.value,
        contract_id=contract_id,
        pseudonym=_alias(session, person_id),
        facts=json.dumps(facts, sort_keys=True),
    )
    row.hash = _hash(last.hash if last else _BEGINNING, row)
    session.add(row)
    session.flush()  # the next line follows this one


def lines(session: Session, contract_id: str | None = None) -> Iterator[AuditRow]:
    """Give the lines in their order, of one contract or of all."""
    wanted = select(AuditRow).order_by(AuditRow.sequence)
    yield from session.scalars(wanted if contract_id is None else wanted.where(AuditRow.contract_id == contract_id))


def first_broken(session: Session) -> int | None:
    """Find the first line that does not follow from all before it; None when the chain holds.

    What was cut off at the end is seen only by who noted an earlier head: ``head`` gives it.
    """
    before = _BEGINNING
    for number, row in enumerate(lines(session), start=1):
        if row.sequence != number or row.hash != _hash(before, row):
            return number
        before = row.hash
    return None


def head(session: Session) -> str:
    """Give the newest line's number and hash; noted elsewhere, it proves later that nothing before it was changed."""
    last = session.scalars(select(AuditRow).order_by(AuditRow.sequence.desc()).limit(1)).first()
    return f"{last.sequence}:{last.hash.hex()}" if last else f"0:{_BEGINNING.hex()}"


def _alias(session: Session, person_id: int) -> str:
    known = session.get(AliasRow, person_id)
    if known is None:
        known = AliasRow(person_id=person_id, alias=secrets.token_hex(_ALIAS_BYTES))
        session.add(known)
    return known.alias


def _hash(before: bytes, row: AuditRow) -> bytes:
    told = [row.sequence, row.at.isoformat(), row.happening, row.contract_id, row.pseudonym, row.facts]
    return hashlib.sha256(before + json.dumps(told).encode()).digest()
