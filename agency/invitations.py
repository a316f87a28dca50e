"""The link in the message to the worker: it lives as long as the contract is open, and opens nothing by itself.

It leads to a page; the page's button makes the deep link (requirement 1). Mail scanners open every link of a message,
so that looking at the page uses nothing up.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agency import audit, tokens
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import Contract, Invitation, LinkToken

_BYTES: Final = 32
_MAX_LINKS: Final = 20  # alive at once for one contract: more than any worker's clicks in 15 minutes


def invite(office: Office, contract_id: str) -> str:
    """Make the path of the page that a message links to; raises ProblemError NOT_FOUND."""
    token = secrets.token_urlsafe(_BYTES)
    with office.store.writing() as session:
        contract = session.get(Contract, contract_id)
        if contract is None:
            raise ProblemError(ProblemType.NOT_FOUND, contract_id)
        session.add(Invitation(hash=_hash(token), contract_id=contract_id, created_at=office.now()))
        audit.record(session, Happening.INVITED, contract, office.now())
    return f"/open/{token}"


def state_of(office: Office, token: str) -> str:
    """Tell the state of the contract that an invitation is for; raises ProblemError LINK_UNKNOWN."""
    with office.store.reading() as session:
        return _contract(session, token).state


def deep_link(office: Office, token: str) -> str:
    """Make the link that opens the client: 15 minutes, one use.

    Raises ProblemError LINK_UNKNOWN, TOO_MANY, or ALREADY_SIGNED and WITHDRAWN when there is nothing to sign any more.
    """
    now = office.now()
    with office.store.writing() as session:
        contract = _contract(session, token)
        if contract.state != "open":
            raise ProblemError(ProblemType.ALREADY_SIGNED if contract.state == "signed" else ProblemType.WITHDRAWN)
        alive = LinkToken.contract_id == contract.id, LinkToken.expires_at > now
        if session.scalars(select(func.count()).select_from(LinkToken).where(*alive)).one() >= _MAX_LINKS:
            raise ProblemError(ProblemType.TOO_MANY)
        return f"paraph://open/{office.settings.id}/{tokens.make_link(session, contract, now)}"


def _contract(session: Session, token: str) -> Contract:
    invitation = session.get(Invitation, _hash(token))
    if invitation is None:
        raise ProblemError(ProblemType.LINK_UNKNOWN)
    return session.get_one(Contract, invitation.contract_id)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
