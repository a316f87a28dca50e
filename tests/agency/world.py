"""A real agency server on a real port, a clock that the test owns, and workers who sign with keys of the test PKI."""

from __future__ import annotations

import atexit
import base64
import hashlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import FastAPI

from agency import publishing, settings
from agency.app import create_app
from agency.checking import signature_check
from agency.office import Office, open_office
from agency.publishing import ContractDraft
from agency.sealing import SealingKeys
from eidcard.simulator.people import ADULT, Person
from eidcard.simulator.pki import TestPki
from signer.agency.schema import LevelName, SigningSession, SubmissionRequest
from signer.model import Document
from tests.clocks import TurnedClock
from tests.signing_desk import SigningDesk

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class AgencyServer:
    """The agency: published to from here, spoken to over HTTP."""

    data: Path
    pki: TestPki
    sample: Path
    clock: TurnedClock = field(default_factory=lambda: TurnedClock(NOW))
    clients: list[httpx.Client] = field(default_factory=list)
    office: Office = field(init=False)
    url: str = field(init=False)
    _app: FastAPI = field(init=False)

    @cached_property
    def examined(self) -> Document:
        """The sample as the examination gives it; the examination itself takes a second and has its own tests."""
        content = self.sample.read_bytes()
        return Document(self.sample, hashlib.sha256(content).hexdigest(), len(content), page_count=3)

    def publish(
        self,
        person: Person = ADULT,
        contract_id: str | None = None,
        in_: timedelta = timedelta(days=1),
        mail: str | None = None,
        company: str = "Delfour Logistics BV",
        replaces: str | None = None,
    ) -> str:
        """Publish the sample for a person, for a job that starts ``in_`` from now."""
        draft = ContractDraft(
            id=contract_id or f"C-{uuid4().hex[:8]}",
            title="Arbeidsovereenkomst voor uitzendarbeid",
            job="Magazijnmedewerker",
            company=company,
            place="Halle",
            starts_at=self.clock.now() + in_,
            ends_at=self.clock.now() + in_ + timedelta(hours=8),
            hourly_pay="16.42",
            language="nl",
            field="worker",
            mail=mail,
            replaces=replaces,
        )
        return publishing.publish(
            self.office, self.sample, draft, person.national_number, lambda _pdf, _field: self.examined
        )

    def token(self, contract_id: str) -> str:
        """Make a link and take its one-time token."""
        return publishing.link(self.office, contract_id).rsplit("/", 1)[1]

    def worker(self, contract_id: str, person: Person = ADULT) -> Worker:
        """Log in with a fresh link, as the person whom the contract is for."""
        answer = httpx.post(f"{self.url}/v1/sessions", json={"oneTimeToken": self.token(contract_id)})
        assert answer.status_code == 201, answer.text
        session = answer.json()["accessToken"]
        client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {session}"}, timeout=30)
        self.clients.append(client)
        return Worker(self, person, contract_id, client, session)

    @contextmanager
    def running(self) -> Iterator[AgencyServer]:
        """Serve on a free port until the block ends; may be entered again, as after a restart."""
        self.office = replace(open_office(self.data, signature_check), now=self.clock.now)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = self._app = create_app(self.office)
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.answers.wait(20), "the server did not start"
            yield self
        finally:
            for client in self.clients:
                client.close()
            server.should_exit = True
            thread.join(20)
            listener.close()
            self.office.close()

    def serve(self, office: Office) -> None:
        """Go on with other settings."""
        self.office = self._app.state.office = office


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.answers.set()


@dataclass
class Worker:
    """A person with a session and a card's key."""

    agency: AgencyServer
    person: Person
    contract_id: str
    client: httpx.Client
    session: str

    def open_signing(self, submission_id: UUID) -> SigningSession:
        """Agree on one signature."""
        answer = self.client.post(
            f"/v1/contracts/{self.contract_id}/signingSessions", json={"submissionId": str(submission_id)}
        )
        assert answer.status_code == 201, answer.text
        return SigningSession.model_validate_json(answer.content)

    def enrol(self, name: str = "laptop", device_id: UUID | None = None) -> dict[str, Any]:
        """Enrol a computer of one's own."""
        key = {"Idempotency-Key": str(device_id or uuid4())}
        answer = self.client.post("/v1/devices", json={"name": name}, headers=key)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def begun_by(self, device: dict[str, Any]) -> str:
        """Let a computer begin a session by itself; gives its token."""
        answer = httpx.post(f"{self.agency.url}/v1/sessions/device", json={"deviceToken": device["deviceToken"]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["accessToken"])

    def signed(self, *, by: Person | None = None, claimed_at: datetime | None = None) -> Delivery:
        """Sign the contract with the key of a person, by default the one whom it is for."""
        submission_id = uuid4()
        terms = self.open_signing(submission_id)
        claimed = claimed_at or self.agency.clock.now()
        original = self.agency.sample.read_bytes()
        increment = sign_sample(self.agency, by or self.person, claimed, terms.field)
        request = SubmissionRequest(
            original_sha256=hashlib.sha256(original).hexdigest(),
            signed_sha256=hashlib.sha256(original + increment).hexdigest(),
            increment=base64.b64encode(increment),
            level="B-B",
            claimed_at=claimed,
            clock_offset_ms=12,
        )
        return Delivery(self.agency.url, submission_id, terms.upload_capability, original, request)


@dataclass(frozen=True)
class Delivery:
    """A signature on its way; ``put`` may be called any number of times."""

    url: str
    submission_id: UUID
    capability: str
    original: bytes
    request: SubmissionRequest

    def put(self, **changes: Any) -> httpx.Response:
        """Deliver it, with some fields of the body changed."""
        body = self.request.model_dump(mode="json", by_alias=True) | changes
        return httpx.put(self._address, json=body, headers=self._headers, timeout=30)

    def get(self, what: str = "") -> httpx.Response:
        """Ask what became of it."""
        return httpx.get(self._address + what, headers=self._headers, timeout=30)

    def with_increment(self, increment: bytes) -> Delivery:
        """Give the same delivery with other bytes, announced honestly."""
        signed_sha256 = hashlib.sha256(self.original + increment).hexdigest()
        changes = {"increment": increment, "signed_sha256": signed_sha256}
        return replace(self, request=self.request.model_copy(update=changes))

    @property
    def increment(self) -> bytes:
        """The bytes that the signature added."""
        assert self.request.increment is not None
        return self.request.increment

    @property
    def _address(self) -> str:
        return f"{self.url}/v1/submissions/{self.submission_id}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.capability}"}


def sign_sample(agency: AgencyServer, person: Person, claimed_at: datetime, name: str | None) -> bytes:
    """Sign the sample with a person's key, without a card; gives the increment."""
    folder = agency.data / "worker"
    folder.mkdir(exist_ok=True)
    desk = SigningDesk(folder, agency.pki, person=person, now=claimed_at)
    signed = desk.sign(agency.sample, f"{uuid4().hex}.pdf", name)
    return signed.read_bytes()[agency.sample.stat().st_size :]


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Make sure that an answer is a problem (RFC 9457); gives its status and the name of its type."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["instance"].startswith("urn:uuid:")
    return answer.status_code, problem["type"].removeprefix("urn:problem-type:paraph:")


def initialise(data: Path, pki: TestPki, level: LevelName = "B-B", database_url: str = "") -> None:
    """Make the data folder of a TEST agency that takes cards of this PKI."""
    roots = data.parent / f"{data.name}-roots"
    roots.mkdir()
    for number, der in enumerate(pki.roots):
        (roots / f"{number}.der").write_bytes(der)
    made = settings.Settings(
        id="horizon",
        name="Horizon Interim",
        level=level,
        time_stamps=pki.time_stamp_urls,
        test_roots=roots,
        database_url=database_url,
        seal_key=pki.agency_seal.key,
        seal_chain=pki.agency_seal.chain,
    )
    settings.initialise(data, made)
    shutil.copytree(_sealing_keys(), data / "sealing")


@cache
def _sealing_keys() -> Path:
    """Make one key for all agencies of this process: each takes a tenth of a second."""
    folder = Path(tempfile.mkdtemp(prefix="paraph-sealing-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    SealingKeys(folder, "TEST").make()
    return folder
