"""Receiving a signature: put together, checked, kept, answered; any number of times with one outcome.

The order is what survives a power cut: the file first, under its own hash, then one transaction that marks the contract
and keeps the receipt. Between the two, the client has no answer and sends again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from agency import audit, tokens
from agency.audit import Happening
from agency.office import Office, Signatory
from agency.problems import ProblemError, ProblemType, of_error
from agency.store import Contract, Person, SubmissionRow
from signer.agency.schema import MAX_INCREMENT, LoginName, Submission, SubmissionRequest, TransactionProof
from signer.errors import SignerError

_NO_LONGER_OPEN: Final = {
    "signed": ProblemType.ALREADY_SIGNED,
    "withdrawn": ProblemType.WITHDRAWN,
    "replaced": ProblemType.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One PUT: under which id, for which contract, with what, and when it arrived."""

    submission_id: UUID
    contract: Contract
    pseudonym: bytes
    login: LoginName
    request: SubmissionRequest
    increment_sha256: str
    received_at: datetime


def receive(office: Office, submission_id: UUID, capability: str, request: SubmissionRequest) -> Submission:
    """Take a signature in; the same id and bytes give the same answer.

    Raises ProblemError: CAPABILITY_UNKNOWN, TOO_LARGE, CONFLICT, ALREADY_SIGNED, WITHDRAWN, NOT_THE_ORIGINAL, DAMAGED,
    SIGNATURE_INVALID, CERTIFICATE_REFUSED, CARD_WITHDRAWN, CARD_SUSPENDED, OTHER_PERSON.
    """
    if len(request.increment) > MAX_INCREMENT:
        raise ProblemError(ProblemType.TOO_LARGE)
    increment_sha256 = hashlib.sha256(request.increment).hexdigest()
    with office.store.reading() as session:
        right = tokens.capability_for(session, capability, submission_id)
        contract = session.get_one(Contract, right.contract_id)
        answered = _answered(session, submission_id, request, increment_sha256)
        pseudonym = session.get_one(Person, contract.person_id).pseudonym
    if answered:
        return answered
    require_open(contract)
    delivery = _Delivery(submission_id, contract, pseudonym, right.login, request, increment_sha256, office.now())
    with office.documents.incoming() as arrived, _refusals_on_record(office, delivery):
        signatory = _checked(office, delivery, arrived)
        office.documents.keep(arrived)
    return _recorded(office, delivery, _proof(office, delivery, signatory))


def require_open(contract: Contract) -> None:
    """Refuse a contract that cannot be signed any more; raises ProblemError ALREADY_SIGNED or WITHDRAWN."""
    if contract.state in _NO_LONGER_OPEN:
        raise ProblemError(_NO_LONGER_OPEN[contract.state])


def as_resource(row: SubmissionRow) -> Submission:
    """Give an accepted submission as it went out when it was accepted."""
    receipt = TransactionProof.model_validate_json(row.receipt)
    return Submission(submission_id=UUID(row.id), state="accepted", level=receipt.level, receipt=receipt)


def _answered(
    session: Session, submission_id: UUID, request: SubmissionRequest, increment_sha256: str
) -> Submission | None:
    row = session.get(SubmissionRow, str(submission_id))
    if row is None:
        return None
    if (row.increment_sha256, row.signed_sha256) != (increment_sha256, request.signed_sha256):
        raise ProblemError(ProblemType.CONFLICT)
    return as_resource(row)


@contextmanager
def _refusals_on_record(office: Office, delivery: _Delivery) -> Iterator[None]:
    try:
        yield
    except ProblemError as error:
        facts = {"submissionId": str(delivery.submission_id), "because": error.problem.value.name}
        with office.store.writing() as session:
            contract = session.get_one(Contract, delivery.contract.id)
            audit.record(session, Happening.REFUSED, contract, delivery.received_at, **facts)
        raise


def _checked(office: Office, delivery: _Delivery, arrived: Path) -> Signatory:
    contract, request = delivery.contract, delivery.request
    if request.original_sha256 != contract.sha256:
        raise ProblemError(ProblemType.NOT_THE_ORIGINAL)
    if office.documents.whole(contract.sha256, request.increment, arrived) != request.signed_sha256:
        raise ProblemError(ProblemType.DAMAGED)
    original = office.documents.path(contract.sha256)
    try:
        signatory = office.check(original, arrived, delivery.received_at, contract.field)
    except SignerError as error:
        raise ProblemError(of_error(error), error.code.support_id) from error
    found = office.people.pseudonym_of(signatory.certificate)
    if found is None or not hmac.compare_digest(found, delivery.pseudonym):
        raise ProblemError(ProblemType.OTHER_PERSON)
    return signatory


def _proof(office: Office, delivery: _Delivery, signatory: Signatory) -> TransactionProof:
    contract, request = delivery.contract, delivery.request
    return TransactionProof(
        transaction_id=uuid4(),
        submission_id=delivery.submission_id,
        agency_id=office.settings.id,
        contract_id=contract.id,
        title=contract.title,
        language=contract.language,
        page_count=contract.page_count,
        original_sha256=contract.sha256,
        signed_sha256=request.signed_sha256,
        created_at=contract.created_at,
        opened_at=contract.opened_at,
        claimed_at=signatory.claimed_at,
        received_at=delivery.received_at,
        deadline=contract.starts_at,
        late=delivery.received_at > contract.starts_at,
        level=signatory.level,
        level_asked=office.settings.level,
        method="eid",
        login=delivery.login,
        signer_name=signatory.name,
        signer_certificate_sha256=hashlib.sha256(signatory.certificate).hexdigest(),
        test=office.settings.test or signatory.test,
        revocation_checked=signatory.revocation_checked,
    )


def _recorded(office: Office, delivery: _Delivery, proof: TransactionProof) -> Submission:
    """Mark and keep in one transaction; whoever comes second, even by a millisecond, gets the first one's answer."""
    with office.store.writing() as session:
        answered = _answered(session, delivery.submission_id, delivery.request, delivery.increment_sha256)
        if answered:
            return answered
        contract = session.get_one(Contract, delivery.contract.id)
        require_open(contract)
        contract.state = "signed"
        row = SubmissionRow(
            id=str(delivery.submission_id),
            contract_id=contract.id,
            increment_sha256=delivery.increment_sha256,
            signed_sha256=proof.signed_sha256,
            receipt=proof.model_dump_json(by_alias=True),
            received_at=proof.received_at,
            late=proof.late,
        )
        session.add(row)
        facts = {"submissionId": row.id, "sha256": row.signed_sha256, "level": proof.level, "late": str(row.late)}
        audit.record(session, Happening.ACCEPTED, contract, row.received_at, **facts)
        return as_resource(row)
