"""Receiving a signature: put together, checked, kept, answered; any number of times with one outcome.

The order is what survives a power cut: the file first, under its own hash, then one transaction that marks the contract
and keeps the receipt. Between the two, the client has no answer and sends again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from agency import audit, tokens
from agency.audit import Happening
from agency.documents import put_together
from agency.office import Office, Signatory
from agency.problems import ProblemError, ProblemType, of_error
from agency.store import Contract, DoomedRow, EvidenceRow, Person, SubmissionRow
from signer.agency.schema import MAX_INCREMENT, LoginName, Submission, SubmissionRequest, TransactionProof
from signer.errors import ErrorCode, SignerError
from signer.model import Timeliness, Times

_WHY_NOT_OPENED: Final = {
    ErrorCode.SEAL_NOT_OURS: ProblemType.SEAL_NOT_OPENED,
    ErrorCode.STORE_DAMAGED: ProblemType.DAMAGED,
}
_TAKEN_BACK: Final = frozenset({"withdrawn", "replaced"})
_NO_LONGER_OPEN: Final = {"signed": ProblemType.ALREADY_SIGNED} | dict.fromkeys(_TAKEN_BACK, ProblemType.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One PUT: under which id, for which contract, with what, and when it arrived."""

    submission_id: UUID
    contract: Contract
    pseudonym: bytes
    login: LoginName
    request: SubmissionRequest
    increment: bytes = field(repr=False)
    increment_sha256: str
    received_at: datetime


def receive(office: Office, submission_id: UUID, capability: str, request: SubmissionRequest) -> Submission:
    """Take a signature in; the same id and bytes give the same answer.

    Raises ProblemError: CAPABILITY_UNKNOWN, TOO_LARGE, CONFLICT, ALREADY_SIGNED, NOT_THE_ORIGINAL, DAMAGED,
    SEAL_NOT_OPENED, SIGNATURE_INVALID, CERTIFICATE_REFUSED, CARD_WITHDRAWN, CARD_SUSPENDED, OTHER_PERSON; and
    KEPT_AS_EVIDENCE for a good signature under a contract that was withdrawn or replaced meanwhile, however often it
    comes.
    """
    with office.store.reading() as session:
        right = tokens.capability_for(session, capability, submission_id)
        contract = session.get_one(Contract, right.contract_id)
        increment = _increment(office, request)
        increment_sha256 = hashlib.sha256(increment).hexdigest()
        answered = _answered(session, submission_id, contract, request, increment_sha256)
        pseudonym = session.get_one(Person, contract.person_id).pseudonym
    if answered:
        return answered
    if contract.state == "signed":
        raise ProblemError(ProblemType.ALREADY_SIGNED)
    arrived_at = office.now()
    delivery = _Delivery(
        submission_id, contract, pseudonym, right.login, request, increment, increment_sha256, arrived_at
    )
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
    session: Session, submission_id: UUID, contract: Contract, request: SubmissionRequest, increment_sha256: str
) -> Submission | None:
    """Give the answer that was given before; raises it when it was KEPT_AS_EVIDENCE, unless the contract is open again.

    Raises ProblemError CONFLICT for other bytes than those that were answered.
    """
    accepted = session.get(SubmissionRow, str(submission_id))
    row = accepted or session.get(EvidenceRow, str(submission_id))
    if row is None:
        return None
    if (row.increment_sha256, row.signed_sha256) != (increment_sha256, request.signed_sha256):
        raise ProblemError(ProblemType.CONFLICT)
    if accepted is None and contract.state in _TAKEN_BACK:
        raise ProblemError(ProblemType.KEPT_AS_EVIDENCE)
    return as_resource(accepted) if accepted else None


def _increment(office: Office, request: SubmissionRequest) -> bytes:
    """Give the bytes that the signature added, whichever way they came."""
    try:
        sealed = request.sealed_increment or b""
        increment = request.increment if request.increment is not None else office.sealing.open(sealed)
    except SignerError as error:
        raise ProblemError(_WHY_NOT_OPENED.get(error.code, ProblemType.UNAVAILABLE), error.code.support_id) from error
    if len(increment) > MAX_INCREMENT:
        raise ProblemError(ProblemType.TOO_LARGE)
    return increment


@contextmanager
def _refusals_on_record(office: Office, delivery: _Delivery) -> Iterator[None]:
    try:
        yield
    except ProblemError as error:
        if error.problem.value.status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # it comes again, and may hold
            raise
        facts = {"submissionId": str(delivery.submission_id), "because": error.problem.value.name}
        with office.store.writing() as session:
            contract = session.get_one(Contract, delivery.contract.id)
            audit.record(session, Happening.REFUSED, contract, delivery.received_at, **facts)
        raise


def _checked(office: Office, delivery: _Delivery, arrived: Path) -> Signatory:
    contract, request = delivery.contract, delivery.request
    if request.original_sha256 != contract.sha256:
        raise ProblemError(ProblemType.NOT_THE_ORIGINAL)
    with office.documents.reading(contract.sha256) as original:
        if put_together(original, delivery.increment, arrived) != request.signed_sha256:
            raise ProblemError(ProblemType.DAMAGED)
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
    offset = timedelta(milliseconds=request.clock_offset_ms)
    times = Times(signatory.claimed_at, offset, signatory.proven_at, delivery.received_at)
    timeliness = times.timeliness(contract.starts_at)
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
        claimed_at=times.claimed_at,
        clock_offset_ms=request.clock_offset_ms,
        proven_at=times.proven_at,
        received_at=times.received_at,
        deadline=contract.starts_at,
        late=timeliness is not Timeliness.IN_TIME,
        timeliness=timeliness.value,
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
        outcome = _outcome(session, delivery, proof, office.now())
    if isinstance(outcome, ProblemType):
        raise ProblemError(outcome)
    return outcome


def _outcome(session: Session, delivery: _Delivery, proof: TransactionProof, now: datetime) -> Submission | ProblemType:
    contract = session.get(Contract, delivery.contract.id)
    if contract is None or (
        contract.state == "signed" and session.get(SubmissionRow, str(delivery.submission_id)) is None
    ):
        session.merge(DoomedRow(sha256=proof.signed_sha256))  # nothing will name it
        return ProblemType.ALREADY_SIGNED if contract else ProblemType.CAPABILITY_UNKNOWN  # erased meanwhile
    answered = _answered(session, delivery.submission_id, contract, delivery.request, delivery.increment_sha256)
    if answered:
        return answered
    if contract.state == "open":
        contract.state, contract.changed_at = "signed", now  # not when it arrived: the check may have taken minutes
        return _accepted(session, contract, delivery, proof)
    _kept_as_evidence(session, contract, delivery, proof)
    return ProblemType.KEPT_AS_EVIDENCE


def _accepted(session: Session, contract: Contract, delivery: _Delivery, proof: TransactionProof) -> Submission:
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
    facts = _facts(proof) | {"late": str(row.late)}
    audit.record(session, Happening.ACCEPTED, contract, row.received_at, **facts)
    return as_resource(row)


def _kept_as_evidence(session: Session, contract: Contract, delivery: _Delivery, proof: TransactionProof) -> None:
    """Keep a signature that came too late for a contract that was taken back; the contract stays as it is."""
    session.add(
        EvidenceRow(
            submission_id=str(delivery.submission_id),
            contract_id=contract.id,
            increment_sha256=delivery.increment_sha256,
            signed_sha256=proof.signed_sha256,
            proof=proof.model_dump_json(by_alias=True),
            received_at=proof.received_at,
        )
    )
    facts = _facts(proof) | {"because": contract.state}
    audit.record(session, Happening.KEPT_AS_EVIDENCE, contract, proof.received_at, **facts)


def _facts(proof: TransactionProof) -> dict[str, str]:
    """Give what the audit log tells of a signature: the time of the line is when it was received."""
    proven = {"provenAt": proof.proven_at.isoformat()} if proof.proven_at else {}
    return {
        "submissionId": str(proof.submission_id),
        "sha256": proof.signed_sha256,
        "level": proof.level,
        "claimedAt": proof.claimed_at.isoformat(),
        "timeliness": str(proof.timeliness),
        **proven,
    }
