"""What the agency remembers: typed tables over SQLAlchemy 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from agency import databases
from signer.agency.schema import ContractState, DocumentLanguage, LevelName, LoginName


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone; SQLite keeps none, so it goes in and comes out as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Take the zone off, after moving to UTC."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Put the zone back."""
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it as a plain attribute


class Person(Base):
    """A worker, known by nothing but the keyed hash of the national number."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    pseudonym: Mapped[bytes] = mapped_column(unique=True)


class AliasRow(Base):
    """Under which name the audit log knows a person: drawn by lot, so that nothing leads back once this row is gone."""

    __tablename__ = "aliases"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    alias: Mapped[str] = mapped_column(unique=True)


class Contract(Base):
    """A published contract: what the summary shows, which bytes it is, and who must sign."""

    __tablename__ = "contracts"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    title: Mapped[str]
    job: Mapped[str]
    company: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    hourly_pay: Mapped[str]
    language: Mapped[DocumentLanguage] = mapped_column(String)
    state: Mapped[ContractState] = mapped_column(String)
    sha256: Mapped[str]
    size: Mapped[int]  # bytes
    page_count: Mapped[int]
    field: Mapped[str | None]  # the prepared signature field
    salt: Mapped[bytes]  # of the argon2id below, for this contract alone
    expected_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]  # last: objected to, signed, withdrawn or replaced; None: as published
    opened_at: Mapped[datetime | None]


class Invitation(Base):
    """The token of the page that a message links to, as a hash; it makes deep links, and opens nothing by itself."""

    __tablename__ = "invitations"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    created_at: Mapped[datetime]


class ReplacementRow(Base):
    """Which version of a contract came in place of which."""

    __tablename__ = "replacements"

    old_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    new_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), unique=True)


class ObjectionRow(Base):
    """What a worker says is wrong with a contract."""

    __tablename__ = "objections"

    id: Mapped[str] = mapped_column(primary_key=True)  # the client's Idempotency-Key
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), index=True)
    reasons: Mapped[str]  # words of the API, with commas
    text: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)


class LinkToken(Base):
    """A deep link's one-time token, as a hash."""

    __tablename__ = "link_tokens"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class SessionToken(Base):
    """A session's bearer token, as a hash, and whose session it is."""

    __tablename__ = "session_tokens"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    login: Mapped[LoginName] = mapped_column(String, server_default="one-time-link")


class LocatedRow(Base):
    """A session that a link opened and nobody has logged in to: it knows a contract, and asks who is there."""

    __tablename__ = "located_sessions"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    nonce: Mapped[bytes | None]  # of the challenge that may be answered, once
    nonce_at: Mapped[datetime | None]
    tries: Mapped[int]  # to log in, that failed


class MailRow(Base):
    """Where a contract's worker gets mail."""

    __tablename__ = "mail_addresses"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    address: Mapped[str]


class CodeRow(Base):
    """The code that was mailed last for a contract, as a keyed hash, and how often: for all its sessions together."""

    __tablename__ = "codes"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    hash: Mapped[bytes]
    sent_at: Mapped[datetime]
    tries: Mapped[int]  # that failed
    day: Mapped[str]  # of the count that follows
    sent: Mapped[int]


class DeviceRow(Base):
    """A worker's own computer, which may fetch ahead; its token as a hash."""

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(primary_key=True)  # the client's Idempotency-Key
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    hash: Mapped[bytes] = mapped_column(unique=True)
    name: Mapped[str]  # the worker's own word for it
    enrolled_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeviceSession(Base):
    """A session that an enrolled computer began by itself, as a hash: it lists and fetches, and nothing else."""

    __tablename__ = "device_sessions"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    expires_at: Mapped[datetime]


class UploadCapability(Base):
    """The right to deliver one submission, as a hash; it outlives the session, for signatures made offline."""

    __tablename__ = "upload_capabilities"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(index=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), index=True)
    created_at: Mapped[datetime]
    login: Mapped[LoginName] = mapped_column(String, server_default="one-time-link")  # of the session that got it
    sealing_key: Mapped[str | None] = mapped_column(index=True)  # what the client may have sealed to


class SubmissionRow(Base):
    """An accepted signature and the receipt that was given for it, kept as it was sent."""

    __tablename__ = "submissions"

    id: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), unique=True)
    increment_sha256: Mapped[str]
    signed_sha256: Mapped[str]
    receipt: Mapped[str]  # a TransactionProof as JSON
    received_at: Mapped[datetime]
    late: Mapped[bool]


class EvidenceRow(Base):
    """A signature that arrived after its contract was withdrawn or replaced: kept, under its hash, and not accepted."""

    __tablename__ = "evidence"

    submission_id: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), index=True)
    increment_sha256: Mapped[str]
    signed_sha256: Mapped[str]
    proof: Mapped[str]  # a TransactionProof as JSON: who, and the three times
    received_at: Mapped[datetime]


class ExtensionRow(Base):
    """What was appended to an accepted signature, by its client or by us: the file with it is under its own hash."""

    __tablename__ = "extensions"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # from 1
    whole_sha256: Mapped[str]
    level: Mapped[LevelName] = mapped_column(String)
    received_at: Mapped[datetime]
    by_agency: Mapped[bool]


class ProofRow(Base):
    """A sealed transaction proof, made once: the PDF is under its own hash, the same as signed JSON is here."""

    __tablename__ = "proofs"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    pdf_sha256: Mapped[str]
    signed_json: Mapped[str]  # JWS, compact (RFC 7515)


class DoomedRow(Base):
    """A document whose rows were erased and whose bytes are still to be."""

    __tablename__ = "doomed_documents"

    sha256: Mapped[str] = mapped_column(primary_key=True)


class AuditRow(Base):
    """One line of the audit log, which only grows: what happened, and the hash of it and of all lines before it."""

    __tablename__ = "audit"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1, without gaps
    at: Mapped[datetime]
    happening: Mapped[str]
    contract_id: Mapped[str] = mapped_column(index=True)  # no foreign key: it outlives the contract
    pseudonym: Mapped[str]
    facts: Mapped[str]  # JSON
    hash: Mapped[bytes]


class WebhookRow(Base):
    """How far the back office was told of the audit log; one row."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]  # the last line of the audit log that was told
    attempts: Mapped[int]  # to tell the next one
    next_try_at: Mapped[datetime]
    failed_since: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]  # by the process that sends
    last_status: Mapped[int]  # HTTP; 0: no answer


class SetAsideRow(Base):
    """A line of the audit log that the back office did not take for days."""

    __tablename__ = "events_set_aside"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_status: Mapped[int]
    at: Mapped[datetime]


class Store:
    """The database behind two doors: ``reading`` sees one moment, ``writing`` is alone and all or nothing.

    ``url`` as SQLAlchemy has it. Several processes may open it at the same moment. Raises SignerError SETTINGS_BROKEN.
    """

    def __init__(self, url: str) -> None:
        self._engine = databases.connect(url)
        writers = databases.alone(self._engine)
        self._readers = sessionmaker(self._engine, expire_on_commit=False)
        self._writers = sessionmaker(writers, expire_on_commit=False)
        try:
            with writers.begin() as connection:
                databases.bring_up_to_date(connection, Base.metadata)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read from one consistent moment."""
        with self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write alone: committed at the end, rolled back by an exception."""
        with self._writers.begin() as session:
            yield session

    def forget(self) -> None:
        """Have the database let go of what was deleted, on the medium too."""
        databases.forget(self._engine, Base.metadata)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()
