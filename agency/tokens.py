"""Random tokens and what they open; only their hashes are stored, so that a stolen database opens nothing.

256 random bits need no salt and no slow hash: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from agency import audit
from agency.audit import Happening
from agency.problems import ProblemError, ProblemType
from agency.store import (
    Contract,
    DeviceRow,
    DeviceSession,
    EvidenceRow,
    LinkToken,
    LocatedRow,
    SessionToken,
    Store,
    SubmissionRow,
    UploadCapability,
)
from signer.agency.schema import LoginName

LINK_LIFE: Final = timedelta(minutes=15)  # requirement 1
LOCATED_LIFE: Final = timedelta(minutes=30)  # to find the card and its PIN
SESSION_LIFE: Final = timedelta(hours=8)

_BYTES: Final = 32
_METHOD: Final[dict[LoginName, str]] = {
    "one-time-link": "oneTimeLink",
    "eid": "eid",
    "code": "code",
    "device": "device",
}  # on record
_MAX_CAPABILITIES: Final = 50  # for one contract: far more than a worker's tries, far less than a script's
_REMEMBERED: Final = timedelta(days=7)  # how long a dead link can still say why it is dead


class OpenedSession(NamedTuple):
    """A new session: its token, which is nowhere else, and where the link led."""

    token: str
    expires_at: datetime
    contract_id: str


class Caller(NamedTuple):
    """The worker who is logged in, and how."""

    id: int
    login: LoginName
    device_id: str | None = None  # of a session that an enrolled computer began by itself


def make_link(session: Session, contract: Contract, now: datetime) -> str:
    """Make a deep link's one-time token for one contract."""
    session.execute(delete(LinkToken).where(LinkToken.expires_at < now - _REMEMBERED))
    session.execute(delete(SessionToken).where(SessionToken.expires_at < now))
    session.execute(delete(LocatedRow).where(LocatedRow.expires_at < now))
    session.execute(delete(DeviceSession).where(DeviceSession.expires_at < now))
    token = new_token()
    session.add(LinkToken(hash=hash_of(token), contract_id=contract.id, expires_at=now + LINK_LIFE, spent_at=None))
    audit.record(session, Happening.LINK_MADE, contract, now)
    return token


def spend_link(session: Session, token: str, now: datetime, *, logs_in: bool) -> OpenedSession:
    """Turn a one-time token into a session, which only locates unless the link ``logs_in`` by itself.

    Raises ProblemError LINK_UNKNOWN, LINK_USED or LINK_EXPIRED.
    """
    link = session.get(LinkToken, hash_of(token))
    if link is None:
        raise ProblemError(ProblemType.LINK_UNKNOWN)
    if link.expires_at <= now:
        raise ProblemError(ProblemType.LINK_EXPIRED)
    spent = update(LinkToken).where(LinkToken.hash == link.hash, LinkToken.spent_at.is_(None)).values(spent_at=now)
    if not session.execute(spent.returning(LinkToken.hash)).first():
        raise ProblemError(ProblemType.LINK_USED)
    if logs_in:
        return _open_session(session, link.contract_id, "one-time-link", now)
    return _locate(session, link.contract_id, now)


def caller(session: Session, token: str, now: datetime) -> Caller:
    """Give who is logged in; raises ProblemError NOT_LOGGED_IN, or LOGIN_NEEDED for a session that only locates."""
    known = session.get(SessionToken, hash_of(token))
    if known is not None and known.expires_at > now:
        return Caller(known.person_id, known.login)
    begun = session.get(DeviceSession, hash_of(token))
    device = session.get(DeviceRow, begun.device_id) if begun is not None and begun.expires_at > now else None
    if device is not None and device.revoked_at is None:
        return Caller(device.person_id, "device", device.id)
    located(session, token, now)
    raise ProblemError(ProblemType.LOGIN_NEEDED)


def located(session: Session, token: str, now: datetime) -> LocatedRow:
    """Give a session that only locates; raises ProblemError NOT_LOGGED_IN."""
    known = session.get(LocatedRow, hash_of(token))
    if known is None or known.expires_at <= now:
        raise ProblemError(ProblemType.NOT_LOGGED_IN)
    return known


def open_session(store: Store, token: str, login: LoginName, now: datetime) -> OpenedSession:
    """Give a session that reads in place of one that located; raises ProblemError NOT_LOGGED_IN when that is gone."""
    with store.writing() as session:
        known = located(session, token, now)
        session.delete(known)
        return _open_session(session, known.contract_id, login, now)


def make_capability(
    session: Session,
    contract: Contract,
    submission_id: UUID,
    login: LoginName,
    now: datetime,
    sealing_key: str | None = None,
) -> str:
    """Make the right to deliver one submission, sealed to a key or not; raises ProblemError CONFLICT or TOO_MANY."""
    owner = select(UploadCapability.contract_id).where(UploadCapability.submission_id == str(submission_id)).limit(1)
    if session.scalar(owner) not in {None, contract.id}:
        raise ProblemError(ProblemType.CONFLICT)
    made = select(func.count()).select_from(UploadCapability).where(UploadCapability.contract_id == contract.id)
    if session.scalars(made).one() >= _MAX_CAPABILITIES:
        raise ProblemError(ProblemType.TOO_MANY)
    token = new_token()
    session.add(
        UploadCapability(
            hash=hash_of(token),
            submission_id=str(submission_id),
            contract_id=contract.id,
            created_at=now,
            login=login,
            sealing_key=sealing_key,
        )
    )
    audit.record(session, Happening.SIGNING_AGREED, contract, now, submissionId=str(submission_id))
    return token


def capability_for(session: Session, token: str, submission_id: UUID) -> UploadCapability:
    """Give the right to deliver this submission; raises ProblemError CAPABILITY_UNKNOWN."""
    known = session.get(UploadCapability, hash_of(token))
    if known is None or known.submission_id != str(submission_id):
        raise ProblemError(ProblemType.CAPABILITY_UNKNOWN)
    return known


def still_to_come(session: Session, sealing_key: str) -> int:
    """Count the submissions that may be sealed to a key and have not arrived; what is signed already waits for none."""
    arrived = select(SubmissionRow.id).union(select(EvidenceRow.submission_id))
    waiting = (
        select(func.count(UploadCapability.submission_id.distinct()))
        .join(Contract, Contract.id == UploadCapability.contract_id)
        .where(UploadCapability.sealing_key == sealing_key, Contract.state != "signed")
        .where(UploadCapability.submission_id.not_in(arrived))
    )
    return session.scalars(waiting).one()


def new_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """Give what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def _locate(session: Session, contract_id: str, now: datetime) -> OpenedSession:
    token, expires_at = new_token(), now + LOCATED_LIFE
    session.add(LocatedRow(hash=hash_of(token), contract_id=contract_id, expires_at=expires_at, tries=0))
    audit.record(session, Happening.LOCATED, session.get_one(Contract, contract_id), now)
    return OpenedSession(token, expires_at, contract_id)


def _open_session(session: Session, contract_id: str, login: LoginName, now: datetime) -> OpenedSession:
    contract = session.get_one(Contract, contract_id)
    token, expires_at = new_token(), now + SESSION_LIFE
    session.add(SessionToken(hash=hash_of(token), person_id=contract.person_id, expires_at=expires_at, login=login))
    audit.record(session, Happening.LOGGED_IN, contract, now, method=_METHOD[login])
    return OpenedSession(token, expires_at, contract_id)
