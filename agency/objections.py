"""What workers say is wrong with a contract: kept once, however often it is sent. Nothing is signed by it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agency import audit
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import Contract, ObjectionRow
from signer.agency.schema import ObjectionRequest, ObjectionResource

_MAX: Final = 20  # of one contract: more than a worker has to say, far less than a script


def record(office: Office, contract: Contract, key: UUID, request: ObjectionRequest) -> ObjectionResource:
    """Keep an objection; the same key and words give the same answer. Raises ProblemError CONFLICT or TOO_MANY."""
    reasons = ",".join(dict.fromkeys(request.reasons))
    with office.store.writing() as session:
        known = session.get(ObjectionRow, str(key))
        if known is not None:
            if (known.contract_id, known.reasons, known.text) != (contract.id, reasons, request.text):
                raise ProblemError(ProblemType.CONFLICT)
            return as_resource(known)
        _require_room(session, contract.id)
        row = ObjectionRow(
            id=str(key), contract_id=contract.id, reasons=reasons, text=request.text, received_at=office.now()
        )
        session.add(row)
        session.execute(update(Contract).where(Contract.id == contract.id).values(changed_at=row.received_at))
        audit.record(session, Happening.OBJECTED, contract, row.received_at, reasons=reasons)
        return as_resource(row)


def as_resource(row: ObjectionRow) -> ObjectionResource:
    """Give an objection as it goes out."""
    return ObjectionResource(
        id=UUID(row.id), reasons=row.reasons.split(","), text=row.text, received_at=row.received_at
    )


def _require_room(session: Session, contract_id: str) -> None:
    made = select(func.count()).select_from(ObjectionRow).where(ObjectionRow.contract_id == contract_id)
    if session.scalars(made).one() >= _MAX:
        raise ProblemError(ProblemType.TOO_MANY)
