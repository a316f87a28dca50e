"""The client of the agency API: AgencyGateway over HTTP. What is not understood is AGENCY_GARBLED, never a guess."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from signer.agency.login import NONCE_BYTES, challenge_text, server_name
from signer.agency.refusals import again_after, refusal
from signer.agency.schema import (
    MAX_CLOCK_OFFSET_MS,
    MAX_INCREMENT,
    AgencyDescriptor,
    CodeSent,
    ContractResource,
    DeviceList,
    DeviceLogin,
    DeviceRequest,
    DeviceResource,
    EnrolledDevice,
    ExtensionRequest,
    LoginByCard,
    LoginByCode,
    LoginChallenge,
    ObjectionRequest,
    ObjectionResource,
    Session,
    SessionRequest,
    SigningSession,
    SigningSessionRequest,
    Submission,
    SubmissionRequest,
    TaskList,
    TransactionProof,
    Wire,
)
from signer.agency.schema import Extension as ExtensionResource
from signer.agency.session import SessionStore
from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, prefix_sha256, write_whole
from signer.http import MIB, Answer, Call, HttpClient, Limits, is_bearer
from signer.model import (
    AgencyInfo,
    Contract,
    ExpectedSigner,
    Extension,
    Holding,
    Level,
    Objection,
    Receipt,
    SignedContract,
    Signer,
    SigningTerms,
    Timeliness,
    Told,
    Wrong,
)
from signer.outbox_seals import read_sealed
from signer.ports import Clock
from signer.sealing import CertificateRecipient
from signer.way import USUAL, Way

_API: Final = "/v1"
_JSON: Final = "application/json"
_PDF: Final = "application/pdf"
_ACCEPT_JSON: Final = {"Accept": "application/json, application/problem+json"}
_ACCEPT_PDF: Final = {"Accept": "application/pdf, application/problem+json"}

_SALT: Final = 8  # bytes at least, and
_HASH: Final = 32  # bytes of an argon2id (RFC 9106, 3.1, and the schema)
_MAX_DOCUMENT: Final = 256 * MIB  # bytes; the largest contract with annexes that we were told of has 100 MB
_ASKED_AGAIN: Final = 5  # times that a check may be waited for; then the outbox comes back to it
_LONGEST_PAUSE_S: Final = 5  # seconds
_MAX_PAGES: Final = 200  # of a list; the reference server puts 100 items on one
_SLOWEST: Final = 64 * 1024  # bytes a second: below that, a download is given up and tried again

_AT_THE_DOOR: Final = {  # where nothing was signed, a refusal means something else
    ErrorCode.AGENCY_REFUSED: ErrorCode.AGENCY_LOGIN_REFUSED,
    ErrorCode.AGENCY_REFUSED_CARD: ErrorCode.CERTIFICATE_REVOKED,
}
_IDENTIFIER: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}", re.ASCII)  # as the schema, and no way upwards

_Message = TypeVar("_Message", bound=BaseModel)


class HttpAgency:
    """One agency, spoken to by its API (docs/api).

    Everything raises SignerError of the kinds NETWORK and AGENCY, and FILE for what is read or written here.
    """

    def __init__(self, agency: AgencyInfo, web: HttpClient, sessions: SessionStore, clock: Clock) -> None:
        self._agency = agency
        self._web = web
        self._sessions = sessions
        self._clock = clock

    @classmethod
    def at(
        cls,
        agency: AgencyInfo,
        sessions: SessionStore,
        clock: Clock,
        language: str,
        *,
        way: Way = USUAL,
    ) -> Self:
        """Speak to the agency at its configured address; raises SignerError SETTINGS_BROKEN when that will not do."""
        web = HttpClient(agency.url.rstrip("/") + _API, language=language, way=way)
        return cls(agency, web, sessions, clock)

    @property
    def agency(self) -> AgencyInfo:
        """The agency that it talks to, and no other host."""
        return self._agency

    def open_link(self, token: str) -> str:
        """Spend a deep link's one-time token on a session; gives the contract's id.

        Raises SignerError AGENCY_LINK_USED, LINK_NOT_OURS.
        """
        try:
            request = SessionRequest(one_time_token=token)
        except ValidationError:
            raise SignerError(ErrorCode.LINK_NOT_OURS) from None  # the cause would repeat the token
        session = self._call(Call("POST", "sessions", _body(request)), Session)
        _require(is_bearer(session.access_token), "a token that cannot be sent")
        if session.contract_id is None:
            raise SignerError(ErrorCode.AGENCY_GARBLED, "a link that leads nowhere")
        self._sessions.keep(self._agency.id, session)
        return session.contract_id

    def login_ways(self) -> tuple[str, ...] | None:
        """Tell how one can log in, in the agency's order; None where one is logged in.

        Raises SignerError AGENCY_NOT_LOGGED_IN when no link was opened.
        """
        return self._sessions.login_ways(self._agency.id)

    def login_text(self) -> bytes:
        """Ask for a question, and write what is signed to answer it, with this server's name as it is known here.

        Raises SignerError AGENCY_NOT_LOGGED_IN, AGENCY_NO_LOGIN.
        """
        asked = self._call(Call("POST", "sessions/challenge", b"", self._token()), LoginChallenge)
        _require(len(asked.nonce) == NONCE_BYTES, "a question that somebody may have asked before")
        with _understood():
            return challenge_text(server_name(self._agency.url), self._agency.id, asked.nonce, asked.issued_at)

    def log_in(self, signer: Signer, signature: bytes) -> None:
        """Log in by the eID's answer to the last question.

        Raises SignerError AGENCY_LOGIN_REFUSED, CARD_OF_ANOTHER, CERTIFICATE_REVOKED, AGENCY_NO_LOGIN,
        AGENCY_NOT_LOGGED_IN.
        """
        encoded = [base64.b64encode(der) for der in signer.chain]
        request = LoginByCard(
            way="eid",
            certificate=base64.b64encode(signer.certificate),
            chain=encoded,
            signature=base64.b64encode(signature),
        )
        self._log_in(request)

    def send_code(self) -> str:
        """Let the agency mail a code; raises SignerError AGENCY_NO_LOGIN, AGENCY_BUSY, AGENCY_NOT_LOGGED_IN."""
        return self._call(Call("POST", "sessions/codes", b"", self._token()), CodeSent).mail

    def log_in_by_code(self, code: str) -> None:
        """Log in by the code that came by mail.

        Raises SignerError AGENCY_CODE_WRONG, AGENCY_CODE_ENDED, AGENCY_NO_LOGIN, AGENCY_NOT_LOGGED_IN.
        """
        try:
            request = LoginByCode(way="code", code=code)
        except ValidationError:
            raise SignerError(ErrorCode.AGENCY_CODE_WRONG) from None
        self._log_in(request)

    def _log_in(self, request: LoginByCard | LoginByCode) -> None:
        try:
            session = self._call(Call("POST", "sessions/login", _body(request), self._token()), Session)
        except SignerError as error:
            raise SignerError(_AT_THE_DOOR.get(error.code, error.code), error.detail) from error
        _require(is_bearer(session.access_token), "a token that cannot be sent")
        _require(session.logged_in, "logged in, and not logged in")
        self._sessions.keep(self._agency.id, session)

    def enrol(self, device_id: UUID, name: str) -> EnrolledDevice:
        """Enrol this computer under an id of its own; raises SignerError AGENCY_NOT_LOGGED_IN, AGENCY_LOGIN_NEEDED."""
        once = {"Idempotency-Key": str(device_id)}
        call = Call("POST", "devices", _body(DeviceRequest(name=name)), self._token(), once)
        enrolled = self._call(call, EnrolledDevice)
        _require(enrolled.id == device_id, "another computer")
        return enrolled

    def devices(self) -> list[DeviceResource]:
        """List the computers of this worker; raises SignerError AGENCY_NOT_LOGGED_IN, AGENCY_LOGIN_NEEDED."""
        return self._call(Call("GET", "devices", bearer=self._token()), DeviceList).items

    def revoke(self, device_id: UUID) -> None:
        """Let a computer fetch nothing any more; raises SignerError AGENCY_NOT_LOGGED_IN, AGENCY_NO_SUCH_CONTRACT."""
        answer = self._web.send(Call("DELETE", f"devices/{device_id}", bearer=self._token(), headers=_ACCEPT_JSON))
        if answer.status >= 400:
            raise refusal(answer)

    def begin(self, device_token: str) -> None:
        """Begin a session as an enrolled computer; raises SignerError DEVICE_REVOKED."""
        session = self._call(Call("POST", "sessions/device", _body(DeviceLogin(device_token=device_token))), Session)
        _require(is_bearer(session.access_token), "a token that cannot be sent")
        self._sessions.keep(self._agency.id, session)

    def tasks(self) -> list[Contract]:
        """List what is to be signed, soonest first, and what was withdrawn before its job started.

        Raises SignerError AGENCY_NOT_LOGGED_IN.
        """
        found: list[Contract] = []
        path = "tasks?withdrawn=true"
        for _ in range(_MAX_PAGES):
            page = self._call(Call("GET", path, bearer=self._token()), TaskList)
            found += [_contract(item) for item in page.items]
            if page.next is None:
                return found
            path = page.next
        raise SignerError(ErrorCode.AGENCY_GARBLED, f"a list of more than {_MAX_PAGES} pages")

    def contract(self, contract_id: str) -> Contract:
        """Give one contract's data; raises SignerError AGENCY_NO_SUCH_CONTRACT, AGENCY_NOT_LOGGED_IN."""
        resource = self._call(Call("GET", _path(contract_id), bearer=self._token()), ContractResource)
        _require(resource.id == contract_id, "the data of another contract")
        return _contract(resource)

    def download(self, contract: Contract, target: Path) -> None:
        """Put the document at ``target``, whole or not at all.

        Raises SignerError AGENCY_GARBLED when size or SHA-256 are not those announced, DOCUMENT_TOO_LARGE, DISK_FULL.
        """
        if contract.size > _MAX_DOCUMENT:
            raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE, f"{contract.size} bytes")
        write_whole(target, lambda file: self._fetch(contract, file))

    def open_signing(self, contract: Contract, submission_id: UUID) -> SigningTerms:
        """Agree on one signature, and measure the clock against the server's with half the round trip taken out.

        Raises SignerError AGENCY_WITHDRAWN, AGENCY_ALREADY_SIGNED, AGENCY_NOT_LOGGED_IN.
        """
        body = _body(SigningSessionRequest(submission_id=submission_id))
        once = {"Idempotency-Key": str(submission_id)}
        call = Call("POST", _path(contract.id, "signingSessions"), body, self._token(), once)
        asked_at = self._clock.now()
        session = self._call(call, SigningSession)
        answered_at = self._clock.now()
        _require(session.submission_id == submission_id, "the terms of another submission")
        _require(session.sha256 == contract.original_sha256, "the terms of another document")
        _require(is_bearer(session.upload_capability), "a capability that cannot be sent")
        with _understood():
            return self._terms(contract, session, asked_at + (answered_at - asked_at) / 2)

    def tell_wrong(self, objection: Objection) -> None:
        """Tell the agency that something is wrong; the same objection may be sent any number of times.

        Raises SignerError AGENCY_NOT_LOGGED_IN, AGENCY_NO_SUCH_CONTRACT, AGENCY_CONFLICT.
        """
        body = _body(ObjectionRequest(reasons=[reason.value for reason in objection.reasons], text=objection.text))
        once = {"Idempotency-Key": str(objection.id)}
        call = Call("POST", _path(objection.contract_id, "objections"), body, self._token(), once)
        kept = self._call(call, ObjectionResource)
        _require(kept.id == objection.id, "the answer to another objection")

    def deliver(self, signed: SignedContract, terms: SigningTerms) -> Receipt:
        """Send the increment; the same submission may be sent any number of times.

        Raises SignerError FILE_MISSING or STORE_DAMAGED when the file is not what was signed; AGENCY_REFUSED,
        AGENCY_CONFLICT, AGENCY_ALREADY_SIGNED, AGENCY_WITHDRAWN, AGENCY_NOT_LOGGED_IN when the agency does not take it.
        """
        body = _body(_submission(signed, terms))
        call = Call("PUT", f"submissions/{signed.submission_id}", body, terms.upload_capability)
        answer = self._checked(call)
        submission = _parsed(answer, Submission)
        _require_receipt_fits(submission, signed, terms)
        return _receipt(submission.receipt, _as_sent(answer))

    def greet(self) -> None:
        """Ask who is there; raises SignerError of the kind NETWORK, AGENCY_BUSY or AGENCY_GARBLED when nobody is."""
        self._call(Call("GET", "agency"), AgencyDescriptor)

    def holding(self, terms: SigningTerms) -> Holding:
        """Tell what the agency has of a submission; raises SignerError AGENCY_NO_SUCH_CONTRACT, _NOT_LOGGED_IN."""
        call = Call("GET", f"submissions/{terms.submission_id}", bearer=terms.upload_capability)
        submission = self._call(call, Submission)
        _require(submission.submission_id == terms.submission_id, "another submission")
        return Holding(Level(submission.level or submission.receipt.level), submission.extensions)

    def extend(self, signed: SignedContract, extension: Extension, terms: SigningTerms) -> Level:
        """Send what was appended; the same extension may be sent any number of times.

        Raises SignerError STORE_DAMAGED when the file is not what was extended; AGENCY_CONFLICT when the agency has
        another extension of this number, AGENCY_REFUSED, AGENCY_NOT_LOGGED_IN when it does not take it.
        """
        increment = base64.b64encode(_piece(signed.path, extension.start, extension.end, extension.sha256))
        body = _body(ExtensionRequest(whole_sha256=extension.sha256, increment=increment))
        path = f"submissions/{signed.submission_id}/extensions/{extension.number}"
        taken = self._call(Call("PUT", path, body, terms.upload_capability), ExtensionResource)
        told = (taken.submission_id, taken.number, taken.whole_sha256)
        _require(told == (signed.submission_id, extension.number, extension.sha256), "another extension")
        return Level(taken.level)

    def _checked(self, call: Call) -> Answer:
        """Send a signature, and again while it is checked; raises SignerError AGENCY_BUSY when that takes long."""
        for _ in range(_ASKED_AGAIN):
            answer = self._answer(call)
            if answer.status != HTTPStatus.ACCEPTED:
                return answer
            again_s = again_after(answer) or 1
            time.sleep(min(again_s, _LONGEST_PAUSE_S))
        raise SignerError(ErrorCode.AGENCY_BUSY, "it is still being checked", again_s=_LONGEST_PAUSE_S)

    def _call(self, call: Call, message: type[_Message]) -> _Message:
        return _parsed(self._answer(call), message)

    def _answer(self, call: Call) -> Answer:
        headers = {**_ACCEPT_JSON, **call.headers, **({"Content-Type": _JSON} if call.body is not None else {})}
        answer = self._web.send(Call(call.method, call.path, call.body, call.bearer, headers))
        if answer.status >= 400:
            raise refusal(answer)
        _require(answer.media_type == _JSON, "no JSON")
        return answer

    def _fetch(self, contract: Contract, file: BinaryIO) -> None:
        digest = hashlib.sha256()
        call = Call("GET", _path(contract.id, "document"), bearer=self._token(), headers=_ACCEPT_PDF)
        limits = Limits(total_s=Limits().total_s + contract.size / _SLOWEST, answer=contract.size)
        answer = self._web.download(call, _into(file, digest.update), limits)
        if answer.status >= 400:
            raise refusal(answer)
        _require(answer.media_type == _PDF, "no PDF")
        _require(digest.hexdigest() == contract.original_sha256, "not the bytes that were announced")

    def _token(self) -> str:
        return self._sessions.token(self._agency.id)

    def _terms(self, contract: Contract, session: SigningSession, answered_at: datetime) -> SigningTerms:
        expected = session.expected_signer
        _require(len(expected.salt) >= _SALT and len(expected.hash) == _HASH, "no argon2id hash")
        return SigningTerms(
            submission_id=session.submission_id,
            agency_id=self._agency.id,
            contract_id=contract.id,
            original_sha256=session.sha256,
            deadline=session.deadline.astimezone(UTC),
            level=Level(session.level),
            field=session.field,
            expected_signer=ExpectedSigner(
                expected.salt, expected.hash, expected.time_cost, expected.memory_cost, expected.parallelism
            ),
            upload_capability=session.upload_capability,
            clock_offset=session.server_time.astimezone(UTC) - answered_at,
            visible=session.visible,
            one_pin=session.one_pin,
            expires_at=session.expires_at and session.expires_at.astimezone(UTC),
            sealing_key=_sealing_key(session.sealing_key),
        )


def _path(contract_id: str, *more: str) -> str:
    """Build a contract's address; an id that came from a keyboard can be anything."""
    if not _IDENTIFIER.fullmatch(contract_id):
        raise SignerError(ErrorCode.AGENCY_NO_SUCH_CONTRACT)
    return "/".join(("contracts", contract_id, *more))


def _submission(signed: SignedContract, terms: SigningTerms) -> SubmissionRequest:
    offset_ms = round(terms.clock_offset / timedelta(milliseconds=1))
    sealed = base64.b64encode(read_sealed(signed.sealed)) if signed.sealed else None
    return SubmissionRequest(
        original_sha256=signed.original_sha256,
        signed_sha256=signed.sha256,
        increment=None if sealed else base64.b64encode(_increment(signed)),
        sealed_increment=sealed,
        level=signed.level.value,
        claimed_at=signed.claimed_at,
        clock_offset_ms=max(-MAX_CLOCK_OFFSET_MS, min(offset_ms, MAX_CLOCK_OFFSET_MS)),
    )


def _sealing_key(certificate: bytes | None) -> bytes | None:
    """Take what the agency wants sealed to; raises ValueError when nothing can be."""
    if certificate is not None:
        CertificateRecipient.of(certificate)
    return certificate


def _increment(signed: SignedContract) -> bytes:
    """Read what the signature added, of a file that is still the one that was signed."""
    if signed.path.exists() and signed.path.stat().st_size != signed.size:
        raise SignerError(ErrorCode.STORE_DAMAGED, "the signed file has changed")
    return _piece(signed.path, signed.increment_offset, signed.size, signed.sha256)


def _piece(path: Path, start: int, end: int, sha256: str) -> bytes:
    """Read what was added to a file, when all of it up to there still has this hash."""
    if prefix_sha256(path, end) != sha256:
        raise SignerError(ErrorCode.STORE_DAMAGED, "the signed file has changed")
    if not 0 < end - start <= MAX_INCREMENT:
        raise SignerError(ErrorCode.AGENCY_REFUSED, "an increment that no agency takes")
    with file_errors(), path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _require_receipt_fits(submission: Submission, signed: SignedContract, terms: SigningTerms) -> None:
    proof = submission.receipt
    told = (submission.submission_id, proof.submission_id, proof.agency_id, proof.contract_id)
    _require(
        told == (signed.submission_id, signed.submission_id, terms.agency_id, terms.contract_id),
        "the receipt of another submission",
    )
    hashes = (proof.original_sha256, proof.signed_sha256)
    _require(hashes == (signed.original_sha256, signed.sha256), "the receipt of other bytes")


def _receipt(proof: TransactionProof, as_sent: str) -> Receipt:
    with _understood():
        return Receipt(
            submission_id=proof.submission_id,
            contract_id=proof.contract_id,
            signed_sha256=proof.signed_sha256,
            received_at=proof.received_at.astimezone(UTC),
            late=proof.late,
            proof=as_sent,
            level=Level(proof.level),
            level_asked=Level(proof.level_asked),
            proven_at=proof.proven_at and proof.proven_at.astimezone(UTC),
            timeliness=Timeliness(proof.told_timeliness),
        )


def _as_sent(answer: Answer) -> str:
    """Give the proof with every field that came, also those that this version does not know."""
    with _understood():
        return json.dumps(json.loads(answer.body)["receipt"], ensure_ascii=False).encode().decode()


def _contract(resource: ContractResource) -> Contract:
    with _understood():
        return Contract(
            id=resource.id,
            title=resource.title,
            job=resource.job,
            company=resource.company,
            place=resource.place,
            starts_at=resource.starts_at.astimezone(UTC),
            ends_at=resource.ends_at.astimezone(UTC),
            hourly_pay=resource.hourly_pay,
            language=resource.language,
            state=resource.state,
            original_sha256=resource.sha256,
            size=resource.size,
            page_count=resource.page_count,
            replaces=resource.replaces,
            replaced_by=resource.replaced_by,
            told=_told(resource.objection),
        )


def _told(objection: ObjectionResource | None) -> Told | None:
    if objection is None:
        return None
    known = {reason.value: reason for reason in Wrong}
    reasons = dict.fromkeys(known.get(name, Wrong.OTHER) for name in objection.reasons)
    return Told(tuple(reasons), objection.received_at.astimezone(UTC))


def _into(file: BinaryIO, also: Callable[[bytes], object]) -> Callable[[bytes], None]:
    def write(chunk: bytes) -> None:
        also(chunk)
        with file_errors():
            file.write(chunk)

    return write


def _body(message: Wire) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def _parsed(answer: Answer, message: type[_Message]) -> _Message:
    with _understood():
        return message.model_validate_json(answer.body)


@contextmanager
def _understood() -> Iterator[None]:
    """Call rubbish by its name; pydantic's text would repeat what was sent, so only the fields are named."""
    try:
        yield
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"][:3])) for each in error.errors(include_input=False)})
        raise SignerError(ErrorCode.AGENCY_GARBLED, ", ".join(places[:5])) from None
    except (ValueError, OverflowError) as error:  # a time that no calendar has in UTC
        raise SignerError(ErrorCode.AGENCY_GARBLED, type(error).__name__) from error


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion, in words
    if not condition:
        raise SignerError(ErrorCode.AGENCY_GARBLED, otherwise)
