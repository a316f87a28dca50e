"""What routes ask for: the office, and who is calling."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.responses import FileResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from agency import tokens
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import Contract
from agency.tokens import Caller

_session = HTTPBearer(
    auto_error=False, scheme_name="session", description="The `accessToken` that `POST /sessions` gave."
)
_capability = HTTPBearer(
    auto_error=False,
    scheme_name="uploadCapability",
    description="The `uploadCapability` that `POST …/signingSessions` gave: it opens this one submission, also long "
    "after the session is over, so that a signature made offline can be delivered.",
)

_Bearer = HTTPAuthorizationCredentials | None


def office(request: Request) -> Office:
    """Give the agency that this application serves."""
    found: Office = request.app.state.office
    return found


OfficeDep = Annotated[Office, Depends(office)]


def session_token(bearer: Annotated[_Bearer, Depends(_session)]) -> str:
    """Give the session's token that came along; raises ProblemError NOT_LOGGED_IN when none did."""
    if bearer is None:
        raise ProblemError(ProblemType.NOT_LOGGED_IN)
    return bearer.credentials


SessionDep = Annotated[str, Depends(session_token)]


def reader(at: OfficeDep, token: SessionDep) -> Caller:
    """Give who lists and fetches, which an enrolled computer does by itself; raises ProblemError as ``worker``."""
    with at.store.reading() as session:
        return tokens.caller(session, token, at.now())


ReaderDep = Annotated[Caller, Depends(reader)]


def worker(caller: ReaderDep) -> Caller:
    """Give who is logged in; raises ProblemError NOT_LOGGED_IN, or LOGIN_NEEDED where nobody has proven who they are.

    That is a session that only locates, and one that an enrolled computer began by itself.
    """
    if caller.device_id is not None:
        raise ProblemError(ProblemType.LOGIN_NEEDED)
    return caller


def own(session: Session, worker: Caller, contract_id: str) -> Contract:
    """Give a contract of this worker; another's is not there, as one that does not exist: ProblemError NOT_FOUND."""
    contract = session.get(Contract, contract_id)
    if contract is None or contract.person_id != worker.id:
        raise ProblemError(ProblemType.NOT_FOUND)
    return contract


def capability(bearer: Annotated[_Bearer, Depends(_capability)]) -> str:
    """Give the upload capability that came along; raises ProblemError CAPABILITY_UNKNOWN when none did."""
    if bearer is None:
        raise ProblemError(ProblemType.CAPABILITY_UNKNOWN)
    return bearer.credentials


WorkerDep = Annotated[Caller, Depends(worker)]
CapabilityDep = Annotated[str, Depends(capability)]
IdempotencyKey = Annotated[UUID, Header(alias="Idempotency-Key", description="Made once by the client, for all tries.")]


def sent(office: Office, sha256: str, headers: dict[str, str] | None = None) -> FileResponse:
    """Answer with a document, which is lent until it is sent."""
    with ExitStack() as lending:
        file = lending.enter_context(office.documents.reading(sha256))
        returning = BackgroundTask(lending.pop_all().close)
    return FileResponse(file, media_type="application/pdf", headers=headers, background=returning)
