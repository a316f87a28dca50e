"""The client and the reference server together: each way through the API, and each refusal by its code."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from agency import people, publishing
from agency.problems import ProblemType
from agency.store import ObjectionRow
from eidcard.simulator.people import ADULT, Person
from signer.agency.client import HttpAgency
from signer.agency.link import parse_link
from signer.agency.refusals import CODES
from signer.agency.schema import PROBLEM_PREFIX
from signer.agency.session import SessionStore
from signer.delivery import drain
from signer.errors import ErrorCode, Kind, SignerError
from signer.files import sha256_of, write_whole
from signer.http import Answer, Call, HttpClient
from signer.model import AgencyInfo, Contract, Level, Objection, SignedContract, SigningTerms, Told, Wrong
from signer.outbox import EntryState, Outbox
from tests.agency.world import AgencyServer, sign_sample
from tests.clocks import TurnedClock


class CountingClient(HttpClient):
    """Notes what is sent."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.calls: list[Call] = []

    def send(self, call: Call) -> Answer:
        self.calls.append(call)
        return super().send(call)


@dataclass
class Desk:
    """A worker's computer: the client, its session store, its clock."""

    server: AgencyServer
    folder: Path
    clock: TurnedClock = field(init=False)
    sessions: SessionStore = field(init=False)
    web: CountingClient = field(init=False)
    agency: HttpAgency = field(init=False)

    def __post_init__(self) -> None:
        self.clock = TurnedClock(self.server.clock.now())
        self.sessions = SessionStore(self.folder)
        self.web = CountingClient(f"{self.server.url}/v1")
        info = AgencyInfo("horizon", "Horizon Interim", self.server.url)
        self.agency = HttpAgency(info, self.web, self.sessions, self.clock)

    def logged_in(self) -> Contract:
        """Publish a contract, open its link, give its data."""
        contract_id = self.server.publish()
        return self.agency.contract(self.agency.open_link(self.server.token(contract_id)))

    def sign(self, contract: Contract, terms: SigningTerms, by: Person = ADULT) -> SignedContract:
        """Sign with a key of the test PKI, and describe the file."""
        increment = sign_sample(self.server, by, self.clock.now(), terms.field)
        path = self.folder / f"{terms.submission_id}.pdf"
        write_whole(path, self.server.sample.read_bytes() + increment)
        return SignedContract(
            submission_id=terms.submission_id,
            path=path,
            sha256=sha256_of(path),
            original_sha256=contract.original_sha256,
            increment_offset=contract.size,
            size=path.stat().st_size,
            signer_name="TEST",
            claimed_at=self.clock.now(),
            level=Level.B_B,
            test=True,
        )


@pytest.fixture
def desk(agency_server: AgencyServer, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o700)
    return Desk(agency_server, folder)


def code_of(raised: pytest.ExceptionInfo[SignerError]) -> ErrorCode:
    return raised.value.code


# ── the way through ───────────────────────────────────────────────────────────────────────────────────────────────


def test_from_the_link_to_the_receipt(desk: Desk) -> None:
    contract = desk.logged_in()
    original = desk.folder / "original.pdf"
    desk.agency.download(contract, original)
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)

    receipt = desk.agency.deliver(signed, terms)

    assert [each.id for each in desk.agency.tasks()] == []
    assert original.read_bytes() == desk.server.sample.read_bytes()
    assert (receipt.submission_id, receipt.contract_id) == (terms.submission_id, contract.id)
    assert (receipt.signed_sha256, receipt.late) == (signed.sha256, False)
    assert receipt.received_at == desk.server.clock.now()


def test_an_agency_says_whether_signatures_are_seen(desk: Desk) -> None:
    contract, office = desk.logged_in(), desk.server.office
    usual = office.settings
    seen = []
    for visible in (True, False):
        object.__setattr__(office, "settings", usual.model_copy(update={"visible": visible}))
        seen.append(desk.agency.open_signing(contract, uuid4()).visible)
    object.__setattr__(office, "settings", usual)
    assert seen == [True, False]


def test_the_same_submission_gets_the_same_receipt_however_often_it_is_sent(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)

    receipts = {desk.agency.deliver(signed, terms) for _ in range(3)}

    assert len(receipts) == 1


def test_only_what_the_signature_added_travels(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)

    desk.agency.deliver(signed, terms)

    body = desk.web.calls[-1].body
    assert body is not None
    assert len(body) < (signed.size - contract.size) * 1.4 + 1024


def test_a_delivery_needs_no_session(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    desk.sessions.forget("horizon")

    assert desk.agency.deliver(signed, terms).signed_sha256 == signed.sha256


def test_the_outbox_is_drained_at_the_agency(desk: Desk, tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox", desk.clock)
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    signed = replace(signed, path=signed.path.rename(outbox.begin(terms, contract)))
    outbox.queue(signed)

    results = drain(outbox, {"horizon": desk.agency}.__getitem__, desk.clock)

    assert [each.delivered for each in results] == [True]
    assert outbox.entry(terms.submission_id).state is EntryState.DELIVERED


def test_tasks_come_soonest_first_over_all_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = people.ExpectedHash(b"TEST salt", b"TEST hash")  # argon2id would take 30 s here
    monkeypatch.setattr(people, "expected_hash", lambda _: cheap)
    wanted = [desk.server.publish(contract_id=f"C-{n:03}", in_=timedelta(hours=200 - n)) for n in range(120)]

    desk.agency.open_link(desk.server.token(wanted[0]))
    found = [each.id for each in desk.agency.tasks()]

    assert found == wanted[::-1]


@pytest.mark.parametrize("ahead_s", [-3600, 0, 90])
def test_the_clock_is_measured_against_the_servers(desk: Desk, ahead_s: int) -> None:
    contract = desk.logged_in()
    desk.server.clock.turn(timedelta(seconds=ahead_s))

    terms = desk.agency.open_signing(contract, uuid4())

    assert terms.clock_offset == timedelta(seconds=ahead_s)


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_outlives_the_program_and_is_private(desk: Desk) -> None:
    contract = desk.logged_in()
    again = Desk(desk.server, desk.folder)

    assert again.agency.contract(contract.id) == contract
    assert [stat.S_IMODE(each.stat().st_mode) for each in desk.folder.iterdir()] == [0o600]


def test_without_a_session_nothing_is_asked(desk: Desk) -> None:
    with pytest.raises(SignerError) as raised:
        desk.agency.tasks()

    assert code_of(raised) is ErrorCode.AGENCY_NOT_LOGGED_IN
    assert desk.web.calls == []


def test_a_clock_that_is_days_ahead_ends_no_session(desk: Desk) -> None:
    contract = desk.logged_in()
    desk.clock.turn(timedelta(days=2))

    found = desk.agency.tasks()

    assert [each.id for each in found] == [contract.id]


def test_a_session_that_the_server_ended_is_told(desk: Desk) -> None:
    desk.logged_in()
    desk.server.clock.turn(timedelta(days=2))

    with pytest.raises(SignerError) as raised:
        desk.agency.tasks()

    assert code_of(raised) is ErrorCode.AGENCY_NOT_LOGGED_IN


@pytest.mark.parametrize("damage", [b"", b"{}", b"no JSON", b'{"accessToken": 1}'])
def test_a_session_file_that_is_damaged_means_logging_in_again(desk: Desk, damage: bytes) -> None:
    desk.logged_in()
    (desk.folder / "horizon.json").write_bytes(damage)

    with pytest.raises(SignerError) as raised:
        desk.agency.tasks()

    assert code_of(raised) is ErrorCode.AGENCY_NOT_LOGGED_IN


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refusal_of_the_server_has_its_row_here() -> None:
    assert {problem.urn for problem in ProblemType} == {PROBLEM_PREFIX + name for name in CODES}
    assert {code.kind for code in CODES.values()} == {
        Kind.AGENCY,
        Kind.CARD,
    }  # the latter: it is another card that is wanted


def test_the_servers_own_link_is_read(desk: Desk) -> None:
    link = parse_link(publishing.link(desk.server.office, desk.server.publish()))

    assert link.agency_id == "horizon"
    assert desk.agency.open_link(link.token)


def test_a_link_opens_once(desk: Desk) -> None:
    token = desk.server.token(desk.server.publish())
    desk.agency.open_link(token)

    with pytest.raises(SignerError) as raised:
        desk.agency.open_link(token)

    assert code_of(raised) is ErrorCode.AGENCY_LINK_USED
    assert token not in str(raised.value)


def test_a_link_is_over_after_a_quarter_of_an_hour(desk: Desk) -> None:
    token = desk.server.token(desk.server.publish())
    desk.server.clock.turn(timedelta(minutes=16))

    with pytest.raises(SignerError) as raised:
        desk.agency.open_link(token)

    assert code_of(raised) is ErrorCode.AGENCY_LINK_USED


@pytest.mark.parametrize("token", ["x" * 43, "short"])
def test_a_link_that_nobody_made_is_not_ours(desk: Desk, token: str) -> None:
    with pytest.raises(SignerError) as raised:
        desk.agency.open_link(token)

    assert code_of(raised) is ErrorCode.LINK_NOT_OURS


@pytest.mark.parametrize("contract_id", ["nobody", "", ".", "..", "a/b", "a?b=c", "a#b", "ä", "x" * 65])
def test_a_contract_that_is_not_there_is_told(desk: Desk, contract_id: str) -> None:
    desk.logged_in()

    with pytest.raises(SignerError) as raised:
        desk.agency.contract(contract_id)

    assert code_of(raised) is ErrorCode.AGENCY_NO_SUCH_CONTRACT


def test_what_is_wrong_arrives_once_and_is_told_with_the_contract(desk: Desk) -> None:
    contract = desk.logged_in()
    said = Objection(uuid4(), "horizon", contract.id, (Wrong.HOURS, Wrong.NOT_WANTED), "Ik kan alleen 's avonds.")
    for _ in range(2):
        desk.agency.tell_wrong(said)
    (listed,) = desk.agency.tasks()
    assert listed.told == Told(said.reasons, desk.server.clock.now())
    assert listed.open
    with desk.server.office.store.reading() as session:
        assert session.scalars(select(ObjectionRow.text)).all() == [said.text]


def test_a_withdrawn_contract_is_told_before_and_after_signing(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    publishing.withdraw(desk.server.office, contract.id)

    with pytest.raises(SignerError) as before:
        desk.agency.open_signing(contract, uuid4())
    with pytest.raises(SignerError) as after:
        desk.agency.deliver(signed, terms)

    assert (code_of(before), code_of(after)) == (ErrorCode.AGENCY_WITHDRAWN, ErrorCode.SIGNED_WITHDRAWN)


def test_a_contract_that_is_signed_already_is_told(desk: Desk) -> None:
    contract = desk.logged_in()
    first, second = (desk.agency.open_signing(contract, uuid4()) for _ in range(2))
    desk.agency.deliver(desk.sign(contract, first), first)

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(desk.sign(contract, second), second)

    assert code_of(raised) is ErrorCode.AGENCY_ALREADY_SIGNED


def test_other_bytes_under_the_same_id_are_a_conflict(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    desk.agency.deliver(desk.sign(contract, terms), terms)
    desk.clock.turn(timedelta(seconds=1))

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(desk.sign(contract, terms), terms)

    assert code_of(raised) is ErrorCode.AGENCY_CONFLICT


def test_a_signature_that_does_not_hold_is_refused(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    content = bytearray(signed.path.read_bytes())
    content[contract.size + 20] ^= 1
    write_whole(signed.path, bytes(content))

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(replace(signed, sha256=sha256_of(signed.path)), terms)

    assert code_of(raised) is ErrorCode.AGENCY_REFUSED


def test_another_submissions_capability_opens_nothing(desk: Desk) -> None:
    contract = desk.logged_in()
    terms, other = (desk.agency.open_signing(contract, uuid4()) for _ in range(2))
    signed = desk.sign(contract, terms)

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(signed, other)

    assert code_of(raised) is ErrorCode.AGENCY_NOT_LOGGED_IN
    assert other.upload_capability not in str(raised.value)


# ── what is here is checked before it leaves ──────────────────────────────────────────────────────────────────────


def test_a_file_that_changed_after_signing_is_not_sent(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    write_whole(signed.path, signed.path.read_bytes() + b"\n")
    before = len(desk.web.calls)

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(signed, terms)

    assert code_of(raised) is ErrorCode.STORE_DAMAGED
    assert len(desk.web.calls) == before


def test_a_file_that_is_gone_is_told(desk: Desk) -> None:
    contract = desk.logged_in()
    terms = desk.agency.open_signing(contract, uuid4())
    signed = desk.sign(contract, terms)
    signed.path.unlink()

    with pytest.raises(SignerError) as raised:
        desk.agency.deliver(signed, terms)

    assert code_of(raised) is ErrorCode.FILE_MISSING
