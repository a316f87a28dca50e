"""A delivery through a network that misbehaves in every way we know: what is seen, and what becomes of the signature.

A real server stands behind, and an outbox before. Whatever happened at the first try, the second one, through a network
that is well again, ends with one signature at the agency and the one receipt for it. docs/network.md is this table.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from agency.store import SubmissionRow
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.agency.client import HttpAgency
from signer.agency.session import SessionStore
from signer.delivery import deliver
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of, write_whole
from signer.http import HttpClient, Limits
from signer.model import AgencyInfo, Level, SignedContract
from signer.outbox import Entry, EntryState, Outbox
from signer.way import Way
from tests.agency.world import AgencyServer, initialise, sign_sample
from tests.hostile_server import Behaviour, HostileServer, free_port, hostile_server, make_certificate, response

PAGE: Final = Path(__file__).parents[2] / "docs" / "network.md"
CALM: Final = Limits()
HURRIED: Final = Limits(connect_s=0.5, read_s=0.5, total_s=1.0)  # where waiting is the outcome
PORTAL: Final = b"<html><title>Free Wi-Fi</title>Log in, please</html>"

Forward = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Fault:
    """What happens between client and server; the real answer is fetched only where the fault lets it."""

    happens: Callable[[HostileServer, socket.socket, Forward], None]
    code: ErrorCode | None  # what the first try ends with; None: it is delivered
    arrives: bool  # whether the agency has it after the first try
    limits: Limits = CALM


def says(answer: bytes, *, forwards: bool = False) -> Callable[[HostileServer, socket.socket, Forward], None]:
    """Answer in the agency's place; ``forwards``: after the agency got the request."""

    def happens(server: HostileServer, line: socket.socket, forward: Forward) -> None:
        if forwards:
            forward(server.requests[-1])
        line.sendall(answer)

    return happens


def cut_answer(at: Callable[[bytes], int]) -> Callable[[HostileServer, socket.socket, Forward], None]:
    """Pass the request on, and only the first bytes of the answer back."""

    def happens(server: HostileServer, line: socket.socket, forward: Forward) -> None:
        answer = forward(server.requests[-1])
        line.sendall(answer[: at(answer)])

    return happens


def cut_request(at: Callable[[bytes], int]) -> Callable[[HostileServer, socket.socket, Forward], None]:
    """Pass only the first bytes of the request on."""

    def happens(server: HostileServer, _: socket.socket, forward: Forward) -> None:
        request = server.requests[-1]
        forward(request[: at(request)])

    return happens


def stall(server: HostileServer, _: socket.socket, __: Forward) -> None:
    server.over.wait(30)


def stall_after(server: HostileServer, _: socket.socket, forward: Forward) -> None:
    forward(server.requests[-1])
    server.over.wait(30)


def drip_for_ever(server: HostileServer, line: socket.socket, _: Forward) -> None:
    server.drip(line, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)


def slow_but_whole(server: HostileServer, line: socket.socket, forward: Forward) -> None:
    answer = forward(server.requests[-1])
    for start in range(0, len(answer), 97):
        server.drip(line, answer[start : start + 1])
        line.sendall(answer[start + 1 : start + 97])


def twice(server: HostileServer, line: socket.socket, forward: Forward) -> None:
    first, second = forward(server.requests[-1]), forward(server.requests[-1])
    assert first.partition(b"\r\n\r\n")[2] == second.partition(b"\r\n\r\n")[2]
    line.sendall(second)


def flood(server: HostileServer, line: socket.socket, forward: Forward) -> None:
    forward(server.requests[-1])
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n")
    while not server.over.is_set():
        line.sendall(b"x" * 65536)


def proxys(status: str, *headers: str) -> bytes:
    return response(b"<h1>no</h1>", *headers, status=status, media_type="text/html")


def _end(head: bytes) -> int:
    return head.index(b"\r\n\r\n")


GONE, LATE, RUBBISH, BUSY = (
    ErrorCode.NETWORK_UNREACHABLE,
    ErrorCode.NETWORK_TIMEOUT,
    ErrorCode.AGENCY_GARBLED,
    ErrorCode.AGENCY_BUSY,
)
ELSEWHERE: Final = "Location: https://elsewhere.example/v1/submissions"

FAULTS: Final[dict[str, Fault]] = {
    "request cut in its headers": Fault(cut_request(lambda sent: _end(sent) // 2), GONE, arrives=False),
    "request cut in its body": Fault(cut_request(lambda sent: len(sent) // 2), GONE, arrives=False),
    "request cut before its last byte": Fault(cut_request(lambda sent: len(sent) - 1), GONE, arrives=False),
    "answer cut before its first byte": Fault(cut_answer(lambda _: 0), GONE, arrives=True),
    "answer cut in its first line": Fault(cut_answer(lambda _: 9), RUBBISH, arrives=True),
    "answer cut in its headers": Fault(cut_answer(lambda got: _end(got) // 2), RUBBISH, arrives=True),
    "answer cut in its body": Fault(cut_answer(lambda got: (_end(got) + len(got)) // 2), GONE, arrives=True),
    "answer cut before its last byte": Fault(cut_answer(lambda got: len(got) - 1), GONE, arrives=True),
    "stalls, request not passed on": Fault(stall, LATE, arrives=False, limits=HURRIED),
    "stalls after the agency has it": Fault(stall_after, LATE, arrives=True, limits=HURRIED),
    "drips for ever": Fault(drip_for_ever, LATE, arrives=False, limits=HURRIED),
    "slow, but whole": Fault(slow_but_whole, None, arrives=True),
    "request passed on twice": Fault(twice, None, arrives=True),
    "500 of the proxy": Fault(says(proxys("500 Internal Server Error")), BUSY, arrives=False),
    "502 after the agency has it": Fault(says(proxys("502 Bad Gateway"), forwards=True), BUSY, arrives=True),
    "503 of the proxy": Fault(says(proxys("503 Service Unavailable", "Retry-After: 7")), BUSY, arrives=False),
    "429 of the proxy": Fault(says(proxys("429 Too Many Requests", "Retry-After: 7")), BUSY, arrives=False),
    "404 of the proxy": Fault(says(proxys("404 Not Found")), RUBBISH, arrives=False),
    "410 of the proxy": Fault(says(proxys("410 Gone")), RUBBISH, arrives=False),
    "answer larger than any": Fault(flood, RUBBISH, arrives=True),
    "redirect to another host": Fault(says(proxys("307 Temporary Redirect", ELSEWHERE)), RUBBISH, arrives=False),
    "captive portal, its page": Fault(says(response(PORTAL, media_type="text/html")), RUBBISH, arrives=False),
    "captive portal, a redirect": Fault(says(proxys("302 Found", ELSEWHERE)), RUBBISH, arrives=False),
    "another agency's answer": Fault(says(response(b'{"state": "accepted"}')), RUBBISH, arrives=False),
}
CERTIFICATES: Final = {"certificate that nobody vouches for": {}, "certificate of another name": {"name": "127.0.0.2"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, test_pki: TestPki, sample: Path) -> Iterator[AgencyServer]:
    data = tmp_path_factory.mktemp("network") / "agency"
    initialise(data, test_pki)
    with AgencyServer(data, test_pki, sample).running() as running:
        yield running


@dataclass
class Desk:
    """A worker's computer with one signature in its outbox."""

    server: AgencyServer
    folder: Path
    outbox: Outbox = field(init=False)
    contract_id: str = field(init=False)
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.outbox = Outbox.open(self.folder / "outbox", self.server.clock)
        self.contract_id = self.server.publish()
        agency = self._agency(self.server.url, CALM)
        contract = agency.contract(agency.open_link(self.server.token(self.contract_id)))
        terms = agency.open_signing(contract, uuid4())
        self.id, original = terms.submission_id, self.server.sample.read_bytes()
        path, claimed = self.outbox.begin(terms, contract), self.server.clock.now()
        write_whole(path, original + sign_sample(self.server, ADULT, claimed, terms.field))
        self.outbox.queue(
            SignedContract(
                *(self.id, path, sha256_of(path), hashlib.sha256(original).hexdigest(), len(original)),
                *(path.stat().st_size, "TEST", claimed, Level.B_B),
                test=True,
            )
        )

    @property
    def entry(self) -> Entry:
        return self.outbox.entry(self.id)

    @property
    def at_the_agency(self) -> int:
        """How many signatures of this contract the agency has."""
        mine = select(func.count()).select_from(SubmissionRow).where(SubmissionRow.contract_id == self.contract_id)
        with self.server.office.store.reading() as session:
            return session.scalars(mine).one()

    def deliver(self, url: str, limits: Limits = CALM) -> ErrorCode | None:
        """Try once; gives what it ended with, None when it is delivered."""
        try:
            deliver(self.outbox, self.entry, self._agency(url, limits), self.server.clock)
        except SignerError as error:
            return error.code
        return None

    def _agency(self, url: str, limits: Limits) -> HttpAgency:
        info = AgencyInfo("horizon", "Horizon Interim", url)
        web = HttpClient(f"{url}/v1", limits=limits, way=Way({}))
        return HttpAgency(info, web, SessionStore(self.folder), self.server.clock)

    def require_nothing_lost_or_doubled(self) -> None:
        """Deliver through a network that is well, and see that there is one of everything."""
        first = self.entry.receipt
        assert self.deliver(self.server.url) is None
        entry = self.entry
        assert entry.receipt
        assert entry.state is EntryState.DELIVERED
        assert first in {None, entry.receipt}
        assert self.at_the_agency == 1
        assert entry.signed
        assert sha256_of(entry.path) == entry.signed.sha256
        with self.server.office.store.reading() as session:
            assert session.get_one(SubmissionRow, str(self.id)).signed_sha256 == entry.signed.sha256


@pytest.fixture
def desk(server: AgencyServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


def through(fault: Fault, port: int) -> Behaviour:
    """Stand between the client and the agency."""

    def forward(between: HostileServer, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port)) as on:
            on.sendall(request)
            if len(request) < len(between.requests[-1]):
                return b""  # the line breaks here
            answer = b""
            while chunk := on.recv(65536):
                answer += chunk
            return answer

    return lambda server, line: fault.happens(server, line, partial(forward, server))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_way_loses_nothing_and_doubles_nothing(desk: Desk, name: str) -> None:
    fault, port = FAULTS[name], int(desk.server.url.rpartition(":")[2])
    with hostile_server(through(fault, port)) as between:
        found = desk.deliver(f"http://127.0.0.1:{between.port}", fault.limits)

    assert found is fault.code
    assert desk.entry.state is (EntryState.DELIVERED if fault.code is None else EntryState.QUEUED)
    assert desk.at_the_agency == fault.arrives
    desk.require_nothing_lost_or_doubled()


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_wrong_certificate_gets_no_byte_of_the_signature(desk: Desk, tmp_path: Path, name: str) -> None:
    tls, _ = make_certificate(tmp_path, **CERTIFICATES[name])  # type: ignore[arg-type]  # a name alone
    with hostile_server(lambda _, line: line.sendall(b""), tls) as between:
        found = desk.deliver(f"https://127.0.0.1:{between.port}", HURRIED)

    assert found is ErrorCode.NETWORK_TLS
    assert between.requests == []
    assert desk.entry.state is EntryState.QUEUED
    desk.require_nothing_lost_or_doubled()


def test_nobody_there(desk: Desk) -> None:
    assert desk.deliver(f"http://127.0.0.1:{free_port()}") is ErrorCode.NETWORK_UNREACHABLE
    assert desk.entry.state is EntryState.QUEUED
    desk.require_nothing_lost_or_doubled()


def test_the_page_has_this_table() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (delivered|[A-Z]+-\d{3}) \| (yes|no) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    ours = [_row(name, fault.code, fault.arrives) for name, fault in FAULTS.items()]
    ours += [_row(name, ErrorCode.NETWORK_TLS, arrives=False) for name in CERTIFICATES]
    ours += [_row("nobody there", ErrorCode.NETWORK_UNREACHABLE, arrives=False)]
    assert rows == ours


def _row(name: str, code: ErrorCode | None, arrives: bool) -> tuple[str, str, str]:
    return name, code.support_id if code else "delivered", "yes" if arrives else "no"
