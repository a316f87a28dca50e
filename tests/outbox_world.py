"""What tests of the outbox and of delivery share: signings to put in, and an agency with a script."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.model import (
    AgencyInfo,
    Contract,
    ExpectedSigner,
    Extension,
    Holding,
    Level,
    Objection,
    Reached,
    Receipt,
    SignedContract,
    SigningTerms,
)
from signer.outbox import Outbox

START: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ORIGINAL: Final = b"%PDF-1.7 TEST original"
INCREMENT: Final = b" and what TEST signing added"
SIGNED: Final = ORIGINAL + INCREMENT


def contract(contract_id: str = "c-1") -> Contract:
    return Contract(
        id=contract_id,
        title="Week 10, TEST",
        job="Magazijnier",
        company="Voorbeeld NV",
        place="Gent",
        starts_at=START + timedelta(days=1),
        ends_at=START + timedelta(days=6),
        hourly_pay="16.42",
        language="nl",
        state="open",
        original_sha256=hashlib.sha256(ORIGINAL).hexdigest(),
        size=len(ORIGINAL),
        page_count=3,
    )


def terms(
    agency_id: str = "demo", contract_id: str = "c-1", submission_id: UUID | None = None, level: Level = Level.B_B
) -> SigningTerms:
    return SigningTerms(
        submission_id=submission_id or uuid4(),
        agency_id=agency_id,
        contract_id=contract_id,
        original_sha256=hashlib.sha256(ORIGINAL).hexdigest(),
        deadline=START + timedelta(days=1),
        level=level,
        field="Worker",
        expected_signer=ExpectedSigner(b"\xff\x00salt", b"\x80digest", 3, 65536, 4),
        upload_capability="capability-TEST",
        clock_offset=timedelta(milliseconds=-1500),
    )


def described(agreed: SigningTerms, path: Path) -> SignedContract:
    """Describe a signed file, as the check after a crash does."""
    content = path.read_bytes()
    if not content.startswith(ORIGINAL) or content == ORIGINAL:
        raise SignerError(ErrorCode.SIGNATURE_INVALID)
    return SignedContract(
        submission_id=agreed.submission_id,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        original_sha256=agreed.original_sha256,
        increment_offset=len(ORIGINAL),
        size=len(content),
        signer_name="Alex Voorbeeld",
        claimed_at=START,
        level=Level.B_B,
        test=True,
    )


def put_in(
    outbox: Outbox, agency_id: str = "demo", contract_id: str = "c-1", level: Level = Level.B_B
) -> SignedContract:
    """Go the whole way of one signing, up to the queue."""
    agreed = terms(agency_id, contract_id, level=level)
    path = outbox.begin(agreed, contract(contract_id))
    write_whole(path, SIGNED)
    signed = described(agreed, path)
    outbox.queue(signed)
    return signed


def receipt_for(signed: SignedContract, contract_id: str = "c-1", proof: str = '{"TEST": true}') -> Receipt:
    return Receipt(signed.submission_id, contract_id, signed.sha256, START, late=False, proof=proof)


@dataclass
class ScriptedAgency:
    """An agency that fails as it is told: a code for a submission, or a code for all."""

    agency_id: str = "demo"
    failures: dict[UUID, Exception] = field(default_factory=dict)
    always: Exception | None = None
    before_answer: Callable[[], None] = lambda: None
    sent: list[UUID] = field(default_factory=list)
    sent_bytes: list[str] = field(default_factory=list)  # their SHA-256
    nobody_there: Exception | None = None
    has: Holding = field(default_factory=lambda: Holding(Level.B_B, 0))
    extensions: list[Extension] = field(default_factory=list)
    extension_refused: Exception | None = None

    @property
    def agency(self) -> AgencyInfo:
        return AgencyInfo(self.agency_id, self.agency_id, "https://agency.example")

    def deliver(self, signed: SignedContract, agreed: SigningTerms) -> Receipt:
        self.sent.append(signed.submission_id)
        self.sent_bytes.append(signed.sha256)
        self.before_answer()
        error = self.always or self.failures.get(signed.submission_id)
        if error is not None:
            raise error
        return replace(receipt_for(signed, agreed.contract_id), level=signed.level, level_asked=agreed.level)

    def greet(self) -> None:
        if self.nobody_there is not None:
            raise self.nobody_there

    def holding(self, _: SigningTerms) -> Holding:
        self.greet()
        return self.has

    def extend(self, _: SignedContract, extension: Extension, __: SigningTerms) -> Level:
        self.extensions.append(extension)
        if self.extension_refused is not None:
            raise self.extension_refused
        self.has = Holding(extension.level, extension.number)
        return extension.level

    def open_link(self, token: str) -> str:
        raise NotImplementedError

    def tasks(self) -> list[Contract]:
        raise NotImplementedError

    def contract(self, contract_id: str) -> Contract:
        raise NotImplementedError

    def download(self, contract: Contract, target: Path) -> None:
        raise NotImplementedError

    def open_signing(self, contract: Contract, submission_id: UUID) -> SigningTerms:
        raise NotImplementedError

    def tell_wrong(self, objection: Objection) -> None:
        raise NotImplementedError


@dataclass
class ScriptedExtender:
    """Writes TEST marks where the real one puts time-stamps and evidence; fails as it is told."""

    failure: SignerError | None = None
    stops_at: Level = Level.B_LTA
    because: ErrorCode | None = None
    before_return: Callable[[], None] = lambda: None
    stamped: list[UUID] = field(default_factory=list)

    def stamp(self, signed: SignedContract, _: timedelta) -> SignedContract:
        self.stamped.append(signed.submission_id)
        if self.failure is not None:
            raise self.failure
        content = signed.path.read_bytes().replace(b"TEST signing", b"TEST stamped")
        write_whole(signed.path, content)
        self.before_return()
        return replace(signed, sha256=hashlib.sha256(content).hexdigest(), level=Level.B_T)

    def append(self, path: Path, asked: Level, _: timedelta) -> Reached:
        if self.failure is not None:
            raise self.failure
        reached = asked if self.stops_at.reaches(asked) else self.stops_at
        write_whole(path, path.read_bytes() + f" and TEST {reached.value}".encode())
        self.before_return()
        return Reached(reached, self.because)
