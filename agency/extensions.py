"""What a signature gets after it was accepted: time-stamps and validation data, appended by its client or by us.

Whoever comes first with a number has it. The order is what survives a power cut: the file under its own hash, then the
row. The receipt stays as it was given; what level the signature has now is told beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency import audit, tokens
from agency.audit import Happening
from agency.documents import put_together
from agency.office import Office
from agency.problems import ProblemError, ProblemType, of_error
from agency.store import Contract, ExtensionRow, SubmissionRow
from signer.agency.schema import (
    MAX_INCREMENT,
    Extension,
    ExtensionRequest,
    LevelName,
    Submission,
    TransactionProof,
)
from signer.errors import SignerError
from signer.model import Level

MOST: Final = 64  # extensions of one submission: a client needs one or two, an archive one in some years

_log: Final = logging.getLogger("agency.extensions")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a submission is now: its newest file, its level, and the one that was asked."""

    submission_id: UUID
    contract_id: str
    sha256: str
    level: LevelName
    level_asked: LevelName
    extensions: int

    @property
    def pending(self) -> bool:
        """Whether the level that was asked is still to be reached."""
        return not Level(self.level).reaches(Level(self.level_asked))


def standing(session: Session, row: SubmissionRow) -> Standing:
    """Tell where an accepted submission is now."""
    receipt, added = TransactionProof.model_validate_json(row.receipt), _added(session, UUID(row.id))
    return Standing(
        submission_id=UUID(row.id),
        contract_id=row.contract_id,
        sha256=added[-1].whole_sha256 if added else row.signed_sha256,
        level=added[-1].level if added else receipt.level,
        level_asked=receipt.level_asked,
        extensions=len(added),
    )


def as_resource(session: Session, row: SubmissionRow) -> Submission:
    """Give an accepted submission as it is now."""
    now = standing(session, row)
    receipt = TransactionProof.model_validate_json(row.receipt)
    return Submission(
        submission_id=now.submission_id, state="accepted", level=now.level, extensions=now.extensions, receipt=receipt
    )


def receive(office: Office, submission_id: UUID, capability: str, number: int, request: ExtensionRequest) -> Extension:
    """Take an extension in; the same number and bytes give the same answer.

    Raises ProblemError: CAPABILITY_UNKNOWN, NOT_FOUND, TOO_LARGE, CONFLICT (other bytes under this number, or the one
    before is missing), DAMAGED, SIGNATURE_INVALID.
    """
    if len(request.increment) > MAX_INCREMENT or number > MOST:
        raise ProblemError(ProblemType.TOO_LARGE)
    with office.store.reading() as session:
        tokens.capability_for(session, capability, submission_id)
        row = session.get(SubmissionRow, str(submission_id))
        if row is None:
            raise ProblemError(ProblemType.NOT_FOUND)
        answered = _answered(session, submission_id, number, request.whole_sha256)
        now = standing(session, row)
    if answered:
        return answered
    if number != now.extensions + 1:
        raise ProblemError(ProblemType.CONFLICT, f"number {now.extensions + 1} is the next")
    with office.documents.incoming() as arrived:
        level = _checked(office, now, request, arrived)
        office.documents.keep(arrived)
    return _recorded(office, now, request.whole_sha256, level, by_agency=False)


def pending(office: Office, older_than: timedelta = timedelta()) -> list[Standing]:
    """List the submissions that lack something of the level that was asked, oldest first."""
    query = select(SubmissionRow).where(SubmissionRow.received_at <= office.now() - older_than)
    with office.store.reading() as session:
        rows = session.scalars(query.order_by(SubmissionRow.received_at)).all()
        return [now for now in (standing(session, row) for row in rows) if now.pending]


def extend(office: Office, now: Standing) -> Standing:
    """Append what a submission lacks, in our own copy, as far as the services let us; gives where it is then.

    Raises ProblemError CONFLICT when its client was quicker, SignerError when it cannot be extended at all.
    """
    with office.documents.incoming() as copy:
        office.documents.copy(now.sha256, copy)
        level = office.check.extend(copy, now.level_asked)
        if not Level(level).reaches(Level(now.level)) or level == now.level:
            return now
        sha256 = office.documents.keep(copy)
    made = _recorded(office, now, sha256, level, by_agency=True)
    return _after(now, made)


def extend_all(office: Office, older_than: timedelta = timedelta()) -> list[Standing]:
    """Extend what is pending, once; gives where each is then. One that fails does not stop the others."""
    return [_attempt(each, lambda now: extend(office, now)) or each for each in pending(office, older_than)]


def renew_all(office: Office, margin: timedelta) -> list[Standing]:
    """Renew the archive time-stamps of which a certificate ends within ``margin``; gives those that were due.

    Looks into every file that has one, so it is for now and then. One that fails does not stop the others.
    """
    with office.store.reading() as session:
        every = [standing(session, row) for row in session.scalars(select(SubmissionRow))]
    archived = (now for now in every if now.level == Level.B_LTA.value)
    return [done for now in archived if (done := _attempt(now, lambda now: _renewed(office, now, margin)))]


def _checked(office: Office, now: Standing, request: ExtensionRequest, arrived: Path) -> LevelName:
    with office.documents.reading(now.sha256) as before:
        if put_together(before, request.increment, arrived) != request.whole_sha256:
            raise ProblemError(ProblemType.DAMAGED)
        try:
            return office.check.extension(before, arrived)
        except SignerError as error:
            raise ProblemError(of_error(error), error.code.support_id) from error


def _renewed(office: Office, now: Standing, margin: timedelta) -> Standing | None:
    with office.documents.incoming() as copy:
        office.documents.copy(now.sha256, copy)
        if not office.check.renew(copy, margin):
            return None
        sha256 = office.documents.keep(copy)
    return _after(now, _recorded(office, now, sha256, now.level, by_agency=True))


def _attempt(now: Standing, work: Callable[[Standing], Standing | None]) -> Standing | None:
    try:
        return work(now)
    except (SignerError, ProblemError) as error:
        _log.warning("submission %s stays at %s: %s", now.submission_id, now.level, error)
        return now


def _after(now: Standing, made: Extension) -> Standing:
    return Standing(
        now.submission_id, now.contract_id, made.whole_sha256, made.level, now.level_asked, now.extensions + 1
    )


def _added(session: Session, submission_id: UUID) -> Sequence[ExtensionRow]:
    query = select(ExtensionRow).where(ExtensionRow.submission_id == str(submission_id))
    return session.scalars(query.order_by(ExtensionRow.number)).all()


def _answered(session: Session, submission_id: UUID, number: int, whole_sha256: str) -> Extension | None:
    row = session.get(ExtensionRow, (str(submission_id), number))
    if row is None:
        return None
    if row.whole_sha256 != whole_sha256:  # the hash of everything before it and of itself
        raise ProblemError(ProblemType.CONFLICT)
    return _resource(row)


def _recorded(office: Office, now: Standing, whole_sha256: str, level: LevelName, *, by_agency: bool) -> Extension:
    """Note it in one transaction; whoever comes second, even by a millisecond, has the number taken."""
    number = now.extensions + 1
    with office.store.writing() as session:
        answered = _answered(session, now.submission_id, number, whole_sha256)
        if answered:
            return answered
        row = ExtensionRow(
            submission_id=str(now.submission_id),
            number=number,
            whole_sha256=whole_sha256,
            level=level,
            received_at=office.now(),
            by_agency=by_agency,
        )
        session.add(row)
        facts = {"submissionId": row.submission_id, "level": level, "sha256": whole_sha256}
        contract = session.get_one(Contract, now.contract_id)
        audit.record(session, Happening.EXTENDED, contract, row.received_at, **facts)
        return _resource(row)


def _resource(row: ExtensionRow) -> Extension:
    return Extension(
        submission_id=UUID(row.submission_id),
        number=row.number,
        whole_sha256=row.whole_sha256,
        level=row.level,
        received_at=row.received_at,
    )
