"""A worker's contracts: the list, the data, the bytes, and the agreement before one is signed."""
# ruff: noqa: FAST003 - the names in paths are aliases: lowerCamelCase outside, snake_case inside

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Response, status
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, BeforeValidator
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from agency import audit, objections, people, tokens
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemType, documented
from agency.resources import resources
from agency.routes.dependencies import IdempotencyKey, OfficeDep, ReaderDep, WorkerDep, own, sent
from agency.store import Contract
from agency.submissions import require_open
from agency.tokens import Caller
from signer.agency.schema import (
    ContractResource,
    ExpectedSignerResource,
    Identifier,
    ObjectionRequest,
    ObjectionResource,
    SigningSession,
    SigningSessionRequest,
    TaskList,
)

router = APIRouter(tags=["contracts"])

_PAGE: Final = 100
_OVERLAP: Final = timedelta(minutes=1)  # longer than a change takes from its moment to the database
_BEFORE_ALL: Final = datetime(2000, 1, 1, tzinfo=UTC)

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _as_written(value: str) -> str:
    """Take RFC 3339, 5.6 alone: the library would read numbers as times, too."""
    if not _MOMENT.fullmatch(value):
        raise ValueError("no time in RFC 3339")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_as_written)]
ContractId = Annotated[Identifier, Path(alias="contractId", description="The agency's own id of the contract.")]


@router.get(
    "/tasks",
    operation_id="getTasks",
    summary="What this worker has to sign, soonest first",
    responses=documented(ProblemType.BAD_REQUEST, ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED),
)
def get_tasks(
    office: OfficeDep,
    worker: ReaderDep,
    limit: Annotated[int, Query(ge=1, le=_PAGE, description="Items on one page.")] = _PAGE,
    after: Annotated[Identifier | None, Query(description="As the previous page's `next` had it.")] = None,
    *,
    withdrawn: Annotated[bool, Query(description="Also what was withdrawn and whose job has not started.")] = False,
    since: Annotated[Moment | None, Query(description="As an earlier list's `asOf` had it.")] = None,
) -> TaskList:
    """List the open contracts of the worker who is logged in, and of nobody else.

    A contract whose job has started stays in the list until it is signed, withdrawn or replaced. A new version names
    the one that it `replaces`. `next`, when it is there, is the address of the following page.

    With `since`, the list has what changed from then on, whatever its state is now: also what was signed, withdrawn or
    replaced, so that a copy of the list can be kept up to date. What changed about that moment can come twice; what was
    erased does not come.
    """
    now = office.now()
    mine = select(Contract).where(
        Contract.person_id == worker.id, _changed(since, now) if since else _listed(now, withdrawn=withdrawn)
    )
    place = tuple_(Contract.starts_at, Contract.id)
    with office.store.reading() as session:
        total = session.scalars(select(func.count()).select_from(mine.subquery())).one()
        if after is not None:
            last = own(session, worker, after)
            mine = mine.where(place > tuple_(last.starts_at, last.id))
        rows = session.scalars(mine.order_by(Contract.starts_at, Contract.id).limit(limit + 1)).all()
        page, more = rows[:limit], len(rows) > limit
        items = resources(session, page)
    onward = None
    if more:
        also = {"withdrawn": "true" if withdrawn else "", "since": since.isoformat() if since else ""}
        asked = {"limit": str(limit), "after": page[-1].id} | {name: each for name, each in also.items() if each}
        onward = f"/v1/tasks?{urlencode(asked)}"
    return TaskList(items=items, total=total, next=onward, as_of=now - _OVERLAP)


@router.get(
    "/contracts/{contractId}",
    operation_id="getContract",
    summary="One contract's data, for a summary",
    responses=documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED, ProblemType.NOT_FOUND),
)
def get_contract(office: OfficeDep, worker: ReaderDep, contract_id: ContractId) -> ContractResource:
    """Give the data beside the document; where they differ, the document decides.

    Another worker's contract is not found, exactly as one that does not exist.
    """
    with office.store.reading() as session:
        return resources(session, [own(session, worker, contract_id)])[0]


@router.get(
    "/contracts/{contractId}/document",
    operation_id="getDocument",
    summary="The contract's bytes",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The PDF, whole. `ETag` is its SHA-256 in quotes.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        206: {"description": "The range that was asked for (RFC 9110, 14)."},
        304: {"description": "Unchanged: `If-None-Match` had its SHA-256."},
        **documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED, ProblemType.NOT_FOUND),
    },
)
def get_document(
    office: OfficeDep,
    worker: ReaderDep,
    contract_id: ContractId,
    if_none_match: Annotated[str | None, Header(description="The ETag of a copy at hand.")] = None,
) -> Response:
    """Give the document as it was published; a broken download goes on where it stopped (`Range`, `If-Range`).

    The first request is noted as the time at which the worker opened the contract.
    """
    contract = _opened(office, worker, contract_id)
    headers = {"ETag": f'"{contract.sha256}"', "Cache-Control": "private, no-cache"}
    if if_none_match and _has_it(if_none_match, contract.sha256):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return sent(office, contract.sha256, headers)


@router.post(
    "/contracts/{contractId}/signingSessions",
    operation_id="createSigningSession",
    summary="Agree on one signature before it is made",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_LOGGED_IN,
        ProblemType.LOGIN_NEEDED,
        ProblemType.NOT_FOUND,
        ProblemType.CONFLICT,
        ProblemType.ALREADY_SIGNED,
        ProblemType.WITHDRAWN,
        ProblemType.TOO_MANY,
    ),
)
def create_signing_session(
    office: OfficeDep, worker: ReaderDep, contract_id: ContractId, request: SigningSessionRequest, response: Response
) -> SigningSession:
    """Say which bytes, which field, which level, until when, and who is expected to sign.

    The client makes the submission's id and keeps it for every try. `expectedSigner` lets it tell the wrong card before
    a PIN is asked, without telling anyone the number: argon2id with a salt of this contract. `uploadCapability` opens
    `PUT /submissions/{submissionId}` for this contract and this id until it is delivered or withdrawn. `serverTime`
    lets the client measure its clock. Contract, document and this answer may be kept until `expiresAt`, so that the
    worker can sign with no network; when the contract was withdrawn meanwhile, the delivery tells.
    """
    now, key = office.now(), office.sealing.newest()
    with office.store.writing() as session:
        contract = own(session, worker, contract_id)
        require_open(contract)
        capability = tokens.make_capability(session, contract, request.submission_id, worker.login, now, key.name)
    response.headers["Location"] = f"/v1/submissions/{request.submission_id}"  # once something is delivered
    return SigningSession(
        submission_id=request.submission_id,
        sha256=contract.sha256,
        deadline=contract.starts_at,
        level=office.settings.level,
        field=contract.field,
        expected_signer=_expected(contract),
        upload_capability=capability,
        server_time=now,
        visible=office.settings.visible,
        one_pin=office.settings.one_pin,
        expires_at=max(contract.starts_at, now + tokens.SESSION_LIFE),
        sealing_key=base64.b64encode(key.der),
    )


@router.post(
    "/contracts/{contractId}/objections",
    operation_id="createObjection",
    summary="Tell the agency that something is wrong",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_LOGGED_IN,
        ProblemType.LOGIN_NEEDED,
        ProblemType.NOT_FOUND,
        ProblemType.CONFLICT,
        ProblemType.TOO_MANY,
    ),
)
def create_objection(
    office: OfficeDep, worker: WorkerDep, contract_id: ContractId, key: IdempotencyKey, request: ObjectionRequest
) -> ObjectionResource:
    """Keep what the worker finds wrong: pay, hours, company, "I do not want this", or something else, in words.

    Nothing is signed by it, and the contract stays as it is until the agency withdraws or replaces it. It may be said
    of every contract, also of one that is signed. `Idempotency-Key` is a UUID that the client makes once: with the same
    words the answer is the same, with others it is a conflict.
    """
    with office.store.reading() as session:
        contract = own(session, worker, contract_id)
    return objections.record(office, contract, key, request)


def _has_it(if_none_match: str, sha256: str) -> bool:
    """Compare as RFC 9110, 13.1.2 has it: any of a list, weak or strong, or a star for whatever there is."""
    tags = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
    return any(each in {"*", f'"{sha256}"'} for each in tags)


def _changed(since: datetime, now: datetime) -> ColumnElement[bool]:
    since = min(max(since, _BEFORE_ALL), now)  # the ends of the calendar are in no other zone
    return or_(Contract.created_at >= since, Contract.changed_at >= since)


def _listed(now: datetime, *, withdrawn: bool) -> ColumnElement[bool]:
    taken_back = and_(Contract.state == "withdrawn", Contract.starts_at > now)
    return or_(Contract.state == "open", taken_back) if withdrawn else Contract.state == "open"


def _opened(office: Office, worker: Caller, contract_id: str) -> Contract:
    with office.store.reading() as session:
        contract = own(session, worker, contract_id)
    if contract.opened_at is None:
        with office.store.writing() as session:
            contract = own(session, worker, contract_id)
            if contract.opened_at is None:
                contract.opened_at = office.now()
                audit.record(session, Happening.OPENED, contract, contract.opened_at)
    return contract


def _expected(contract: Contract) -> ExpectedSignerResource:
    return ExpectedSignerResource.model_construct(
        algorithm="argon2id",
        salt=contract.salt,
        hash=contract.expected_hash,
        time_cost=people.TIME_COST,
        memory_cost=people.MEMORY_COST,
        parallelism=people.PARALLELISM,
    )
