"""A check that takes long: told so, asked again, and decided once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

from agency.office import Signatory, SignatureCheck
from agency.under_way import UnderWay
from signer.agency.client import HttpAgency
from signer.agency.session import SessionStore
from signer.clock import SystemClock
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of
from signer.http import HttpClient
from signer.model import AgencyInfo, Level, Receipt, SignedContract, SigningTerms
from tests.agency.world import AgencyServer, Worker, refused, sign_sample


@dataclass
class SlowCheck:
    """The agency's own check, after somebody let it go on."""

    real: SignatureCheck
    go_on: threading.Event = field(default_factory=threading.Event)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    count: int = 0

    def __call__(self, original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        self.count += 1
        self.began.release()
        assert self.go_on.wait(60)
        return self.real(original, signed, at, field)


@pytest.fixture
def slow(agency_server: AgencyServer) -> Iterator[SlowCheck]:
    """An agency whose check waits, and which does not wait for its check."""
    check = SlowCheck(agency_server.office.check)
    agency_server._app.state.under_way = UnderWay(patience_s=0.05)
    agency_server.serve(replace(agency_server.office, check=cast(SignatureCheck, check)))
    yield check
    check.go_on.set()


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def test_who_asks_again_is_told_the_same_until_there_is_an_outcome(slow: SlowCheck, worker: Worker) -> None:
    delivery = worker.signed()
    first = delivery.put()
    assert first.status_code == 202
    assert first.json() == {"submissionId": str(delivery.submission_id), "state": "checking"}
    assert first.headers["Location"] == f"/v1/submissions/{delivery.submission_id}"
    assert int(first.headers["Retry-After"]) >= 1
    for asked in (delivery.get(), delivery.put()):
        assert (asked.status_code, asked.content) == (202, first.content)
    slow.go_on.set()
    while (answer := delivery.put()).status_code == 202:
        pass
    assert answer.status_code == 200, answer.text
    assert slow.count == 1
    assert delivery.get().content == delivery.put().content == answer.content


def test_what_is_found_wrong_meanwhile_is_told_too(slow: SlowCheck, worker: Worker) -> None:
    delivery = worker.signed().with_increment(b"no signature at all")
    assert delivery.put().status_code == 202
    slow.go_on.set()
    while (answer := delivery.put()).status_code == 202:
        pass
    assert refused(answer) == (422, "signatureInvalid")
    assert refused(delivery.get()) == (404, "notFound")


def test_nobody_else_learns_that_it_is_being_checked(slow: SlowCheck, worker: Worker) -> None:
    delivery = worker.signed()
    assert delivery.put().status_code == 202
    stranger = replace(delivery, capability="a-capability-that-somebody-made-up")
    assert refused(stranger.get()) == (401, "capabilityUnknown")
    assert refused(stranger.put()) == (401, "capabilityUnknown")
    assert slow.count == 1


@dataclass
class Client:
    """A worker's computer with a signature to deliver."""

    agency: HttpAgency
    signed: SignedContract
    terms: SigningTerms

    @classmethod
    def of(cls, server: AgencyServer, folder: Path) -> Client:
        info = AgencyInfo("horizon", "Horizon Interim", server.url)
        agency = HttpAgency(info, HttpClient(f"{server.url}/v1"), SessionStore(folder), SystemClock())
        contract_id = server.publish()
        agency.open_link(server.token(contract_id))
        contract = agency.contract(contract_id)
        terms, original, now = agency.open_signing(contract, uuid4()), server.sample.read_bytes(), server.clock.now()
        path = folder / "signed.pdf"
        path.write_bytes(original + sign_sample(server, server.worker(contract_id).person, now, terms.field))
        hashes = sha256_of(path), sha256_of(server.sample)
        size = path.stat().st_size
        signed = SignedContract(
            terms.submission_id, path, *hashes, len(original), size, "TEST", now, Level.B_B, test=True
        )
        return cls(agency, signed, terms)

    def deliver(self) -> Receipt:
        return self.agency.deliver(self.signed, self.terms)


def test_a_client_waits_and_has_its_receipt(slow: SlowCheck, agency_server: AgencyServer, tmp_path: Path) -> None:
    client = Client.of(agency_server, tmp_path)
    with ThreadPoolExecutor(1) as pool:
        delivering = pool.submit(client.deliver)
        assert slow.began.acquire(timeout=60)
        slow.go_on.set()
        assert delivering.result(60).signed_sha256 == client.signed.sha256
    assert slow.count == 1


def test_a_client_calls_nothing_delivered_that_is_only_being_checked(
    slow: SlowCheck, agency_server: AgencyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("signer.agency.client.time.sleep", pauses.append)
    client = Client.of(agency_server, tmp_path)
    with pytest.raises(SignerError) as caught:
        client.deliver()
    assert (caught.value.code, caught.value.code.retriable) == (ErrorCode.AGENCY_BUSY, True)
    assert pauses == [2] * 5
    assert slow.count == 1
