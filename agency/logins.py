"""Logging in: a link only locates a contract; who reads it proves who they are, by eID or by a code that was mailed.

A session that only locates takes one answer to each of its questions and a few tries in all. Logging in gives a new
token: whoever saw the old one, such as a page that the link passed through, has nothing by it.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import Session

from agency import audit, mail, tokens
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType, of_error
from agency.store import CodeRow, Contract, LocatedRow, MailRow, Person
from agency.tokens import OpenedSession
from signer import certificates
from signer.agency.login import NONCE_BYTES, challenge_digest, challenge_text
from signer.agency.schema import CodeSent, LoginByCard, LoginByCode, LoginChallenge, LoginWay
from signer.errors import ErrorCode, SignerError

CHALLENGE_LIFE: Final = timedelta(minutes=5)
CODE_LIFE: Final = timedelta(minutes=10)

_MAX_TRIES: Final = 10  # of one located session, by whatever way
_MAX_CODE_TRIES: Final = 5
_MAX_CODES_A_DAY: Final = 6  # for one contract: nobody's mailbox is filled by a link
_DIGITS: Final = 6


def ways(office: Office, session: Session, contract_id: str) -> list[LoginWay]:
    """Tell how the worker of a contract can log in, in the agency's order."""
    possible = {"eid": True, "code": mail.can_send(office.settings) and session.get(MailRow, contract_id) is not None}
    return [way for way in office.settings.login if way != "link" and possible[way]]


def challenge(office: Office, token: str) -> LoginChallenge:
    """Ask the eID a question that was never asked before; raises ProblemError NOT_LOGGED_IN, LOGIN_WAY or TOO_MANY."""
    now = office.now().replace(microsecond=0)
    with office.store.writing() as session:
        located = _located(office, session, token, "eid")
        located.nonce, located.nonce_at = secrets.token_bytes(NONCE_BYTES), now
        return LoginChallenge.model_construct(
            nonce=located.nonce, issued_at=now, expires_at=min(now + CHALLENGE_LIFE, located.expires_at)
        )


def by_card(office: Office, token: str, request: LoginByCard) -> OpenedSession:
    """Log in whoever's authentication key answered the question, when it is the worker whom the contract is for.

    Raises ProblemError NOT_LOGGED_IN, LOGIN_WAY, TOO_MANY, LOGIN_REFUSED, LOGIN_OTHER_PERSON, CERTIFICATE_REFUSED,
    CARD_WITHDRAWN or CARD_SUSPENDED.
    """
    asked = _take_question(office, token)
    try:
        _require_answer(office, asked, request)
    except ProblemError as error:
        _on_record(office, token, asked.contract_id, error)
        raise
    return tokens.open_session(office.store, token, "eid", office.now())


def send_code(office: Office, token: str) -> CodeSent:
    """Mail a code that opens this contract; raises ProblemError NOT_LOGGED_IN, LOGIN_WAY, TOO_MANY or UNAVAILABLE."""
    now, code = office.now(), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    with office.store.writing() as session:
        located = _located(office, session, token, "code")
        contract, to = session.get_one(Contract, located.contract_id), session.get_one(MailRow, located.contract_id)
        _keep_code(session, contract.id, office.people.hash_of(f"{contract.id} {code}"), now)
        audit.record(session, Happening.CODE_SENT, contract, now)
    mail.post(office.settings, mail.code_message(office.settings, to.address, contract.language, code))
    return CodeSent(mail=mail.hidden(to.address), expires_at=now + CODE_LIFE)


def by_code(office: Office, token: str, request: LoginByCode) -> OpenedSession:
    """Log in whoever knows the code of the last message.

    Raises ProblemError NOT_LOGGED_IN, LOGIN_WAY, TOO_MANY, CODE_WRONG or CODE_ENDED.
    """
    now = office.now()
    with office.store.writing() as session:
        contract_id = _located(office, session, token, "code").contract_id
        known = session.get(CodeRow, contract_id)
        alive = known is not None and known.sent_at + CODE_LIFE > now and known.tries < _MAX_CODE_TRIES
        right = known is not None and hmac.compare_digest(
            known.hash, office.people.hash_of(f"{contract_id} {request.code}")
        )
        if known is not None and alive:
            known.tries = _MAX_CODE_TRIES if right else known.tries + 1  # a code opens once
    if alive and right:
        return tokens.open_session(office.store, token, "code", now)
    error = ProblemError(ProblemType.CODE_WRONG if alive else ProblemType.CODE_ENDED)
    _on_record(office, token, contract_id, error)
    raise error


class _Question(NamedTuple):
    nonce: bytes
    issued_at: datetime
    contract_id: str
    pseudonym: bytes


def _located(office: Office, session: Session, token: str, way: LoginWay) -> LocatedRow:
    located = tokens.located(session, token, office.now())
    if located.tries >= _MAX_TRIES:
        raise ProblemError(ProblemType.TOO_MANY)
    if way not in ways(office, session, located.contract_id):
        raise ProblemError(ProblemType.LOGIN_WAY)
    return located


def _take_question(office: Office, token: str) -> _Question:
    """Give the question that was asked last, which is then over, whatever the answer."""
    with office.store.writing() as session:
        located = _located(office, session, token, "eid")
        nonce, issued_at = located.nonce, located.nonce_at
        located.nonce = located.nonce_at = None
        contract = session.get_one(Contract, located.contract_id)
        pseudonym = session.get_one(Person, contract.person_id).pseudonym
    if nonce is None or issued_at is None or issued_at + CHALLENGE_LIFE <= office.now():
        raise ProblemError(ProblemType.LOGIN_REFUSED, "nothing was asked, or too long ago")
    return _Question(nonce, issued_at, contract.id, pseudonym)


def _require_answer(office: Office, asked: _Question, request: LoginByCard) -> None:
    try:
        office.check.login(request.certificate, tuple(request.chain), office.now())
        right = any(_answers(office, asked, request, server) for server in office.settings.server_names)
    except SignerError as error:
        raise ProblemError(of_error(error), error.code.support_id) from error
    if not right:
        raise ProblemError(ProblemType.LOGIN_REFUSED, "not this question, or another server's")
    found = office.people.pseudonym_of(request.certificate)
    if found is None or not hmac.compare_digest(found, asked.pseudonym):
        raise ProblemError(ProblemType.LOGIN_OTHER_PERSON)


def _answers(office: Office, asked: _Question, request: LoginByCard, server: str) -> bool:
    text = challenge_text(server, office.settings.id, asked.nonce, asked.issued_at)
    mechanism = certificates.mechanism_of(request.certificate)
    digest = challenge_digest(mechanism, text)
    try:
        certificates.verify_digest(request.certificate, mechanism, digest, request.signature)
    except SignerError as error:
        if error.code is not ErrorCode.CARD_SIGNED_WRONG:
            raise
        return False
    return True


def _on_record(office: Office, token: str, contract_id: str, error: ProblemError) -> None:
    with office.store.writing() as session:
        tried = update(LocatedRow).where(LocatedRow.hash == tokens.hash_of(token)).values(tries=LocatedRow.tries + 1)
        session.execute(tried)
        contract = session.get_one(Contract, contract_id)
        because = error.problem.value.name
        audit.record(session, Happening.LOGIN_REFUSED, contract, office.now(), because=because)


def _keep_code(session: Session, contract_id: str, code: bytes, now: datetime) -> None:
    today = now.date().isoformat()
    known = session.get(CodeRow, contract_id)
    if known is None:
        known = CodeRow(contract_id=contract_id, hash=code, sent_at=now, tries=0, day=today, sent=0)
        session.add(known)
    if known.day != today:
        known.day, known.sent = today, 0
    if known.sent >= _MAX_CODES_A_DAY:
        raise ProblemError(ProblemType.TOO_MANY)
    known.hash, known.sent_at, known.tries, known.sent = code, now, 0, known.sent + 1
