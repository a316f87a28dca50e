"""An agency, a proxy or a portal that answers rubbish: always a code, never a guess, never half a file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.agency.client import HttpAgency
from signer.agency.refusals import refusal
from signer.agency.schema import Session
from signer.agency.session import SessionStore
from signer.errors import ErrorCode, SignerError
from signer.http import Answer, HttpClient, Limits
from signer.model import AgencyInfo
from tests.clocks import TurnedClock
from tests.hostile_server import HostileServer, hostile_server, response
from tests.outbox_world import ORIGINAL, SIGNED, START, contract, described, terms

LIMITS: Final = Limits(connect_s=1, read_s=1, total_s=3, answer=100_000)
PROBLEM: Final = "application/problem+json"
PORTAL: Final = b"<!doctype html><title>Welcome to the train's Wi-Fi</title>"

SUBMISSION: Final = UUID("8d6f2c1e-5f0e-4f0a-9a63-0d4b3c1f7a10")
OTHER: Final = "8d6f2c1e-5f0e-4f0a-9a63-0d4b3c1f7a12"
CONTRACT: Final[dict[str, Any]] = {
    "id": "c-1",
    "href": "/v1/contracts/c-1",
    "title": "TEST",
    "job": "Magazijnier",
    "company": "Voorbeeld NV",
    "place": "Gent",
    "startsAt": "2026-03-03T06:00:00+01:00",
    "endsAt": "2026-03-08T06:00:00+01:00",
    "hourlyPay": "16.42",
    "language": "nl",
    "state": "open",
    "sha256": hashlib.sha256(ORIGINAL).hexdigest(),
    "size": len(ORIGINAL),
    "pageCount": 3,
}
TASKS: Final = {"items": [CONTRACT], "total": 1, "next": None}
SIGNING: Final[dict[str, Any]] = {
    "submissionId": str(SUBMISSION),
    "sha256": CONTRACT["sha256"],
    "deadline": "2026-03-03T06:00:00+01:00",
    "level": "B-B",
    "field": "worker",
    "expectedSigner": {
        "salt": base64.b64encode(bytes(16)).decode(),
        "hash": base64.b64encode(bytes(32)).decode(),
        "timeCost": 3,
        "memoryCost": 65536,
        "parallelism": 4,
    },
    "uploadCapability": "capability",
    "serverTime": "2026-03-02T06:00:00Z",
}
PROOF: Final[dict[str, Any]] = {
    "transactionId": "8d6f2c1e-5f0e-4f0a-9a63-0d4b3c1f7a11",
    "submissionId": str(SUBMISSION),
    "agencyId": "demo",
    "contractId": "c-1",
    "title": "Überlassung",
    "language": "nl",
    "pageCount": 3,
    "originalSha256": CONTRACT["sha256"],
    "signedSha256": hashlib.sha256(SIGNED).hexdigest(),
    "createdAt": "2026-03-01T06:00:00Z",
    "openedAt": None,
    "claimedAt": "2026-03-02T06:00:00Z",
    "receivedAt": "2026-03-02T06:00:01Z",
    "deadline": "2026-03-03T06:00:00+01:00",
    "late": False,
    "level": "B-B",
    "method": "eid",
    "login": "one-time-link",
    "signerName": "TEST",
    "signerCertificateSha256": "0" * 64,
    "test": True,
    "newerThanThisClient": {"kept": True},
}
SUBMITTED: Final = {"submissionId": str(SUBMISSION), "state": "accepted", "receipt": PROOF}


@dataclass
class Desk:
    """A client that is logged in, and the answer that the server gives to whatever is asked."""

    agency: HttpAgency
    folder: Path
    server: HostileServer
    say: bytes = field(default=b"")

    def answer(self, content: Any, **kwargs: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.say = response(body, **kwargs)

    def deliver(self) -> object:
        path = self.folder / "signed.pdf"
        path.write_bytes(SIGNED)
        agreed = terms(submission_id=SUBMISSION)
        return self.agency.deliver(described(agreed, path), agreed)

    def download(self) -> None:
        self.agency.download(contract(), self.folder / "original.pdf")

    def open_signing(self) -> object:
        return self.agency.open_signing(contract(), SUBMISSION)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    sessions = SessionStore(tmp_path)
    sessions.keep("demo", Session(access_token="t0ken", expires_at=datetime(2100, 1, 1, tzinfo=UTC), contract_id="c"))
    desks: list[Desk] = []
    with hostile_server(lambda _, line: line.sendall(desks[0].say)) as server:
        url = f"http://127.0.0.1:{server.port}"
        web = HttpClient(f"{url}/v1", limits=LIMITS)
        desks.append(
            Desk(HttpAgency(AgencyInfo("demo", "Demo", url), web, sessions, TurnedClock(START)), tmp_path, server)
        )
        yield desks[0]


ASKS: Final[dict[str, tuple[Callable[[Desk], object], dict[str, Any]]]] = {
    "open_link": (
        lambda desk: desk.agency.open_link("x" * 20),
        {"accessToken": "a", "expiresAt": "2100-01-01T00:00:00Z", "contractId": "c-1"},
    ),
    "tasks": (lambda desk: desk.agency.tasks(), TASKS),
    "contract": (lambda desk: desk.agency.contract("c-1"), CONTRACT),
    "open_signing": (Desk.open_signing, SIGNING),
    "deliver": (Desk.deliver, SUBMITTED),
}


def code_of(desk: Desk, ask: Callable[[Desk], object]) -> ErrorCode:
    with pytest.raises(SignerError) as raised:
        ask(desk)
    return raised.value.code


def changed(message: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(message))
    *way, last = path.split(".")
    place: Any = copy
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize("what", ASKS)
def test_a_good_answer_is_understood(desk: Desk, what: str) -> None:
    ask, good = ASKS[what]
    desk.answer(good)

    assert ask(desk)


RUBBISH: Final[dict[str, bytes]] = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a number": b"1",
    "an empty object": b"{}",
    "half an object": b'{"id": "c-',
    "a portal's page": PORTAL,
    "no UTF-8": b"\xff\xfe\x00",
    "a deep well": b"[" * 50_000,
    "a deep object": b'{"a":' * 30_000,
    "a number without end": b'{"total": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("what", ASKS)
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_is_called_garbled(desk: Desk, what: str, rubbish: str) -> None:
    desk.answer(RUBBISH[rubbish])

    assert code_of(desk, ASKS[what][0]) is ErrorCode.AGENCY_GARBLED


@pytest.mark.parametrize("what", ASKS)
def test_a_portals_page_with_status_200_is_not_the_agency(desk: Desk, what: str) -> None:
    desk.answer(PORTAL, media_type="text/html")

    assert code_of(desk, ASKS[what][0]) is ErrorCode.AGENCY_GARBLED


@pytest.mark.parametrize("what", ASKS)
def test_json_that_does_not_say_that_it_is_json_is_not_taken(desk: Desk, what: str) -> None:
    desk.answer(ASKS[what][1], media_type="text/plain")

    assert code_of(desk, ASKS[what][0]) is ErrorCode.AGENCY_GARBLED


WRONG: Final = [
    ("tasks", "items.0.sha256", "0" * 63),
    ("tasks", "items.0.id", "../x"),
    ("tasks", "items.0.size", 0),
    ("tasks", "items.0.size", "many"),
    ("tasks", "items.0.state", "burnt"),
    ("tasks", "items.0.startsAt", "tomorrow"),
    ("tasks", "items.0.startsAt", "2026-03-03T06:00:00"),
    ("tasks", "items.0.startsAt", "0001-01-01T00:00:00+14:00"),
    ("tasks", "items.0.endsAt", "9999-12-31T23:59:59-14:00"),
    ("tasks", "next", "https://elsewhere.example/v1/tasks"),
    ("tasks", "next", "//elsewhere.example/v1/tasks"),
    ("tasks", "next", "/v1/tasks?after=c-1"),  # for ever
    ("contract", "id", "c-2"),
    ("open_link", "accessToken", "a\r\nX-Evil: 1"),
    ("open_link", "accessToken", ""),
    ("open_link", "contractId", "a/b"),
    ("open_signing", "submissionId", OTHER),
    ("open_signing", "sha256", "0" * 64),
    ("open_signing", "uploadCapability", "\u20ac"),
    ("open_signing", "expectedSigner.salt", "!"),
    ("open_signing", "expectedSigner.hash", ""),
    ("open_signing", "expectedSigner.memoryCost", 10**9),
    ("open_signing", "expectedSigner.algorithm", "md5"),
    ("open_signing", "serverTime", "0001-01-01T00:00:00+14:00"),
    ("open_signing", "level", "B-X"),
    ("deliver", "submissionId", OTHER),
    ("deliver", "state", "refused"),
    ("deliver", "receipt.submissionId", OTHER),
    ("deliver", "receipt.agencyId", "another"),
    ("deliver", "receipt.contractId", "c-2"),
    ("deliver", "receipt.originalSha256", "0" * 64),
    ("deliver", "receipt.signedSha256", "0" * 64),
    ("deliver", "receipt.receivedAt", "0001-01-01T00:00:00+14:00"),
    ("deliver", "receipt", None),
]


@pytest.mark.parametrize(("what", "path", "value"), WRONG)
def test_one_wrong_field_makes_an_answer_garbled(desk: Desk, what: str, path: str, value: object) -> None:
    ask, good = ASKS[what]
    desk.answer(changed(good, path, value))

    assert code_of(desk, ask) is ErrorCode.AGENCY_GARBLED


@pytest.mark.parametrize("what", ASKS)
def test_fields_of_a_newer_server_are_ignored(desk: Desk, what: str) -> None:
    ask, good = ASKS[what]
    desk.answer({**good, "newer": {"thing": [1, 2]}})

    assert ask(desk)


def test_the_proof_is_kept_as_it_was_sent(desk: Desk) -> None:
    desk.answer(SUBMITTED)
    path = desk.folder / "signed.pdf"
    path.write_bytes(SIGNED)
    agreed = terms(submission_id=SUBMISSION)

    receipt = desk.agency.deliver(described(agreed, path), agreed)

    assert json.loads(receipt.proof) == PROOF
    assert "Überlassung" in receipt.proof


@pytest.mark.parametrize("extra", [b'"\\ud800"', b"9" * 5000, b"NaN", b"1e999"])
def test_odd_values_in_fields_that_we_do_not_know_break_nothing(desk: Desk, extra: bytes) -> None:
    body = json.dumps(SUBMITTED).encode().replace(b'{"kept": true}', extra)
    desk.answer(body)

    try:
        receipt = desk.deliver()
    except SignerError as error:
        code: ErrorCode | None = error.code
    else:
        code = None
        assert receipt
    assert code in {None, ErrorCode.AGENCY_GARBLED}


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_no_bytes_at_all_make_it_stumble(body: bytes) -> None:
    class Saying(HttpClient):
        def send(self, _: object) -> Answer:
            return Answer(200, {"content-type": "application/json"}, body)

    info = AgencyInfo("demo", "Demo", "http://localhost")
    agency = HttpAgency(info, Saying(info.url), SessionStore(Path("/nonexistent")), TurnedClock(START))

    with pytest.raises(SignerError) as raised:
        agency.open_link("x" * 20)

    assert raised.value.code is ErrorCode.AGENCY_GARBLED


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────

STATUSES: Final = {  # status, media type, body -> what it means
    "a proxy's 401": (401, "text/html", PORTAL, ErrorCode.AGENCY_GARBLED),
    "a proxy's 404": (404, "text/html", PORTAL, ErrorCode.AGENCY_GARBLED),
    "a proxy's 410": (410, "text/html", PORTAL, ErrorCode.AGENCY_GARBLED),
    "a portal's 511": (511, "text/html", PORTAL, ErrorCode.AGENCY_BUSY),
    "a gateway's 502": (502, "text/html", PORTAL, ErrorCode.AGENCY_BUSY),
    "a gateway's 429": (429, "text/html", PORTAL, ErrorCode.AGENCY_BUSY),
    "a problem that is none": (410, PROBLEM, b"{}", ErrorCode.AGENCY_GARBLED),
    "a problem that does not say so": (410, "application/json", b"", ErrorCode.AGENCY_GARBLED),
    "a newer problem, 401": (401, PROBLEM, b"", ErrorCode.AGENCY_NOT_LOGGED_IN),
    "a newer problem, 404": (404, PROBLEM, b"", ErrorCode.AGENCY_NO_SUCH_CONTRACT),
    "a newer problem, 409": (409, PROBLEM, b"", ErrorCode.AGENCY_CONFLICT),
    "a newer problem, 410": (410, PROBLEM, b"", ErrorCode.AGENCY_WITHDRAWN),
    "a newer problem, 413": (413, PROBLEM, b"", ErrorCode.AGENCY_REFUSED),
    "a newer problem, 422": (422, PROBLEM, b"", ErrorCode.AGENCY_REFUSED),
    "a newer problem, 429": (429, PROBLEM, b"", ErrorCode.AGENCY_BUSY),
    "a newer problem, 500": (500, PROBLEM, b"", ErrorCode.AGENCY_BUSY),
    "a newer problem, 503": (503, PROBLEM, b"", ErrorCode.AGENCY_BUSY),
}


@pytest.mark.parametrize("what", STATUSES)
def test_a_refusal_is_the_agencys_only_when_it_is_a_problem(desk: Desk, what: str) -> None:
    status, media_type, body, code = STATUSES[what]
    problem = {"type": "urn:problem-type:paraph:newer", "title": "Newer", "status": status}
    desk.answer(body or problem, status=f"{status} X", media_type=media_type)

    assert code_of(desk, Desk.deliver) is code


def test_a_refusals_words_do_not_reach_the_log(desk: Desk) -> None:
    problem = {
        "type": "urn:problem-type:paraph:conflict",
        "title": "x",
        "status": 409,
        "detail": "\x1b[31mAlex Voorbeeld\n",
        "instance": "bad \x1b[31m trace",
    }
    error = refusal(Answer(409, {"content-type": PROBLEM}, json.dumps(problem).encode()))

    assert (error.code, error.detail) == (ErrorCode.AGENCY_CONFLICT, "conflict")


# ── downloads ─────────────────────────────────────────────────────────────────────────────────────────────────────

BAD_DOCUMENTS: Final = {
    "other bytes": response(ORIGINAL[::-1], media_type="application/pdf"),
    "too few": response(ORIGINAL[:-1], media_type="application/pdf"),
    "too many": response(ORIGINAL + b"x", media_type="application/pdf"),
    "a portal's page": response(PORTAL, media_type="text/html"),
    "the right bytes under a wrong name": response(ORIGINAL, media_type="text/html"),
}


@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_a_document_that_is_not_the_announced_one_leaves_what_was_there(desk: Desk, what: str) -> None:
    (desk.folder / "original.pdf").write_bytes(b"before")
    desk.say = BAD_DOCUMENTS[what]
    files = sorted(desk.folder.iterdir())

    assert code_of(desk, Desk.download) is ErrorCode.AGENCY_GARBLED
    assert (desk.folder / "original.pdf").read_bytes() == b"before"
    assert sorted(desk.folder.iterdir()) == files


WHOLE: Final = response(ORIGINAL, media_type="application/pdf")


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 9))
def test_a_download_cut_at_any_byte_leaves_nothing(desk: Desk, cut: int) -> None:
    desk.say = WHOLE[:cut]

    assert code_of(desk, Desk.download) in {ErrorCode.NETWORK_UNREACHABLE, ErrorCode.AGENCY_GARBLED}
    assert [each.name for each in desk.folder.iterdir()] == ["demo.json"]


def test_a_refused_download_has_the_agencys_reason(desk: Desk) -> None:
    problem = {"type": "urn:problem-type:paraph:notFound", "title": "x", "status": 404}
    desk.answer(problem, status="404 Not Found", media_type=PROBLEM)

    assert code_of(desk, Desk.download) is ErrorCode.AGENCY_NO_SUCH_CONTRACT


def test_a_document_that_no_disk_would_hold_is_not_begun(desk: Desk) -> None:
    huge = replace(contract(), size=10**12)

    assert code_of(desk, lambda desk: desk.agency.download(huge, desk.folder / "x.pdf")) is ErrorCode.DOCUMENT_TOO_LARGE
    assert desk.server.requests == []


# ── the clock ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_half_the_round_trip_is_taken_out_of_the_clocks_offset(desk: Desk) -> None:
    class SlowClock:
        times = iter([START, START + timedelta(seconds=4)])  # asked, answered

        def now(self) -> datetime:
            return next(self.times)

    desk.answer(changed(SIGNING, "serverTime", "2026-03-02T06:00:12Z"))
    desk.agency._clock = SlowClock()

    agreed = desk.agency.open_signing(contract(), SUBMISSION)

    assert agreed.clock_offset == timedelta(seconds=10)
