"""An agency to measure, and signatures that come in to it, each under a contract of its own."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import httpx

from agency import settings, tokens
from agency.checking import signature_check
from agency.office import Office, open_office
from agency.publishing import ContractDraft, publish
from agency.store import Contract
from benchmarks import World
from benchmarks._contracts import Desk
from eidcard.simulator.people import ADULT
from signer.agency.schema import SubmissionRequest
from signer.model import Document


class Delivery(NamedTuple):
    """A signature up to the moment when its PUT is sent."""

    submission_id: UUID
    capability: str
    request: SubmissionRequest


def agency_folder(world: World, name: str) -> Path:
    """Make the data folder of an agency that takes this world's cards."""
    data, roots = world.new_folder(name), world.new_folder(f"{name}-roots")
    for number, der in enumerate(world.pki.roots):
        (roots / f"{number}.der").write_bytes(der)
    settings.initialise(data, settings.Settings(id="bench", name="TEST agency", test_roots=roots))
    return data


def agency_office(world: World, name: str) -> Office:
    """Open an agency that takes this world's cards, until the end of the run."""
    office = open_office(agency_folder(world, name), signature_check)
    world.closing.callback(office.close)
    return office


@dataclass(frozen=True)
class Counter:
    """An agency, one document, and a worker who signs it again and again, each time as a contract of its own."""

    office: Office
    desk: Desk
    document: Document
    signed: bytes

    def delivery(self) -> Delivery:
        """Publish a contract and sign it."""
        now, submission_id = datetime.now(UTC), uuid4()
        contract_id = publish(
            self.office, self.document.path, draft(now), ADULT.national_number, lambda _pdf, _field: self.document
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
        return Delivery(submission_id, capability, request)


def draft(now: datetime) -> ContractDraft:
    """Draft a contract for a job of tomorrow."""
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


@contextmanager
def served(data: Path, processes: int) -> Iterator[httpx.Client]:
    """Serve on a free port until the block ends."""
    ready, theirs = os.pipe()
    line = [sys.executable, "-m", "agency", "serve", "--data", str(data), "--processes", str(processes)]
    quiet = subprocess.DEVNULL
    command = [*line, "--ready-fd", str(theirs)]
    with subprocess.Popen(command, pass_fds=[theirs], stdout=quiet, stderr=quiet) as server:
        os.close(theirs)
        with os.fdopen(ready) as port:
            url = f"http://127.0.0.1:{int(port.read())}"
        try:
            # A connection of each client stays with one process: new ones are shared out evenly.
            with httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_keepalive_connections=0)) as client:
                yield client
        finally:
            server.terminate()
            server.wait()
