"""Levels between client and agency: reached before delivery, appended after it by either, and never doubled."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.timestamps import DummyTimeStamper

from agency import extensions
from agency.commands import listing, serve
from agency.commands.extend import command as extend_command
from agency.office import Office
from agency.store import SubmissionRow
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.agency.client import HttpAgency
from signer.agency.session import SessionStore
from signer.clock import SystemClock
from signer.delivery import deliver
from signer.errors import ErrorCode, SignerError
from signer.extending import ExtensionResult, extend_delivered
from signer.files import sha256_of, write_whole
from signer.http import HttpClient
from signer.model import AgencyInfo, Holding, Level, SignedContract, Timeliness
from signer.outbox import Entry, EntryState, Keeping, Outbox
from signer.outbox_seals import Seals
from signer.pades import extend as steps
from signer.pades.extender import FileExtender
from signer.sealing import KEY_BYTES, HomeKey
from tests import papers
from tests.agency.world import AgencyServer, initialise, refused, sign_sample
from tests.clocks import TickingClock
from tests.signing_desk import SigningDesk
from tests.stamping_desk import door_to, means, policy_of

NOWHERE = ("http://127.0.0.1:9/tsa",)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, served_pki: TestPki, sample: Path) -> Iterator[AgencyServer]:
    """An agency that asks for everything there is, with its services on loopback."""
    data = tmp_path_factory.mktemp("levels") / "agency"
    initialise(data, served_pki, "B-LTA")
    with AgencyServer(data, served_pki, sample, TickingClock()).running() as running:
        yield running


@dataclass
class Desk:
    """A worker's computer with one signature on its way."""

    server: AgencyServer
    folder: Path
    stamps: tuple[str, ...]
    seals: Seals | None = None
    agency: HttpAgency = field(init=False)
    outbox: Outbox = field(init=False)
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        info = AgencyInfo("horizon", "Horizon Interim", self.server.url)
        web = HttpClient(f"{self.server.url}/v1")
        self.agency = HttpAgency(info, web, SessionStore(self.folder), SystemClock())
        self.outbox = Outbox.open(self.folder / "outbox", SystemClock(), self.seals)
        self._sign()

    def _sign(self) -> None:
        contract_id = self.server.publish()
        self.agency.open_link(self.server.token(contract_id))
        contract = self.agency.contract(contract_id)
        terms = self.agency.open_signing(contract, uuid4())
        original = self.server.sample.read_bytes()
        path = self.outbox.begin(terms, contract)
        claimed = self.server.clock.now()
        write_whole(path, original + sign_sample(self.server, ADULT, claimed, terms.field))
        self.id = terms.submission_id
        signed = SignedContract(
            submission_id=self.id,
            path=path,
            sha256=sha256_of(path),
            original_sha256=hashlib.sha256(original).hexdigest(),
            increment_offset=len(original),
            size=path.stat().st_size,
            signer_name="TEST",
            claimed_at=claimed,
            level=Level.B_B,
            test=True,
        )
        self.outbox.queue(signed)
        self.outbox.seal(self.id)

    @property
    def extender(self) -> FileExtender:
        door = door_to(self.server.pki).knowing(*self.stamps)
        return FileExtender(policy_of(self.server.pki), door, self.stamps, SystemClock())

    @property
    def entry(self) -> Entry:
        return self.outbox.entry(self.id)

    @property
    def content(self) -> bytes:
        with self.outbox.opened(self.entry) as signed:
            return signed.path.read_bytes()

    def deliver(self) -> None:
        deliver(self.outbox, self.entry, self.agency, SystemClock(), extender=self.extender)

    def extend(self) -> ExtensionResult:
        (result,) = extend_delivered(
            self.outbox, lambda _: self.agency, self.extender, SystemClock(), entries=[self.entry]
        )
        return result

    def put(self, number: int, increment: bytes, whole: bytes | None = None) -> httpx.Response:
        """Send an extension by hand, announced honestly unless ``whole`` is given."""
        after = whole or self.content + increment
        body = {"wholeSha256": hashlib.sha256(after).hexdigest(), "increment": base64.b64encode(increment).decode()}
        url = f"{self.server.url}/v1/submissions/{self.id}/extensions/{number}"
        headers = {"Authorization": f"Bearer {self.entry.terms.upload_capability}"}
        return httpx.put(url, json=body, headers=headers, timeout=30)


@pytest.fixture
def desk(server: AgencyServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path, server.pki.time_stamp_urls)


@pytest.fixture
def unstamped(server: AgencyServer, tmp_path: Path) -> Desk:
    """A worker whose network has no time-stamp service; the agency's has."""
    return Desk(server, tmp_path, NOWHERE)


def kept_by_the_agency(desk: Desk) -> bytes:
    with desk.server.office.store.reading() as session:
        row = session.get_one(SubmissionRow, str(desk.id))
        now = extensions.standing(session, row)
    return Path(desk.server.office.documents.place(now.sha256)).read_bytes()


def test_client_and_agency_have_the_same_bytes_at_the_level_that_was_asked(desk: Desk) -> None:
    desk.deliver()
    receipt = desk.entry.receipt
    assert receipt
    assert (receipt.level, receipt.level_asked) == (Level.B_T, Level.B_LTA)
    assert desk.entry.pending is Level.B_LTA

    assert desk.extend().reached

    assert kept_by_the_agency(desk) == desk.content
    assert desk.agency.holding(desk.entry.terms) == Holding(Level.B_LTA, 1)
    assert desk.entry.pending is None


def test_what_is_sealed_at_home_is_stamped_and_extended_there(server: AgencyServer, tmp_path: Path) -> None:
    key = HomeKey(secrets.token_bytes(KEY_BYTES))
    seals = Seals(tmp_path, find_key=lambda: key)
    desk = Desk(server, tmp_path, server.pki.time_stamp_urls, seals)
    assert desk.entry.keeping is Keeping.SEALED
    desk.deliver()
    assert desk.entry.receipt
    assert desk.entry.receipt.level is Level.B_T
    assert desk.extend().reached
    assert kept_by_the_agency(desk) == desk.content
    assert desk.agency.holding(desk.entry.terms) == Holding(Level.B_LTA, 1)
    assert not any(b"%PDF" in path.read_bytes() for path in (tmp_path / "outbox").iterdir())


def test_what_only_the_agency_can_open_the_agency_extends(server: AgencyServer, tmp_path: Path) -> None:
    desk = Desk(server, tmp_path, server.pki.time_stamp_urls, Seals(tmp_path, shared=True))
    assert desk.entry.keeping is Keeping.AGENCY
    desk.deliver()
    assert desk.entry.receipt
    assert (desk.entry.receipt.level, desk.entry.pending) == (Level.B_B, None)
    CliRunner().invoke(extend_command, ["--data", str(server.data)], catch_exceptions=False)
    assert desk.agency.holding(desk.entry.terms) == Holding(Level.B_LTA, 1)


def test_a_time_stamp_proves_a_signature_in_time_that_arrives_after_the_start(desk: Desk) -> None:
    entry = desk.entry
    desk.outbox.restamp(entry, lambda signed: desk.extender.stamp(signed, entry.terms.clock_offset))
    desk.server.clock.turn(timedelta(days=1, hours=1))
    try:
        desk.deliver()
    finally:
        desk.server.clock.turn(-timedelta(days=1, hours=1))
    receipt = desk.entry.receipt
    assert receipt
    assert receipt.proven_at is not None
    assert receipt.proven_at < entry.terms.deadline < receipt.received_at
    assert (receipt.late, receipt.timeliness) == (False, Timeliness.IN_TIME)
    assert datetime.fromisoformat(json.loads(receipt.proof)["provenAt"]) == receipt.proven_at


def test_without_a_time_stamp_nothing_proves_a_signature_but_its_receipt(unstamped: Desk) -> None:
    unstamped.server.clock.turn(timedelta(days=1, hours=1))
    try:
        unstamped.deliver()
    finally:
        unstamped.server.clock.turn(-timedelta(days=1, hours=1))
    receipt = unstamped.entry.receipt
    assert receipt
    assert (receipt.proven_at, receipt.late, receipt.timeliness) == (None, True, Timeliness.CLAIMED_IN_TIME)


def test_what_the_client_cannot_have_the_agency_adds_to_its_own_copy(unstamped: Desk) -> None:
    unstamped.deliver()
    assert unstamped.entry.receipt
    assert unstamped.entry.receipt.level is Level.B_B
    delivered = unstamped.content

    done = next(each for each in extensions.extend_all(unstamped.server.office) if each.submission_id == unstamped.id)

    assert not done.pending
    assert kept_by_the_agency(unstamped).startswith(delivered)
    assert unstamped.extend().reached
    assert unstamped.content == delivered
    assert unstamped.entry.level is Level.B_LTA


def test_a_kill_between_the_stamped_file_and_the_note_of_it_is_made_good(desk: Desk) -> None:
    assert desk.entry.signed
    desk.extender.stamp(desk.entry.signed, timedelta())
    assert desk.entry.signed.level is Level.B_B  # nobody noted it

    desk.deliver()

    assert desk.entry.receipt
    assert desk.entry.receipt.level is Level.B_T


def test_a_damaged_file_is_never_taken_for_a_stamped_one(desk: Desk) -> None:
    content = bytearray(desk.content)
    content[len(content) // 2] ^= 1
    desk.entry.path.write_bytes(content)

    with pytest.raises(SignerError) as caught:
        desk.deliver()

    assert caught.value.code is ErrorCode.STORE_DAMAGED
    assert desk.entry.state is EntryState.PARKED


def test_the_agency_s_command_says_what_is_reached(unstamped: Desk) -> None:
    unstamped.deliver()
    office = ["--data", str(unstamped.server.data)]
    listed = CliRunner().invoke(listing.command, [*office, "--json"]).stdout
    (row,) = (each for each in json.loads(listed)["items"] if each["submissionId"] == str(unstamped.id))
    assert (row["level"], row["levelAsked"], row["pending"]) == ("B-B", "B-LTA", True)

    said = CliRunner().invoke(extend_command, office).stdout

    assert f"{unstamped.entry.contract_id}: level B-LTA is reached" in said
    assert CliRunner().invoke(extend_command, office).stdout.strip() == "Every signature has the level that was asked."


def test_the_agency_renews_what_ends_soon_and_nothing_else(desk: Desk) -> None:
    desk.deliver()
    desk.extend()
    before = kept_by_the_agency(desk)

    assert extensions.renew_all(desk.server.office, timedelta(days=90)) == []
    assert kept_by_the_agency(desk) == before

    renewed = extensions.renew_all(desk.server.office, timedelta(days=365 * 30))
    assert desk.id in {each.submission_id for each in renewed}
    assert kept_by_the_agency(desk).startswith(before)
    assert len(kept_by_the_agency(desk)) > len(before)
    assert desk.agency.holding(desk.entry.terms) == Holding(Level.B_LTA, 2)


def test_a_server_extends_round_after_round(server: AgencyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[timedelta] = []
    third = threading.Event()

    def extend_all(_: Office, older_than: timedelta) -> None:
        rounds.append(older_than)
        if len(rounds) == 3:
            third.set()
        raise OSError  # a round that fails does not end the rounds

    monkeypatch.setattr(extensions, "extend_all", extend_all)
    with serve.extending(server.office, 0.01):
        assert third.wait(20)
    ended = len(rounds)
    assert rounds[0] == timedelta(minutes=5)  # the client first
    assert len(rounds) == ended


def test_the_same_extension_has_the_same_answer_and_other_bytes_are_a_conflict(desk: Desk) -> None:
    desk.deliver()
    before = desk.content
    desk.extend()
    increment = desk.content[len(before) :]

    again = [desk.put(1, increment, before + increment) for _ in range(2)]

    assert [answer.status_code for answer in again] == [200, 200]
    assert again[0].content == again[1].content
    assert refused(desk.put(1, increment + b" ", before + increment + b" ")) == (409, "conflict")
    assert refused(desk.put(3, b" ")) == (409, "conflict")


def test_nothing_but_evidence_is_appended(desk: Desk, tmp_path: Path) -> None:
    desk.deliver()
    forged = papers.forged(desk.entry.path, tmp_path / "forged.pdf", papers.edit).read_bytes()
    assert refused(desk.put(1, forged[len(desk.content) :])) == (422, "signatureInvalid")
    assert refused(desk.put(1, b"other bytes", b"than announced")) == (422, "damaged")
    assert desk.agency.holding(desk.entry.terms).extensions == 0


def test_nothing_is_extended_that_was_not_delivered(desk: Desk) -> None:
    assert refused(desk.put(1, b" ")) == (404, "notFound")
    with pytest.raises(SignerError) as caught:
        desk.agency.holding(replace(desk.entry.terms, upload_capability="x" * 43))
    assert caught.value.code is ErrorCode.AGENCY_NOT_LOGGED_IN


def test_a_time_stamp_by_nobody_we_know_makes_no_level(server: AgencyServer, tmp_path: Path) -> None:
    desk = SigningDesk(tmp_path, server.pki)
    rsa = server.pki.person(desk.person, "1.7").authentication  # an RSA key that stamps nothing
    key = keys.PrivateKeyInfo.load(rsa.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    liar = DummyTimeStamper(asn1.Certificate.load(rsa.certificate), key)
    original = papers.contract(tmp_path / "contract.pdf")
    signed = desk.sign(original)
    steps.stamp_signature(signed, replace(means(server.pki), timestamps=liar))
    assert steps.level_now(signed) is Level.B_T

    found = server.office.check(original, signed, server.clock.now(), None)

    assert found.level == "B-B"
