"""Signatures coming in, and what became of them."""
# ruff: noqa: FAST003 - the names in paths are aliases: lowerCamelCase outside, snake_case inside

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from agency import submissions, tokens
from agency.office import Office
from agency.problems import ProblemError, ProblemType, documented
from agency.routes.dependencies import CapabilityDep, OfficeDep
from agency.store import SubmissionRow
from signer.agency.schema import Submission, SubmissionRequest, TransactionProof

router = APIRouter(tags=["submissions"])

SubmissionId = Annotated[UUID, Path(alias="submissionId", description="The id that the client made before signing.")]


@router.put(
    "/submissions/{submissionId}",
    operation_id="putSubmission",
    summary="Deliver a signature",
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.CAPABILITY_UNKNOWN,
        ProblemType.OTHER_PERSON,
        ProblemType.CONFLICT,
        ProblemType.ALREADY_SIGNED,
        ProblemType.WITHDRAWN,
        ProblemType.TOO_LARGE,
        ProblemType.NOT_THE_ORIGINAL,
        ProblemType.DAMAGED,
        ProblemType.SIGNATURE_INVALID,
        ProblemType.CERTIFICATE_REFUSED,
        ProblemType.CARD_WITHDRAWN,
        ProblemType.CARD_SUSPENDED,
    ),
)
def put_submission(
    office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId, request: SubmissionRequest
) -> Submission:
    """Take the bytes that the signature added to the original; the agency has the rest already.

    Original and increment together must have the SHA-256 `signedSha256` and hold exactly one new signature, intact, by
    the expected person, with a certificate that leads to a trusted root. The same id with the same bytes gives the
    same answer, however often; with other bytes, a conflict. A signature that arrives after the job has started is
    accepted and flagged `late`: nothing is refused for its hour, and nothing is back-dated.
    """
    return submissions.receive(office, submission_id, capability, request)


@router.get(
    "/submissions/{submissionId}",
    operation_id="getSubmission",
    summary="Where a submission stands",
    responses=documented(ProblemType.CAPABILITY_UNKNOWN, ProblemType.NOT_FOUND),
)
def get_submission(office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId) -> Submission:
    """Give the answer again that the delivery had; not found when nothing was accepted under this id."""
    return _accepted(office, capability, submission_id)


@router.get(
    "/submissions/{submissionId}/receipt",
    operation_id="getReceipt",
    summary="The transaction proof",
    responses=documented(ProblemType.CAPABILITY_UNKNOWN, ProblemType.NOT_FOUND),
)
def get_receipt(office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId) -> TransactionProof:
    """Give what happened, by the server's clock; the claimed time is the signer's own."""
    return _accepted(office, capability, submission_id).receipt


def _accepted(office: Office, capability: str, submission_id: UUID) -> Submission:
    with office.store.reading() as session:
        tokens.contract_of_capability(session, capability, submission_id)
        row = session.get(SubmissionRow, str(submission_id))
    if row is None:
        raise ProblemError(ProblemType.NOT_FOUND)
    return submissions.as_resource(row)
