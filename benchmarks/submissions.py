"""How long the agency works on one submission."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from agency import settings, tokens
from agency.checking import signature_check
from agency.office import Office, open_office
from agency.publishing import ContractDraft, publish
from agency.store import Contract
from agency.submissions import receive
from benchmarks import Contestant, Figure, Prepared, World, race, subject
from benchmarks._contracts import Desk, contract
from eidcard.simulator.people import ADULT
from signer.agency.schema import SubmissionRequest
from signer.model import Document

_SIZES: Final = {"200 kB": 200_000, "1 MB": 1_000_000}


@dataclass(frozen=True)
class _Counter:
    """An agency, one document, and a worker who signs it again and again, each time as a contract of its own."""

    office: Office
    desk: Desk
    document: Document
    signed: bytes

    def delivery(self) -> tuple[Office, UUID, str, SubmissionRequest]:
        """Publish a contract and sign it, up to the moment when the PUT arrives."""
        now, submission_id = datetime.now(UTC), uuid4()
        contract_id = publish(
            self.office, self.document.path, _draft(now), ADULT.national_number, lambda _pdf, _field: self.document
        )
        with self.office.store.writing() as session:
            row = session.get_one(Contract, contract_id)
            capability = tokens.make_capability(session, row, submission_id, "one-time-link", now)
        request = SubmissionRequest(
            original_sha256=self.document.sha256,
            signed_sha256=hashlib.sha256(self.signed).hexdigest(),
            increment=base64.b64encode(self.signed[self.document.size :]),
            level="B-B",
            claimed_at=now,
            clock_offset_ms=0,
        )
        return self.office, submission_id, capability, request


@subject("submissions", "The agency's work on one submission, HTTP left out (SQLite)")
def submissions(world: World) -> Iterable[Figure]:
    """Time from the parsed PUT to the receipt: put together, checked, kept, recorded; and the check in it alone."""
    data = world.new_folder("agency")
    roots = world.new_folder("agency-roots")
    for number, der in enumerate(world.pki.roots):
        (roots / f"{number}.der").write_bytes(der)
    settings.initialise(data, settings.Settings(id="bench", name="TEST agency", test_roots=roots))
    office = open_office(data, signature_check)
    world.closing.callback(office.close)
    for label, size in _SIZES.items():
        yield from _times(world, office, label, size)


def _times(world: World, office: Office, label: str, size: int) -> list[Figure]:
    desk = Desk.of(world, f"submissions-{size}")
    document = contract(desk.folder, size)
    signed = desk.sign(document)
    counter = _Counter(office, desk, document, signed.read_bytes())
    peer = f"{label}: pdfsig on the signed file"
    contestants: dict[str, Contestant] = {
        peer: lambda: subprocess.run(["pdfsig", str(signed)], check=False, capture_output=True),
        f"{label}: the check alone": lambda: office.check(document.path, signed, datetime.now(UTC), None),
        f"{label}: from PUT to receipt": Prepared(counter.delivery, lambda delivery: receive(*delivery)),
    }
    return race(contestants, world.effort, peer)


def _draft(now: datetime) -> ContractDraft:
    return ContractDraft(
        id=f"C-{uuid4().hex}",
        title="Arbeidsovereenkomst voor uitzendarbeid",
        job="TEST",
        company="TEST",
        place="TEST",
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=2),
        hourly_pay="16.42",
        language="nl",
    )
