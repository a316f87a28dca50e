"""Who the agency is, whether it is well, and the way in."""

from __future__ import annotations

from fastapi import APIRouter, status
from sqlalchemy import text

from agency import tokens
from agency.problems import ProblemType, documented
from agency.routes.dependencies import OfficeDep
from signer.agency.schema import AgencyDescriptor, Contact, Session, SessionRequest, Wire

router = APIRouter(tags=["entrance"])
health = APIRouter(tags=["health"])


class Health(Wire):
    """``GET /health``: the database answers."""

    status: str = "UP"


@router.get("/agency", operation_id="getAgency", summary="Who this agency is and what it asks", responses=documented())
def get_agency(office: OfficeDep) -> AgencyDescriptor:
    """Give the names that a client shows and the level of signature that is asked.

    `test` is true when simulated cards are taken: clients mark everything from such an agency.
    """
    settings = office.settings
    contact = Contact(telephone=settings.telephone, mail=settings.mail)
    return AgencyDescriptor(
        id=settings.id, name=settings.name, contact=contact, level=settings.level, test=settings.test
    )


@router.post(
    "/sessions",
    operation_id="createSession",
    summary="A session from a deep link's one-time token",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST, ProblemType.LINK_UNKNOWN, ProblemType.LINK_USED, ProblemType.LINK_EXPIRED
    ),
)
def create_session(office: OfficeDep, request: SessionRequest) -> Session:
    """Spend the token of `paraph://open/<agencyId>/<token>`: it lives 15 minutes and opens once.

    The session sees everything that this worker has to do at this agency; `contractId` is where the link led.
    """
    with office.store.writing() as session:
        opened = tokens.spend_link(session, request.one_time_token, office.now())
    return Session(access_token=opened.token, expires_at=opened.expires_at, contract_id=opened.contract_id)


@health.get("/health", operation_id="getHealth", summary="Whether the server can work", responses=documented())
def get_health(office: OfficeDep) -> Health:
    """Answer only when the database does."""
    with office.store.reading() as session:
        session.execute(text("SELECT 1"))
    return Health()
