"""What tests of the outbox and of delivery share: signings to put in, and an agency with a script."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
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
    Level,
    Objection,
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


def terms(agency_id: str = "demo", contract_id: str = "c-1", submission_id: UUID | None = None) -> SigningTerms:
    return SigningTerms(
        submission_id=submission_id or uuid4(),
        agency_id=agency_id,
        contract_id=contract_id,
        original_sha256=hashlib.sha256(ORIGINAL).hexdigest(),
        deadline=START + timedelta(days=1),
        level=Level.B_B,
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


def put_in(outbox: Outbox, agency_id: str = "demo", contract_id: str = "c-1") -> SignedContract:
    """Go the whole way of one signing, up to the queue."""
    agreed = terms(agency_id, contract_id)
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

    @property
    def agency(self) -> AgencyInfo:
        return AgencyInfo(self.agency_id, self.agency_id, "https://agency.example")

    def deliver(self, signed: SignedContract, agreed: SigningTerms) -> Receipt:
        self.sent.append(signed.submission_id)
        self.before_answer()
        error = self.always or self.failures.get(signed.submission_id)
        if error is not None:
            raise error
        return receipt_for(signed, agreed.contract_id)

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
