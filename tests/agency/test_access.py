"""Who sees what: a worker their own contracts, nobody anybody else's, a stranger nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest

from agency import publishing
from eidcard.simulator.people import ADULT, ADULT_MAN
from signer.agency.schema import ContractResource, ExpectedSignerResource, TaskList
from signer.certificates import is_expected
from signer.model import ExpectedSigner
from tests.agency.world import AgencyServer, Worker, refused

Call = Callable[[httpx.Client, str], httpx.Response]
ON_A_CONTRACT: dict[str, Call] = {
    "data": lambda client, contract: client.get(f"/v1/contracts/{contract}"),
    "document": lambda client, contract: client.get(f"/v1/contracts/{contract}/document"),
    "objection": lambda client, contract: client.post(
        f"/v1/contracts/{contract}/objections",
        json={"reasons": ["pay"]},
        headers={"Idempotency-Key": "6e1f0f6a-0000-4000-8000-000000000001"},
    ),
    "page after": lambda client, contract: client.get("/v1/tasks", params={"after": contract}),
    "signing session": lambda client, contract: client.post(
        f"/v1/contracts/{contract}/signingSessions", json={"submissionId": str(uuid4())}
    ),
}

every_call = pytest.mark.parametrize("call", ON_A_CONTRACT.values(), ids=ON_A_CONTRACT)


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def test_the_agency_says_who_it_is_without_a_session(agency_server: AgencyServer) -> None:
    descriptor = httpx.get(f"{agency_server.url}/v1/agency").json()
    assert (descriptor["id"], descriptor["name"], descriptor["test"]) == ("horizon", "Horizon Interim", True)


def test_health_is_outside_the_versioned_api(agency_server: AgencyServer) -> None:
    assert httpx.get(f"{agency_server.url}/health").json() == {"status": "UP"}


@every_call
def test_another_workers_contract_is_as_if_it_did_not_exist(agency_server: AgencyServer, call: Call) -> None:
    mine = agency_server.worker(agency_server.publish(ADULT))
    theirs = agency_server.worker(agency_server.publish(ADULT_MAN), ADULT_MAN)
    assert call(mine.client, mine.contract_id).is_success
    assert refused(call(mine.client, theirs.contract_id)) == refused(call(mine.client, "nothing")) == (404, "notFound")


@every_call
@pytest.mark.parametrize("header", [None, "Bearer unknown", "Basic dTpw", "Bearer", "Bearer \xe9"])
def test_a_stranger_sees_nothing(worker: Worker, call: Call, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    with httpx.Client(base_url=worker.agency.url, headers=headers) as stranger:  # type: ignore[arg-type]  # bytes are fine
        answer = call(stranger, worker.contract_id)
    assert refused(answer) == (401, "notLoggedIn")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_tasks_are_ones_own_soonest_first(agency_server: AgencyServer) -> None:
    later = agency_server.publish(in_=timedelta(days=3))
    sooner = agency_server.publish(in_=timedelta(hours=2))
    agency_server.publish(ADULT_MAN)
    begun = agency_server.publish(in_=timedelta(hours=-1))
    tasks = TaskList.model_validate_json(agency_server.worker(later).client.get("/v1/tasks").content)
    assert [item.id for item in tasks.items] == [begun, sooner, later]
    assert tasks.total == 3


def test_a_long_list_comes_in_pages_without_gaps(agency_server: AgencyServer) -> None:
    published = [agency_server.publish(in_=timedelta(hours=1 + number // 2)) for number in range(5)]
    client, address, seen = agency_server.worker(published[0]).client, "/v1/tasks?limit=2", []
    while address:
        page = client.get(address).json()
        assert page["total"] == 5
        seen.append([item["id"] for item in page["items"]])
        address = page["next"]
    assert [len(ids) for ids in seen] == [2, 2, 1]
    assert sorted(chain.from_iterable(seen)) == sorted(published)


def test_what_changed_since_a_list_was_made_is_told_whatever_became_of_it(agency_server: AgencyServer) -> None:
    quiet, objected, withdrawn, old, signed = (agency_server.publish(in_=timedelta(hours=n)) for n in range(1, 6))
    client, office = agency_server.worker(quiet).client, agency_server.office
    agency_server.clock.turn(timedelta(minutes=2))
    as_of = client.get("/v1/tasks").json()["asOf"]
    agency_server.clock.turn(timedelta(minutes=5))
    client.post(
        f"/v1/contracts/{objected}/objections", json={"reasons": ["pay"]}, headers={"Idempotency-Key": str(uuid4())}
    )
    publishing.withdraw(office, withdrawn)
    new = agency_server.publish(in_=timedelta(hours=6), replaces=old)
    agency_server.publish(ADULT_MAN)
    agency_server.worker(signed).signed().put()

    seen: dict[str, str] = {}
    address: str | None = f"/v1/tasks?{urlencode({'since': as_of, 'limit': 2})}"
    while address:
        page = client.get(address).json()
        assert page["total"] == 5
        seen |= {item["id"]: item["state"] for item in page["items"]}
        address, as_of = page["next"], page["asOf"]
    assert seen == {objected: "open", withdrawn: "withdrawn", old: "replaced", new: "open", signed: "signed"}
    assert client.get("/v1/tasks", params={"since": as_of}).json()["total"] == 5  # in the same minute
    agency_server.clock.turn(timedelta(minutes=2))
    assert client.get("/v1/tasks", params={"since": agency_server.clock.now().isoformat()}).json()["items"] == []


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("0001-01-01T00:00:00+23:59", 200),
        ("9999-12-31T23:59:59-23:59", 200),
        ("2026-01-01T00:00:00", 400),
        ("yesterday", 400),
        ("0.5", 400),
    ],
)
def test_a_time_from_the_end_of_the_calendar_harms_nobody(worker: Worker, since: str, told: int) -> None:
    assert worker.client.get("/v1/tasks", params={"since": since}).status_code == told


def test_a_contracts_data_is_what_was_published(worker: Worker) -> None:
    contract = ContractResource.model_validate_json(worker.client.get(f"/v1/contracts/{worker.contract_id}").content)
    sample = worker.agency.sample.read_bytes()
    assert (contract.state, contract.hourly_pay, contract.page_count) == ("open", "16.42", 3)
    assert (contract.sha256, contract.size) == (hashlib.sha256(sample).hexdigest(), len(sample))
    assert contract.starts_at == worker.agency.clock.now() + timedelta(days=1)


def test_the_document_comes_byte_for_byte_under_its_hash(worker: Worker) -> None:
    answer = worker.client.get(f"/v1/contracts/{worker.contract_id}/document")
    assert answer.content == worker.agency.sample.read_bytes()
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.headers["content-type"] == "application/pdf"


def test_a_copy_at_hand_is_not_sent_again(worker: Worker) -> None:
    address = f"/v1/contracts/{worker.contract_id}/document"
    etag = worker.client.get(address).headers["etag"]
    again = worker.client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert worker.client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    for same in (f'"other", {etag}', f"W/{etag}", "*"):  # RFC 9110, 13.1.2
        assert worker.client.get(address, headers={"If-None-Match": same}).status_code == 304


def test_a_broken_download_goes_on_where_it_stopped(worker: Worker) -> None:
    address = f"/v1/contracts/{worker.contract_id}/document"
    whole = worker.client.get(address)
    rest = worker.client.get(address, headers={"Range": "bytes=1000-", "If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    other = worker.client.get(address, headers={"Range": "bytes=1000-", "If-Range": '"of another document"'})
    assert (other.status_code, other.content) == (200, whole.content)


def test_a_range_that_is_not_there_is_a_problem_like_any_other(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"/v1/contracts/{worker.contract_id}/document"
    answer = worker.client.get(address, headers={"Range": "bytes=99999999-"})
    assert refused(answer) == (416, "range")
    assert answer.headers["content-range"].startswith("bytes */")
    worker.client.get("/health")  # so that the server is done with the answer before
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_first_look_at_the_document_is_noted(worker: Worker) -> None:
    clock = worker.agency.clock
    clock.turn(timedelta(minutes=3))
    opened = clock.now()
    worker.client.get(f"/v1/contracts/{worker.contract_id}/document")
    clock.turn(timedelta(minutes=3))
    worker.client.get(f"/v1/contracts/{worker.contract_id}/document")
    receipt = worker.signed().put().json()["receipt"]
    assert receipt["openedAt"] == opened.isoformat().replace("+00:00", "Z")


def test_a_link_opens_once(agency_server: AgencyServer) -> None:
    token = agency_server.token(agency_server.publish())
    first, second = (httpx.post(f"{agency_server.url}/v1/sessions", json={"oneTimeToken": token}) for _ in range(2))
    assert first.status_code == 201
    assert refused(second) == (403, "linkUsed")


@pytest.mark.parametrize(("age", "opens"), [(timedelta(minutes=15), False), (timedelta(minutes=14, seconds=59), True)])
def test_a_link_lives_fifteen_minutes(agency_server: AgencyServer, age: timedelta, *, opens: bool) -> None:
    token = agency_server.token(agency_server.publish())
    agency_server.clock.turn(age)
    answer = httpx.post(f"{agency_server.url}/v1/sessions", json={"oneTimeToken": token})
    assert answer.is_success is opens
    assert opens or refused(answer) == (403, "linkExpired")


def test_a_guessed_link_opens_nothing(agency_server: AgencyServer) -> None:
    answer = httpx.post(f"{agency_server.url}/v1/sessions", json={"oneTimeToken": "A" * 43})
    assert refused(answer) == (403, "linkUnknown")


def test_a_link_opened_from_many_sides_at_once_gives_one_session(agency_server: AgencyServer) -> None:
    token = agency_server.token(agency_server.publish())
    with ThreadPoolExecutor(6) as pool:
        posts = [
            pool.submit(httpx.post, f"{agency_server.url}/v1/sessions", json={"oneTimeToken": token}) for _ in range(6)
        ]
    statuses = [post.result().status_code for post in posts]
    assert sorted(statuses) == [201, 403, 403, 403, 403, 403]


def test_a_session_ends(worker: Worker) -> None:
    worker.agency.clock.turn(timedelta(hours=8))
    assert refused(worker.client.get("/v1/tasks")) == (401, "notLoggedIn")


def test_the_expected_signer_is_told_without_telling_who(worker: Worker) -> None:
    told: ExpectedSignerResource = worker.open_signing(uuid4()).expected_signer
    expected = ExpectedSigner(told.salt, told.hash, told.time_cost, told.memory_cost, told.parallelism)
    pki = worker.agency.pki
    signers = {person.id: pki.person(person).signature for person in (ADULT, ADULT_MAN)}
    matches = {who: is_expected(expected, signer.certificate) for who, signer in signers.items() if signer}
    assert matches == {ADULT.id: True, ADULT_MAN.id: False}


def test_each_contract_has_a_salt_of_its_own(agency_server: AgencyServer) -> None:
    workers = [agency_server.worker(agency_server.publish()) for _ in range(2)]
    hashes = {worker.open_signing(uuid4()).expected_signer.hash for worker in workers}
    assert len(hashes) == 2


def test_the_signing_session_says_what_is_asked(worker: Worker) -> None:
    terms = worker.open_signing(uuid4())
    now = worker.agency.clock.now()
    assert (terms.field, terms.level, terms.server_time) == ("worker", "B-B", now)
    assert terms.deadline == now + timedelta(days=1)


def test_signing_sessions_of_one_contract_are_limited(worker: Worker) -> None:
    for _ in range(50):
        worker.open_signing(uuid4())
    address = f"/v1/contracts/{worker.contract_id}/signingSessions"
    assert refused(worker.client.post(address, json={"submissionId": str(uuid4())})) == (429, "tooMany")


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACES = {
    "whole": (f"00-{TRACE}-00f067aa0ba902b7-01", True),
    "of a later version": (f"cc-{TRACE}-00f067aa0ba902b7-01-what-follows", True),
    "of nobody": (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
    "broken": (f"00-{TRACE[:-1]}-00f067aa0ba902b7-01", False),
    "of a version that is none": (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
}


@pytest.mark.parametrize(("given", "taken"), TRACES.values(), ids=TRACES)
def test_the_callers_trace_goes_through_the_problem_and_the_log(
    worker: Worker, caplog: pytest.LogCaptureFixture, given: str, taken: bool
) -> None:
    caplog.set_level(logging.INFO)
    answer = worker.client.get("/v1/contracts/nothing", headers={"traceparent": given})
    worker.client.get("/health")  # so that the server is done with the answer before
    instance = answer.json()["instance"]
    assert (instance == f"urn:uuid:{UUID(TRACE)}") is taken
    assert answer.headers["traceparent"].split("-")[1] == UUID(instance).hex
    assert any(instance in record.getMessage() for record in caplog.records if record.name == "agency.requests")
