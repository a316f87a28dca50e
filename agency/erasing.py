"""Erasing what is personal: a person's contracts when somebody asks, everybody's when the time to keep them is over.

Whatever points at a contract or a person in the database goes with it, then its documents. What stays is the audit log:
it knows people by pseudonyms drawn by lot, and with the row that says whose one is, nothing leads back.
The order is what survives a power cut: one transaction erases the rows and dooms the files; then the files go, and who
died before that was done is followed by the next one who erases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from agency import audit
from agency.audit import Happening
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.settings import Settings
from agency.store import (
    AliasRow,
    Base,
    Contract,
    DoomedRow,
    EvidenceRow,
    ExtensionRow,
    Person,
    ProofRow,
    SubmissionRow,
)

_SWEPT_AFTER: Final = timedelta(days=1)  # no request takes so long

_CONTRACTS: Final = Contract.metadata.tables["contracts"]
_PEOPLE: Final = Person.metadata.tables["people"]
_DOCUMENTS: Final[tuple[InstrumentedAttribute[str], ...]] = (  # every column that names one
    Contract.sha256,
    SubmissionRow.signed_sha256,
    EvidenceRow.signed_sha256,
    ExtensionRow.whole_sha256,
    ProofRow.pdf_sha256,
)


class Because(Enum):
    """Why a contract is erased; the audit log has it."""

    ASKED = "asked"
    RETENTION = "retention"


class Verdict(NamedTuple):
    """Whether a contract may go, and if not, why."""

    contract_id: str
    state: str
    kept_because: str  # empty: it may go


def judged(office: Office, contract_id: str | None = None, pseudonym: str | None = None) -> list[Verdict]:
    """Judge each contract of one person, found by a contract or by the audit log's pseudonym.

    Raises ProblemError NOT_FOUND.
    """
    with office.store.reading() as session:
        person = _person(session, contract_id, pseudonym)
        return [_verdict(session, office, contract) for contract in _contracts_of(session, person)]


def erase(office: Office, contract_id: str | None = None, pseudonym: str | None = None) -> list[Verdict]:
    """Erase what may go of one person, and the person when that is all; gives what was erased and what was kept.

    Raises ProblemError NOT_FOUND.
    """
    with office.store.writing() as session:
        person = _person(session, contract_id, pseudonym)
        verdicts = [_verdict(session, office, contract) for contract in _contracts_of(session, person)]
        _erase(session, office, [each.contract_id for each in verdicts if not each.kept_because], Because.ASKED)
    finish(office)
    return verdicts


def overdue(office: Office) -> list[str]:
    """List the contracts whose time to be kept is over, oldest first."""
    with office.store.reading() as session:
        return _overdue(session, office)


def purge(office: Office) -> list[str]:
    """Erase what is overdue, and sweep up after processes that died; gives the contracts that went."""
    with office.store.writing() as session:
        gone = _overdue(session, office)
        _erase(session, office, gone, Because.RETENTION)
    office.documents.sweep(office.now() - _SWEPT_AFTER)
    finish(office)
    return gone


def finish(office: Office) -> None:
    """Erase the bytes of documents whose rows are gone; what another contract has too stays."""
    with office.store.reading() as session:
        doomed = session.scalars(select(DoomedRow.sha256)).all()
    for sha256 in doomed:
        with office.store.writing() as session:  # alone: nobody publishes these bytes just now
            if not any(session.scalar(select(exists().where(column == sha256))) for column in _DOCUMENTS):
                office.documents.remove(sha256)
            session.execute(delete(DoomedRow).where(DoomedRow.sha256 == sha256))
    office.store.forget()


def _person(session: Session, contract_id: str | None, pseudonym: str | None) -> int:
    by_alias = select(AliasRow.person_id).where(AliasRow.alias == pseudonym)
    by_contract = select(Contract.person_id).where(Contract.id == contract_id)
    found = session.scalar(by_contract if contract_id is not None else by_alias)
    if found is None:
        raise ProblemError(ProblemType.NOT_FOUND, contract_id or pseudonym or "")
    return found


def _contracts_of(session: Session, person: int) -> Sequence[Contract]:
    mine = select(Contract).where(Contract.person_id == person)
    return session.scalars(mine.order_by(Contract.starts_at, Contract.id)).all()


def _verdict(session: Session, office: Office, contract: Contract) -> Verdict:
    return Verdict(contract.id, contract.state, _kept_because(session, office, contract))


def _kept_because(session: Session, office: Office, contract: Contract) -> str:
    if contract.state == "open":
        return "it can still be signed: withdraw it first"
    if not _is_signed(session, contract):
        return ""
    until = contract.ends_at + _time_kept(office.settings, signed=True)
    return f"it is signed, and kept until {until:%Y-%m-%d} (keep_signed_days)" if office.now() < until else ""


def _overdue(session: Session, office: Office) -> list[str]:
    shortest = min(_time_kept(office.settings, signed=signed) for signed in (True, False))
    old = select(Contract).where(Contract.ends_at <= office.now() - shortest)
    return [
        contract.id
        for contract in session.scalars(old.order_by(Contract.ends_at, Contract.id))
        if contract.ends_at + _time_kept(office.settings, signed=_is_signed(session, contract)) <= office.now()
    ]


def _is_signed(session: Session, contract: Contract) -> bool:
    """Whether there is a signature to be kept, accepted or as evidence."""
    kept = select(exists().where(EvidenceRow.contract_id == contract.id))
    return contract.state == "signed" or bool(session.scalar(kept))


def _time_kept(settings: Settings, *, signed: bool) -> timedelta:
    return timedelta(days=settings.keep_signed_days if signed else settings.keep_unsigned_days)


def _erase(session: Session, office: Office, contract_ids: Iterable[str], because: Because) -> None:
    for contract_id in contract_ids:
        contract = session.get_one(Contract, contract_id)
        audit.record(session, Happening.ERASED, contract, office.now(), because=because.value)
        for sha256 in set(_documents_of(session, contract)):
            session.merge(DoomedRow(sha256=sha256))
        session.flush()
        session.expunge(contract)
        _delete(session, _CONTRACTS, Contract.id == contract_id)
    _delete(session, _PEOPLE, ~exists().where(Contract.person_id == Person.id))


def _documents_of(session: Session, contract: Contract) -> Iterator[str]:
    submission = select(SubmissionRow.id).where(SubmissionRow.contract_id == contract.id)
    yield contract.sha256
    yield from session.scalars(select(SubmissionRow.signed_sha256).where(SubmissionRow.contract_id == contract.id))
    yield from session.scalars(select(EvidenceRow.signed_sha256).where(EvidenceRow.contract_id == contract.id))
    yield from session.scalars(select(ExtensionRow.whole_sha256).where(ExtensionRow.submission_id.in_(submission)))
    yield from session.scalars(select(ProofRow.pdf_sha256).where(ProofRow.submission_id.in_(submission)))


def _delete(session: Session, table: Table, which: ColumnElement[bool]) -> None:
    """Delete rows, and before them all rows of whatever table that point at them: no table can be forgotten."""
    for other in Base.metadata.tables.values():
        for key in other.foreign_keys:
            if key.column.table is table:
                _delete(session, other, _pointing(key.parent, select(key.column).where(which)))
    session.execute(delete(table).where(which))


def _pointing(column: Any, at: Any) -> ColumnElement[bool]:  # noqa: ANN401 - SQLAlchemy's own are generic
    found: ColumnElement[bool] = column.in_(at)
    return found
