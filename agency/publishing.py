"""Publishing a contract: the PDF, its data, and the worker's national number, which is hashed and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, ValidationError, model_validator
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency import audit, people, tokens
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import Contract, MailRow, Person, ReplacementRow
from signer.agency.schema import DocumentLanguage, HourlyPay, Identifier, Wire
from signer.errors import ErrorCode, SignerError
from signer.model import Caution, Document
from signer.pades import preflight

_MAIL = r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"  # RFC 5321's everyday addresses, and no second one
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
    hourly_pay: HourlyPay
    language: DocumentLanguage
    field: Annotated[str, Field(min_length=1, max_length=200)] | None = None  # the worker's prepared signature field
    replaces: Identifier | None = None  # the contract in whose place this one comes
    mail: Annotated[str, Field(max_length=254, pattern=_MAIL)] | None = None  # the worker's, for a code to log in with

    @model_validator(mode="after")
    def _ends_after_start(self) -> ContractDraft:
        if self.ends_at <= self.starts_at:
            raise ValueError("endsAt is not after startsAt")
        return self


def read_draft(file: Path) -> ContractDraft:
    """Read a contract's data from JSON; raises SignerError SETTINGS_BROKEN naming the fields that are wrong."""
    with _named_faults():
        return ContractDraft.model_validate_json(file.read_bytes())


def changed(draft: ContractDraft, changes: Mapping[str, str]) -> ContractDraft:
    """Give a contract's data with some of it changed; raises SignerError SETTINGS_BROKEN as ``read_draft`` does."""
    with _named_faults():
        return ContractDraft.model_validate({**draft.model_dump(), **changes})


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SignerError(ErrorCode.SETTINGS_BROKEN, wrong) from error


Examination = Callable[[Path, str | None], Document]
"""Binds a PDF and makes sure that it can be signed in a field; raises SignerError."""


def examine(pdf: Path, field: str | None, tell: Callable[[Caution], object] = lambda _: None) -> Document:
    """Find out before the worker does whether a document can be signed well; raises SignerError, kind DOCUMENT.

    ``tell`` hears what the worker will be warned of.
    """
    document = preflight.inspect(pdf)
    for each in preflight.preflight(document, field):
        tell(each)
    return document


def publish(
    office: Office, pdf: Path, draft: ContractDraft, national_number: str, examination: Examination = examine
) -> str:
    """Publish a contract for one person; gives its id.

    Raises SignerError (a document that cannot be signed), people.InvalidNationalNumberError, and ProblemError
    CONFLICT when the id is taken; where it replaces another: NOT_FOUND, ALREADY_SIGNED, or CONFLICT when that one was
    replaced before.
    """
    pseudonym, expected = office.people.pseudonym(national_number), people.expected_hash(national_number)
    document = examination(pdf, draft.field)
    if office.documents.add(pdf) != document.sha256:
        raise SignerError(ErrorCode.DOCUMENT_NOT_AS_SHOWN, "it changed while it was examined")
    row = Contract(
        **draft.model_dump(exclude={"replaces", "mail"}),
        state="open",
        sha256=document.sha256,
        size=document.size,
        page_count=document.page_count,
        salt=expected.salt,
        expected_hash=expected.hash,
        created_at=office.now(),
        opened_at=None,
    )
    try:
        with office.store.writing() as session:
            if not office.documents.has(row.sha256):  # the same bytes were erased meanwhile
                office.documents.add(pdf)
            row.person_id = _person(session, pseudonym)
            session.add(row)
            session.flush()
            if draft.mail:
                session.add(MailRow(contract_id=row.id, address=draft.mail))
            audit.record(session, Happening.PUBLISHED, row, row.created_at, sha256=row.sha256)
            if draft.replaces:
                old = _replace(session, draft.replaces, row)
                audit.record(session, Happening.REPLACED, old, row.created_at, by=row.id)
    except IntegrityError as error:
        raise ProblemError(
            ProblemType.CONFLICT, f"contract {draft.id} exists already, or {draft.replaces} was replaced"
        ) from error
    return draft.id


def withdraw(office: Office, contract_id: str) -> None:
    """Withdraw a contract that is not signed; raises ProblemError NOT_FOUND or ALREADY_SIGNED."""
    now = office.now()
    with office.store.writing() as session:
        taken_back = (
            update(Contract)
            .where(Contract.id == contract_id, Contract.state != "signed")
            .values(state="withdrawn", changed_at=now)
            .returning(Contract.id)
        )
        if session.execute(taken_back).first():
            audit.record(session, Happening.WITHDRAWN, session.get_one(Contract, contract_id), now)
            return
        known = session.get(Contract, contract_id)
    raise ProblemError(ProblemType.ALREADY_SIGNED if known else ProblemType.NOT_FOUND)


def link(office: Office, contract_id: str) -> str:
    """Make the link of the 'Read and sign' step: 15 minutes, one use; raises ProblemError NOT_FOUND."""
    with office.store.writing() as session:
        contract = session.get(Contract, contract_id)
        if contract is None:
            raise ProblemError(ProblemType.NOT_FOUND, contract_id)
        token = tokens.make_link(session, contract, office.now())
    return f"paraph://open/{office.settings.id}/{token}"


def _replace(session: Session, old_id: str, new: Contract) -> Contract:
    old = session.get(Contract, old_id)
    if old is None or old.person_id != new.person_id:
        raise ProblemError(ProblemType.NOT_FOUND, old_id)
    if old.state == "signed":
        raise ProblemError(ProblemType.ALREADY_SIGNED, old_id)
    old.state, old.changed_at = "replaced", new.created_at
    session.add(ReplacementRow(old_id=old_id, new_id=new.id))
    return old


def _person(session: Session, pseudonym: bytes) -> int:
    known = session.scalar(select(Person).where(Person.pseudonym == pseudonym))
    if known is None:
        known = Person(pseudonym=pseudonym)
        session.add(known)
        session.flush()
    return known.id
