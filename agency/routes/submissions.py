"""Signatures coming in, and what became of them."""
# ruff: noqa: FAST003 - the names in paths are aliases: lowerCamelCase outside, snake_case inside

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response, status
from fastapi.responses import FileResponse

from agency import extensions, proofs, submissions, tokens
from agency.office import Office
from agency.problems import ProblemError, ProblemType, documented
from agency.routes.dependencies import CapabilityDep, OfficeDep, sent
from agency.store import EvidenceRow, SubmissionRow
from agency.under_way import UnderWay
from signer.agency.schema import (
    Extension,
    ExtensionRequest,
    Submission,
    SubmissionRequest,
    SubmissionUnderWay,
    TransactionProof,
)

router = APIRouter(tags=["submissions"])

_PDF: Final = "application/pdf"
_JOSE: Final = "application/jose"
_AGAIN_S: Final = 2  # when it makes sense to ask again for a check


def _under_way(request: Request) -> UnderWay:
    """Give what this process is checking."""
    found: UnderWay = request.app.state.under_way
    return found


SubmissionId = Annotated[UUID, Path(alias="submissionId", description="The id that the client made before signing.")]
Number = Annotated[int, Path(ge=1, description="Which extension of this submission it is, from 1.")]


UnderWayDep = Annotated[UnderWay, Depends(_under_way)]
_CHECKING: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": SubmissionUnderWay, "description": "It is still being checked: nothing is decided yet."}
}


@router.put(
    "/submissions/{submissionId}",
    operation_id="putSubmission",
    response_model=Submission,
    summary="Deliver a signature",
    responses=_CHECKING
    | documented(
        ProblemType.BAD_REQUEST,
        ProblemType.CAPABILITY_UNKNOWN,
        ProblemType.OTHER_PERSON,
        ProblemType.CONFLICT,
        ProblemType.ALREADY_SIGNED,
        ProblemType.KEPT_AS_EVIDENCE,
        ProblemType.TOO_LARGE,
        ProblemType.NOT_THE_ORIGINAL,
        ProblemType.DAMAGED,
        ProblemType.SEAL_NOT_OPENED,
        ProblemType.SIGNATURE_INVALID,
        ProblemType.CERTIFICATE_REFUSED,
        ProblemType.CARD_WITHDRAWN,
        ProblemType.CARD_SUSPENDED,
    ),
)
def put_submission(
    office: OfficeDep,
    capability: CapabilityDep,
    submission_id: SubmissionId,
    request: SubmissionRequest,
    checks: UnderWayDep,
) -> Submission | Response:
    """Take the bytes that the signature added to the original; the agency has the rest already.

    Original and increment together must have the SHA-256 `signedSha256` and hold exactly one new signature, intact, by
    the expected person, with a certificate that leads to a trusted root. The same id with the same bytes gives the
    same answer, however often; with other bytes, a conflict. A signature that arrives after the job has started is
    accepted and flagged `late`: nothing is refused for its hour, and nothing is back-dated. `timeliness` tells more:
    `claimedInTime` is in time by the signer's clock alone, as of who signed with no network. A good signature under a
    contract that was withdrawn or replaced meanwhile is kept as evidence, not accepted; the answer says so every time.

    The bytes come as they are (`increment`) or as they lay on the client's disk (`sealedIncrement`): CMS
    AuthEnvelopedData (RFC 5083) with AES-256-GCM for the `sealingKey` of the signing session. "The same bytes" are
    those inside. A key is kept until nothing that was sealed to it can still arrive.

    A check that takes longer than one should wait for goes on, and the answer is 202: send the same again, or ask at
    `Location`, not sooner than `Retry-After` says. Until there is a receipt the client keeps what it sent.
    """
    sent = f"{capability} {request.model_dump_json()}".encode()
    work = partial(submissions.receive, office, submission_id, capability, request)
    return checks.outcome(submission_id, sent, work) or _checking(submission_id)


@router.put(
    "/submissions/{submissionId}/extensions/{number}",
    operation_id="putExtension",
    summary="Append time-stamps and validation data",
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.CAPABILITY_UNKNOWN,
        ProblemType.NOT_FOUND,
        ProblemType.CONFLICT,
        ProblemType.TOO_LARGE,
        ProblemType.DAMAGED,
        ProblemType.SIGNATURE_INVALID,
    ),
)
def put_extension(
    office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId, number: Number, request: ExtensionRequest
) -> Extension:
    """Take bytes that follow what is there: a document time-stamp, certificates, revocation data, and nothing else.

    Numbers count from 1 for each submission, whoever appended: the agency does so itself when the client does not. The
    same number with the same bytes gives the same answer, however often; with other bytes, or out of turn, a conflict:
    then `GET /submissions/{submissionId}` tells what is there.
    """
    return extensions.receive(office, submission_id, capability, number, request)


@router.get(
    "/submissions/{submissionId}",
    operation_id="getSubmission",
    response_model=Submission,
    summary="Where a submission stands",
    responses=_CHECKING
    | documented(ProblemType.CAPABILITY_UNKNOWN, ProblemType.NOT_FOUND, ProblemType.KEPT_AS_EVIDENCE),
)
def get_submission(
    office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId, checks: UnderWayDep
) -> Submission | Response:
    """Give what the agency has; not found when nothing was accepted under this id.

    `level` is the signature's level now, `extensions` how many made it so; `receipt` stays as it was given.
    """
    try:
        return _accepted(office, capability, submission_id)
    except ProblemError as error:
        if error.problem is ProblemType.NOT_FOUND and checks.is_checking(submission_id):
            return _checking(submission_id)
        raise


@router.get(
    "/submissions/{submissionId}/receipt",
    operation_id="getReceipt",
    summary="The transaction proof",
    responses=documented(ProblemType.CAPABILITY_UNKNOWN, ProblemType.NOT_FOUND),
)
def get_receipt(office: OfficeDep, capability: CapabilityDep, submission_id: SubmissionId) -> TransactionProof:
    """Give what happened, by the server's clock; the claimed time is the signer's own."""
    return _accepted(office, capability, submission_id).receipt


@router.get(
    "/submissions/{submissionId}/receipt/sealed",
    operation_id="getSealedReceipt",
    summary="The transaction proof, sealed by the agency",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The proof as a PDF for people, or as JSON for machines, as `Accept` asks.",
            "content": {
                _PDF: {"schema": {"type": "string", "format": "binary"}},
                _JOSE: {"schema": {"type": "string"}},
            },
        },
        **documented(ProblemType.CAPABILITY_UNKNOWN, ProblemType.NOT_FOUND, ProblemType.NOT_SEALED),
    },
)
def get_sealed_receipt(
    office: OfficeDep,
    capability: CapabilityDep,
    submission_id: SubmissionId,
    accept: Annotated[str, Header(description="`application/pdf` (the default) or `application/jose`.")] = _PDF,
) -> Response:
    """Give the proof with the agency's seal; made at the first question, and the same to the byte ever after.

    The PDF has a PAdES seal and holds the signed contract as an attachment, so that it can be checked without us. The
    JSON is the receipt as a JWS (RFC 7515, compact) with the seal's certificates in its header.
    """
    _accepted(office, capability, submission_id)
    row = proofs.of(office, submission_id)
    if _JOSE in accept:
        return Response(row.signed_json, media_type=_JOSE)
    return sent(office, row.pdf_sha256)


def _checking(submission_id: UUID) -> Response:
    body = SubmissionUnderWay(submission_id=submission_id).model_dump_json(by_alias=True)
    headers = {"Location": f"/v1/submissions/{submission_id}", "Retry-After": str(_AGAIN_S)}
    return Response(body, status.HTTP_202_ACCEPTED, headers, media_type="application/json")


def _accepted(office: Office, capability: str, submission_id: UUID) -> Submission:
    with office.store.reading() as session:
        tokens.capability_for(session, capability, submission_id)
        row = session.get(SubmissionRow, str(submission_id))
        if row is None:
            kept = session.get(EvidenceRow, str(submission_id))
            raise ProblemError(ProblemType.KEPT_AS_EVIDENCE if kept else ProblemType.NOT_FOUND)
        return extensions.as_resource(session, row)
