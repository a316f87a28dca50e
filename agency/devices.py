"""A worker's own computers: enrolled to list and fetch ahead by themselves, and revoked by either side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from agency import audit, tokens
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import DeviceRow, DeviceSession
from agency.tokens import Caller
from signer.agency.schema import DeviceRequest, DeviceResource, EnrolledDevice

SESSION_LIFE: Final = timedelta(hours=1)

_MOST: Final = 10  # computers of one person at once


class Begun(NamedTuple):
    """A session that a computer began by itself: its token, which is nowhere else."""

    token: str
    expires_at: datetime


def enrol(office: Office, worker: Caller, device_id: UUID, request: DeviceRequest) -> EnrolledDevice:
    """Enrol a computer; asked again with the same id it gets another token, since the first may not have arrived.

    Raises ProblemError TOO_MANY, or CONFLICT for an id that is somebody else's or was revoked.
    """
    now, token = office.now(), tokens.new_token()
    with office.store.writing() as session:
        row = session.get(DeviceRow, str(device_id))
        if row is None:
            row = _new(session, worker, device_id, now)
            audit.record_of_person(session, Happening.DEVICE_ENROLLED, worker.id, now, deviceId=row.id)
        elif row.person_id != worker.id or row.revoked_at is not None:
            raise ProblemError(ProblemType.CONFLICT)
        row.hash, row.name = tokens.hash_of(token), request.name
        session.add(row)
    return EnrolledDevice(**as_resource(row).model_dump(), device_token=token)


def of(session: Session, person_id: int) -> Sequence[DeviceRow]:
    """Give the computers of a worker, the newest first; those that were revoked too."""
    mine = select(DeviceRow).where(DeviceRow.person_id == person_id)
    return session.scalars(mine.order_by(DeviceRow.enrolled_at.desc(), DeviceRow.id)).all()


def own(session: Session, worker: Caller, device_id: UUID) -> DeviceRow:
    """Give a computer of this worker; one that began the session by itself has only itself: ProblemError NOT_FOUND."""
    row = session.get(DeviceRow, str(device_id))
    if row is None or row.person_id != worker.id or worker.device_id not in {None, row.id}:
        raise ProblemError(ProblemType.NOT_FOUND)
    return row


def revoke(session: Session, row: DeviceRow, now: datetime, by: str) -> None:
    """Let a computer fetch nothing any more, from this moment; harmless when done twice."""
    if row.revoked_at is None:
        row.revoked_at = now
        session.execute(delete(DeviceSession).where(DeviceSession.device_id == row.id))
        audit.record_of_person(session, Happening.DEVICE_REVOKED, row.person_id, now, deviceId=row.id, by=by)


def open_session(office: Office, token: str) -> Begun:
    """Begin a session that lists and fetches; raises ProblemError DEVICE_UNKNOWN."""
    now, opened = office.now(), tokens.new_token()
    with office.store.writing() as session:
        row = session.scalar(select(DeviceRow).where(DeviceRow.hash == tokens.hash_of(token)))
        if row is None or row.revoked_at is not None:
            raise ProblemError(ProblemType.DEVICE_UNKNOWN)
        row.last_used_at = now
        session.execute(delete(DeviceSession).where(DeviceSession.expires_at < now))
        session.add(DeviceSession(hash=tokens.hash_of(opened), device_id=row.id, expires_at=now + SESSION_LIFE))
    return Begun(opened, now + SESSION_LIFE)


def as_resource(row: DeviceRow) -> DeviceResource:
    """Give a computer as it goes out."""
    return DeviceResource(
        id=UUID(row.id),
        href=f"/v1/devices/{row.id}",
        name=row.name,
        enrolled_at=row.enrolled_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _new(session: Session, worker: Caller, device_id: UUID, now: datetime) -> DeviceRow:
    counts = select(func.count()).select_from(DeviceRow)
    active = counts.where(DeviceRow.person_id == worker.id, DeviceRow.revoked_at.is_(None))
    if session.scalars(active).one() >= _MOST:
        raise ProblemError(ProblemType.TOO_MANY)
    return DeviceRow(id=str(device_id), person_id=worker.id, enrolled_at=now, last_used_at=None, revoked_at=None)
