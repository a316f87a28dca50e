"""Who the agency is, whether it is well, and the way in."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Body, status
from sqlalchemy import text

from agency import logins, tokens
from agency.problems import ProblemType, documented
from agency.rates import COUNTED
from agency.routes.dependencies import OfficeDep, SessionDep
from signer.agency.schema import (
    AgencyDescriptor,
    CodeSent,
    Contact,
    LoginByCard,
    LoginByCode,
    LoginChallenge,
    Session,
    SessionRequest,
    Wire,
)

router = APIRouter(tags=["entrance"])
health = APIRouter(tags=["health"])

Login = Annotated[LoginByCard | LoginByCode, Body(discriminator="way")]


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
        id=settings.id,
        name=settings.name,
        contact=contact,
        level=settings.level,
        test=settings.test,
        sealing_key=base64.b64encode(office.sealing.newest().der),
    )


@router.post(
    "/sessions",
    dependencies=[COUNTED],
    operation_id="createSession",
    summary="A session from a deep link's one-time token",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.LINK_UNKNOWN,
        ProblemType.LINK_USED,
        ProblemType.LINK_EXPIRED,
        ProblemType.TOO_MANY,
    ),
)
def create_session(office: OfficeDep, request: SessionRequest) -> Session:
    """Spend the token of `paraph://open/<agencyId>/<token>`: it lives 15 minutes and opens once.

    `contractId` is where the link led. Unless `loggedIn`, the session opens nothing but the ways to log in, of which
    `loginWays` tells; once logged in, it sees everything that this worker has to do at this agency.
    """
    alone = "link" in office.settings.login
    with office.store.writing() as session:
        opened = tokens.spend_link(session, request.one_time_token, office.now(), logs_in=alone)
        ways = [] if alone else logins.ways(office, session, opened.contract_id)
    return _session(opened, logged_in=alone, login_ways=list(ways))


@router.post(
    "/sessions/challenge",
    dependencies=[COUNTED],
    operation_id="createLoginChallenge",
    summary="The question that an eID answers to log in",
    status_code=status.HTTP_201_CREATED,
    responses=documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_WAY, ProblemType.TOO_MANY),
)
def create_challenge(office: OfficeDep, token: SessionDep) -> LoginChallenge:
    """Give a nonce that was never given before. It can be answered once, within five minutes, in this session.

    The authentication key signs five lines of UTF-8, each ended by a line feed: `Paraph log-in 1`, the host name under
    which the client knows this server, the agency's id, `issuedAt` in UTC as `2026-01-31T12:00:00+00:00`, and the
    nonce in lower-case hexadecimal. The digest is SHA-256 for RSA (PKCS #1 v1.5), and for ECDSA the one as long as the
    curve.
    """
    return logins.challenge(office, token)


@router.post(
    "/sessions/codes",
    dependencies=[COUNTED],
    operation_id="createLoginCode",
    summary="A code by mail, to log in without a card",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_WAY, ProblemType.TOO_MANY, ProblemType.UNAVAILABLE
    ),
)
def create_code(office: OfficeDep, token: SessionDep) -> CodeSent:
    """Mail six digits to the address that the agency has for this contract: ten minutes, five tries, one use.

    Each new code ends the one before; there are six a day.
    """
    return logins.send_code(office, token)


@router.post(
    "/sessions/login",
    dependencies=[COUNTED],
    operation_id="createLogin",
    summary="A session that reads, for one that located",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_LOGGED_IN,
        ProblemType.LOGIN_WAY,
        ProblemType.LOGIN_REFUSED,
        ProblemType.LOGIN_OTHER_PERSON,
        ProblemType.CODE_WRONG,
        ProblemType.CODE_ENDED,
        ProblemType.CERTIFICATE_REFUSED,
        ProblemType.CARD_WITHDRAWN,
        ProblemType.CARD_SUSPENDED,
        ProblemType.TOO_MANY,
    ),
)
def create_login(office: OfficeDep, token: SessionDep, request: Login) -> Session:
    """Log in by the eID's answer, or by the code. The token that located is over then; the new one is in the answer."""
    opened = (
        logins.by_card(office, token, request)
        if isinstance(request, LoginByCard)
        else logins.by_code(office, token, request)
    )
    return _session(opened, logged_in=True, login_ways=[])


def _session(opened: tokens.OpenedSession, *, logged_in: bool, login_ways: list[str]) -> Session:
    return Session(
        access_token=opened.token,
        expires_at=opened.expires_at,
        contract_id=opened.contract_id,
        logged_in=logged_in,
        login_ways=login_ways,
    )


@health.get("/health", operation_id="getHealth", summary="Whether the server can work", responses=documented())
def get_health(office: OfficeDep) -> Health:
    """Answer only when the database does."""
    with office.store.reading() as session:
        session.execute(text("SELECT 1"))
    return Health()
