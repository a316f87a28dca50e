"""What happened, told to the agency's back office: CloudEvents by webhook, signed, in their order, until they arrive.

There is no second list of events: the audit log is one, written in the transaction of what it tells. A place in it is
all that is kept; an event's id is its line, so that who gets one twice can tell. Whichever process of the server has
the lease sends. What is not taken for days is set aside, listed, and can be sent again.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from agency.audit import Happening
from agency.office import Office
from agency.settings import Settings
from agency.store import AuditRow, SetAsideRow, WebhookRow
from signer.errors import ErrorCode, SignerError

TOLD: Final = {  # what a back office waits for; visits and log-ins are for the audit alone
    Happening.PUBLISHED: "contract.published",
    Happening.OPENED: "contract.opened",
    Happening.ACCEPTED: "contract.signed",
    Happening.EXTENDED: "contract.extended",
    Happening.REFUSED: "signature.refused",
    Happening.KEPT_AS_EVIDENCE: "signature.keptAsEvidence",
    Happening.OBJECTED: "contract.objected",
    Happening.WITHDRAWN: "contract.withdrawn",
    Happening.REPLACED: "contract.replaced",
    Happening.ERASED: "contract.erased",
}
GIVE_UP: Final = timedelta(days=3)
LEASE: Final = timedelta(minutes=2)

_KEY: Final = 1  # of the only row
_PATIENCE_S: Final = 10.0
_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(hours=1)
_SECRET_MARK: Final = "whsec_"  # noqa: S105 - what a secret of Standard Webhooks begins with
_MIN_SECRET: Final = 24  # bytes, as Standard Webhooks asks
_MEDIA_TYPE: Final = "application/cloudevents+json; charset=utf-8"  # CloudEvents 1.0, JSON format, structured mode

_log: Final = logging.getLogger("agency.webhooks")


class Event(NamedTuple):
    """One event on its way: which line of the log it tells, and how it is sent."""

    sequence: int
    happened_at: datetime
    body: bytes


Post = Callable[[str, bytes, dict[str, str]], int]
"""Sends a body with headers to an address; gives the status, 0 when there was no answer."""


def read_secrets(files: tuple[Path, ...]) -> tuple[bytes, ...]:
    """Read signing secrets, ``whsec_`` and base64; raises SignerError SETTINGS_BROKEN, which names the file alone."""
    found = []
    for file in files:
        try:
            secret = base64.b64decode(file.read_text("ascii").strip().removeprefix(_SECRET_MARK), validate=True)
        except (OSError, ValueError) as error:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{file} holds no webhook secret") from error
        if len(secret) < _MIN_SECRET:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{file}: a secret has {_MIN_SECRET} bytes or more")
        found.append(secret)
    return tuple(found)


def signed(secrets: tuple[bytes, ...], event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers of Standard Webhooks 1.0: a signature by each secret, so that secrets can be changed calmly."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = (base64.b64encode(hmac.digest(secret, content, "sha256")).decode() for secret in secrets)
    return {
        "content-type": _MEDIA_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def deliver_due(office: Office, post: Post | None = None) -> int:
    """Send what is due, one event after the other, until one is not taken; gives how many were.

    Harmless in several processes at once: one of them has the lease. Raises SignerError SETTINGS_BROKEN.
    """
    if not office.settings.webhook_url:
        return 0
    secrets = read_secrets(office.settings.webhook_secrets)
    send, taken = post or _post, 0
    while (event := _begin(office)) is not None:
        event_id, now = f"{office.settings.id}-{event.sequence}", office.now()
        status = send(office.settings.webhook_url, event.body, signed(secrets, event_id, now, event.body))
        if not _ended(office, event, status):
            break
        taken += 1
    return taken


def send_again(office: Office, first: int | None = None) -> int:
    """Send again what was set aside, or everything from a line of the log on; gives the line that comes next."""
    with office.store.writing() as session:
        row = _row(office, session)
        aside = session.scalar(select(func.min(SetAsideRow.sequence)))
        begin = first if first is not None else aside
        if begin is not None:
            row.sequence = min(row.sequence, begin - 1)
            session.execute(delete(SetAsideRow).where(SetAsideRow.sequence >= begin))
        row.failed_since, row.attempts, row.next_try_at = None, 0, office.now()
        return row.sequence + 1


class Standing(NamedTuple):
    """Where the webhook is: the last line that was told, the newest, what keeps it, and what was set aside."""

    told: int
    newest: int
    attempts: int
    next_try_at: datetime
    last_status: int
    aside: tuple[int, ...]


def standing(office: Office) -> Standing:
    """Tell how far the back office was told."""
    with office.store.writing() as session:
        row = _row(office, session)
        aside = tuple(session.scalars(select(SetAsideRow.sequence).order_by(SetAsideRow.sequence)))
        newest = _newest(session)
        return Standing(row.sequence, newest, row.attempts, row.next_try_at, row.last_status, aside)


def _begin(office: Office) -> Event | None:
    """Take the lease and give the next event; None when there is none, it is not due, or another process sends."""
    now = office.now()
    with office.store.writing() as session:
        row = _row(office, session)
        if _is_ahead(row.next_try_at, now, _LONGEST_WAIT * 2) or _is_ahead(row.leased_until, now, LEASE):
            return None
        line = _next(session, row)
        if line is None:
            return None
        row.leased_until = now + LEASE
        return Event(line.sequence, line.at, _body(office.settings, line))


def _is_ahead(moment: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Whether a moment is still to come; one that is further away than any that we give was noted by a wrong clock."""
    return moment is not None and now < moment <= now + longest


def _next(session: Session, row: WebhookRow) -> AuditRow | None:
    names = [happening.value for happening in TOLD]
    following = select(AuditRow).where(AuditRow.sequence > row.sequence, AuditRow.happening.in_(names))
    return session.scalars(following.order_by(AuditRow.sequence).limit(1)).first()


def _ended(office: Office, event: Event, status: int) -> bool:
    """Note how it went; tells whether to go on with the next one."""
    now, is_taken = office.now(), HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    with office.store.writing() as session:
        row = _row(office, session)
        row.leased_until, row.last_status = None, status
        if row.sequence >= event.sequence:  # the lease had ended, and another process was quicker
            return True
        failed_since = row.failed_since or now
        given_up = not is_taken and now - failed_since >= GIVE_UP
        if is_taken or given_up:
            row.sequence, row.attempts, row.failed_since, row.next_try_at = event.sequence, 0, None, now
            if given_up:
                session.merge(SetAsideRow(sequence=event.sequence, last_status=status, at=now))
            return True
        row.attempts, row.failed_since = row.attempts + 1, failed_since
        row.next_try_at = now + _wait(row.attempts)
    _log.info("event %d was not taken: %s", event.sequence, status or "no answer")
    return False


def _wait(attempts: int) -> timedelta:
    """Double from five seconds to an hour, with a quarter of jitter: many servers do not come back at once."""
    wait: timedelta = min(_FIRST_WAIT * 2 ** min(attempts - 1, 20), _LONGEST_WAIT)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - nobody gains by guessing it


def _row(office: Office, session: Session) -> WebhookRow:
    """Give the place in the log; the first time it is the log's end, and nobody is told of years gone by."""
    row = session.get(WebhookRow, _KEY)
    if row is None:
        row = WebhookRow(id=_KEY, sequence=_newest(session), attempts=0, next_try_at=office.now(), last_status=0)
        session.add(row)
    return row


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(AuditRow.sequence))) or 0


def _body(settings: Settings, line: AuditRow) -> bytes:
    """Write a CloudEvent: ids, hashes and a pseudonym, nothing that names anybody."""
    told: dict[str, Any] = json.loads(line.facts)
    event = {
        "specversion": "1.0",
        "id": f"{settings.id}-{line.sequence}",
        "source": f"urn:paraph:agency:{settings.id}",
        "type": f"be.paraph.{TOLD[Happening(line.happening)]}",
        "subject": line.contract_id,
        "time": line.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"contractId": line.contract_id, "pseudonym": line.pseudonym, **told},
    }
    return json.dumps(event, separators=(",", ":")).encode()


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send it; a redirect is not followed, and what the answer says beside its status is not read."""
    try:
        with httpx.Client(timeout=_PATIENCE_S, follow_redirects=False) as client:
            request = client.build_request("POST", url, content=body, headers=headers)
            answer = client.send(request, stream=True)
            answer.close()
            return answer.status_code
    except httpx.HTTPError as error:
        _log.info("no answer: %s", type(error).__name__)
        return 0
