"""Publishing a contract: the PDF, its data, and the worker's national number, which is hashed and forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator
from pypdfium2 import PdfDocument, PdfiumError
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency import people, tokens
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import Contract, Person
from signer.agency.schema import Identifier, Wire
from signer.errors import ErrorCode, SignerError

MAX_DOCUMENT: Final = 64 * 1024 * 1024  # bytes

_Line = Annotated[str, Field(min_length=1, max_length=200)]


class ContractDraft(Wire):
    """What the consultant says about a contract; everything else is read from the PDF."""

    id: Identifier
    title: _Line
    job: _Line
    company: _Line
    place: _Line
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    hourly_pay: Annotated[str, Field(pattern=r"^\d{1,4}\.\d{2}$")]
    language: Literal["nl", "fr", "de"]
    field: Annotated[str, Field(min_length=1, max_length=200)] | None = None  # the worker's prepared signature field

    @model_validator(mode="after")
    def _ends_after_start(self) -> ContractDraft:
        if self.ends_at <= self.starts_at:
            raise ValueError("endsAt is not after startsAt")
        return self


def read_draft(file: Path) -> ContractDraft:
    """Read a contract's data from JSON; raises SignerError SETTINGS_BROKEN naming the fields that are wrong."""
    try:
        return ContractDraft.model_validate_json(file.read_bytes())
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SignerError(ErrorCode.SETTINGS_BROKEN, wrong) from error


def publish(office: Office, pdf: Path, draft: ContractDraft, national_number: str) -> str:
    """Publish a contract for one person; gives its id.

    Raises SignerError (a document that cannot be signed), people.InvalidNationalNumberError, and ProblemError
    CONFLICT when the id is taken.
    """
    if pdf.stat().st_size > MAX_DOCUMENT:
        raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE)
    pseudonym, expected = office.people.pseudonym(national_number), people.expected_hash(national_number)
    pages = _page_count(pdf)
    sha256 = office.documents.add(pdf)
    row = Contract(
        **draft.model_dump(),
        state="open",
        sha256=sha256,
        size=office.documents.path(sha256).stat().st_size,
        page_count=pages,
        salt=expected.salt,
        expected_hash=expected.hash,
        created_at=office.now(),
        opened_at=None,
    )
    try:
        with office.store.writing() as session:
            row.person_id = _person(session, pseudonym)
            session.add(row)
    except IntegrityError as error:
        raise ProblemError(ProblemType.CONFLICT, f"contract {draft.id} exists already") from error
    return draft.id


def withdraw(office: Office, contract_id: str) -> None:
    """Withdraw a contract that is not signed; raises ProblemError NOT_FOUND or ALREADY_SIGNED."""
    with office.store.writing() as session:
        taken_back = (
            update(Contract)
            .where(Contract.id == contract_id, Contract.state != "signed")
            .values(state="withdrawn")
            .returning(Contract.id)
        )
        if session.execute(taken_back).first():
            return
        known = session.get(Contract, contract_id)
    raise ProblemError(ProblemType.ALREADY_SIGNED if known else ProblemType.NOT_FOUND)


def link(office: Office, contract_id: str) -> str:
    """Make the link of the 'Read and sign' step: 15 minutes, one use; raises ProblemError NOT_FOUND."""
    with office.store.writing() as session:
        if session.get(Contract, contract_id) is None:
            raise ProblemError(ProblemType.NOT_FOUND, contract_id)
        token = tokens.make_link(session, contract_id, office.now())
    return f"paraph://open/{office.settings.id}/{token}"


def _person(session: Session, pseudonym: bytes) -> int:
    known = session.scalar(select(Person).where(Person.pseudonym == pseudonym))
    if known is None:
        known = Person(pseudonym=pseudonym)
        session.add(known)
        session.flush()
    return known.id


def _page_count(pdf: Path) -> int:
    try:
        with PdfDocument(pdf) as document:
            return len(document)
    except PdfiumError as error:
        raise SignerError(ErrorCode.DOCUMENT_NOT_PDF) from error
