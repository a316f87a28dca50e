"""A worker's own computer: fetches by itself until somebody revokes it, and never does more than that."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from click.testing import CliRunner

from agency import audit
from agency.audit import Happening
from agency.commands.devices import command as devices_command
from agency.store import Base
from eidcard.simulator.people import ADULT_MAN
from tests.agency.world import AgencyServer, Worker, refused


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def as_device(worker: Worker, device: dict[str, Any]) -> httpx.Client:
    """Give a client that has nothing but the session that the computer began."""
    token = worker.begun_by(device)
    client = httpx.Client(base_url=worker.agency.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    worker.agency.clients.append(client)
    return client


def begin(worker: Worker, device: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{worker.agency.url}/v1/sessions/device", json={"deviceToken": device["deviceToken"]})


def test_an_enrolled_computer_fetches_when_the_worker_is_long_logged_out(
    agency_server: AgencyServer, worker: Worker
) -> None:
    device = worker.enrol()
    agency_server.clock.turn(timedelta(hours=20))
    assert refused(worker.client.get("/v1/tasks")) == (401, "notLoggedIn")
    client = as_device(worker, device)
    assert [each["id"] for each in client.get("/v1/tasks").json()["items"]] == [worker.contract_id]
    document = client.get(f"/v1/contracts/{worker.contract_id}/document")
    assert document.content == agency_server.sample.read_bytes()
    agreed = client.post(f"/v1/contracts/{worker.contract_id}/signingSessions", json={"submissionId": str(uuid4())})
    assert agreed.status_code == 201


def test_what_is_signed_after_a_computer_fetched_it_says_how_it_was_fetched(worker: Worker) -> None:
    token = worker.begun_by(worker.enrol())
    worker.client.headers["Authorization"] = f"Bearer {token}"
    assert worker.signed().put().json()["receipt"]["login"] == "device"


def test_a_session_of_a_computer_ends_after_an_hour_and_it_begins_another(
    agency_server: AgencyServer, worker: Worker
) -> None:
    device = worker.enrol()
    client = as_device(worker, device)
    agency_server.clock.turn(timedelta(hours=1))
    assert refused(client.get("/v1/tasks")) == (401, "notLoggedIn")
    assert as_device(worker, device).get("/v1/tasks").status_code == 200


def test_a_computer_enrols_no_other_and_sees_no_list_of_them(worker: Worker) -> None:
    client = as_device(worker, worker.enrol())
    key = {"Idempotency-Key": str(uuid4())}
    assert refused(client.post("/v1/devices", json={"name": "mine"}, headers=key)) == (403, "loginNeeded")
    assert refused(client.get("/v1/devices")) == (403, "loginNeeded")


def test_who_revokes_a_computer_ends_what_it_is_doing(worker: Worker) -> None:
    device = worker.enrol()
    client = as_device(worker, device)
    for _ in range(2):
        assert worker.client.delete(device["href"]).status_code == 204
    assert refused(client.get("/v1/tasks")) == (401, "notLoggedIn")
    assert refused(begin(worker, device)) == (403, "deviceUnknown")
    assert worker.client.get(device["href"]).json()["revokedAt"] is not None


def test_a_computer_revokes_itself_and_no_other(worker: Worker) -> None:
    mine, other = worker.enrol(), worker.enrol("desk")
    client = as_device(worker, mine)
    assert refused(client.delete(other["href"])) == (404, "notFound")
    assert client.delete(mine["href"]).status_code == 204
    listed = {each["name"]: each["revokedAt"] for each in worker.client.get("/v1/devices").json()["items"]}
    assert listed["desk"] is None
    assert listed["laptop"] is not None


def test_another_workers_computer_is_as_if_it_did_not_exist(agency_server: AgencyServer, worker: Worker) -> None:
    device = worker.enrol()
    other = agency_server.worker(agency_server.publish(ADULT_MAN), ADULT_MAN)
    for method in ("GET", "DELETE"):
        assert refused(other.client.request(method, device["href"])) == (404, "notFound")
    key = {"Idempotency-Key": device["id"]}
    assert refused(other.client.post("/v1/devices", json={"name": "mine"}, headers=key)) == (409, "conflict")
    assert begin(worker, device).status_code == 201


def test_asked_again_with_the_same_id_it_is_the_same_computer_with_another_token(worker: Worker) -> None:
    device_id = uuid4()
    first, again = worker.enrol(device_id=device_id), worker.enrol("renamed", device_id)
    assert first["id"] == again["id"] == str(device_id)
    assert refused(begin(worker, first)) == (403, "deviceUnknown")
    assert begin(worker, again).status_code == 201
    (listed,) = worker.client.get("/v1/devices").json()["items"]
    assert listed["name"] == "renamed"
    answer = worker.client.post("/v1/devices", json={"name": "x"}, headers={"Idempotency-Key": str(device_id)})
    assert answer.headers["Location"] == listed["href"]


def test_there_are_ten_at_once_and_no_revoked_one_comes_back(worker: Worker) -> None:
    enrolled = [worker.enrol(str(number)) for number in range(10)]
    key = {"Idempotency-Key": str(uuid4())}
    assert refused(worker.client.post("/v1/devices", json={"name": "x"}, headers=key)) == (429, "tooMany")
    worker.client.delete(enrolled[0]["href"])
    key = {"Idempotency-Key": enrolled[0]["id"]}
    assert refused(worker.client.post("/v1/devices", json={"name": "x"}, headers=key)) == (409, "conflict")
    worker.enrol("the eleventh")


def test_the_token_is_nowhere_in_the_database(agency_server: AgencyServer, worker: Worker) -> None:
    device = worker.enrol()
    begun = worker.begun_by(device)
    with agency_server.office.store.reading() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(table.select())]
    for secret in (device["deviceToken"], begun):
        assert secret not in str(rows)
        assert secret.encode().hex() not in str(rows)


def test_the_office_lists_computers_by_pseudonym_and_revokes_one(agency_server: AgencyServer, worker: Worker) -> None:
    device = worker.enrol()
    data, run = ["--data", str(agency_server.data)], CliRunner().invoke
    (listed,) = json.loads(run(devices_command, ["list", *data, "--json"]).stdout)["items"]
    assert (listed["id"], listed["revokedAt"]) == (device["id"], None)
    assert re.fullmatch(r"[0-9a-f]{32}", listed["worker"])
    assert run(devices_command, ["revoke", *data, device["id"]]).exit_code == 0
    assert refused(begin(worker, device)) == (403, "deviceUnknown")
    assert run(devices_command, ["revoke", *data, str(UUID(int=0))]).exit_code != 0


def test_it_is_all_on_record_without_a_contract(agency_server: AgencyServer, worker: Worker) -> None:
    device = worker.enrol()
    worker.client.delete(device["href"])
    with agency_server.office.store.reading() as session:
        told = [(row.happening, json.loads(row.facts)) for row in audit.lines(session, "")]
        assert audit.first_broken(session) is None
    assert told == [
        (Happening.DEVICE_ENROLLED.value, {"deviceId": device["id"]}),
        (Happening.DEVICE_REVOKED.value, {"deviceId": device["id"], "by": "worker"}),
    ]
