"""A worker says that something is wrong, and the agency answers with a new version or takes the contract back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from agency import publishing
from agency.problems import ProblemError, ProblemType
from agency.publishing import ContractDraft
from eidcard.simulator.people import ADULT, ADULT_MAN, Person
from signer.agency.schema import MAX_OBJECTION, ContractResource
from tests.agency.world import AgencyServer, Worker, refused

HOURS: dict[str, Any] = {"reasons": ["hours"], "text": "I asked for the late shift.\nNot the early one."}


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def tell(worker: Worker, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return worker.client.post(f"/v1/contracts/{worker.contract_id}/objections", json=body, headers=headers)


def contract(worker: Worker, contract_id: str | None = None) -> ContractResource:
    answer = worker.client.get(f"/v1/contracts/{contract_id or worker.contract_id}")
    return ContractResource.model_validate_json(answer.content)


def replace(server: AgencyServer, old: str, person: Person = ADULT, **changes: Any) -> str:
    draft = ContractDraft(
        id=f"C-{uuid4().hex[:8]}",
        title="Arbeidsovereenkomst voor uitzendarbeid",
        job="Magazijnmedewerker",
        company="Delfour Logistics BV",
        place="Halle",
        starts_at=server.clock.now() + timedelta(days=1),
        ends_at=server.clock.now() + timedelta(days=1, hours=8),
        hourly_pay="17.05",
        language="nl",
        field="worker",
        replaces=old,
    ).model_copy(update=changes)
    return publishing.publish(server.office, server.sample, draft, person.national_number, lambda *_: server.examined)


def test_an_objection_is_kept_and_the_contract_stays_open(worker: Worker) -> None:
    answer = tell(worker, HOURS)
    assert answer.status_code == 201, answer.text
    assert contract(worker).objection is not None
    told = worker.client.get("/v1/tasks").json()["items"][0]
    assert (told["state"], told["objection"]["reasons"], told["objection"]["text"]) == (
        "open",
        ["hours"],
        HOURS["text"],
    )


def test_the_same_key_makes_one_objection_and_other_words_are_a_conflict(worker: Worker) -> None:
    key = str(uuid4())
    first, again = tell(worker, HOURS, key), tell(worker, HOURS, key)
    assert first.json() == again.json()
    assert refused(tell(worker, {"reasons": ["pay"]}, key)) == (409, "conflict")
    contract_of_another = Worker(
        *(worker.agency, worker.person, worker.agency.publish(), worker.client, worker.session)
    )
    assert refused(tell(contract_of_another, HOURS, key)) == (409, "conflict")


NO_OBJECTIONS: tuple[dict[str, Any], ...] = (
    {"reasons": []},
    {"reasons": ["weather"]},
    {"reasons": ["pay"] * 6},
    {"reasons": ["pay"], "text": "x" * (MAX_OBJECTION + 1)},
    {"reasons": ["pay"], "text": "\x1b[2J"},
    {"text": "no reason"},
)


def test_what_is_no_objection_is_refused(worker: Worker) -> None:
    assert [refused(tell(worker, body)) for body in NO_OBJECTIONS] == [(400, "badRequest")] * len(NO_OBJECTIONS)


def test_a_key_that_is_no_uuid_is_refused(worker: Worker) -> None:
    address = f"/v1/contracts/{worker.contract_id}/objections"
    for headers in ({"Idempotency-Key": "once"}, {"Idempotency-Key": ""}, {}):
        assert refused(worker.client.post(address, json=HOURS, headers=headers)) == (400, "badRequest")


def test_a_script_that_objects_without_end_is_stopped(worker: Worker) -> None:
    answers = [tell(worker, HOURS).status_code for _ in range(21)]
    assert answers == [201] * 20 + [429]


def test_a_new_version_leads_from_the_old_one_and_back(agency_server: AgencyServer, worker: Worker) -> None:
    new = replace(agency_server, worker.contract_id)
    old = contract(worker)
    assert (old.state, old.replaced_by) == ("replaced", new)
    assert contract(worker, new).replaces == worker.contract_id
    assert [item["id"] for item in worker.client.get("/v1/tasks").json()["items"]] == [new]
    address = f"/v1/contracts/{worker.contract_id}/signingSessions"
    assert refused(worker.client.post(address, json={"submissionId": str(uuid4())})) == (410, "withdrawn")


def test_what_cannot_be_replaced_is_said_and_nothing_is_published(agency_server: AgencyServer, worker: Worker) -> None:
    theirs = agency_server.publish(ADULT_MAN)
    replace(agency_server, worker.contract_id)
    signed = agency_server.worker(agency_server.publish())
    assert signed.signed().put().status_code == 200
    before = worker.client.get("/v1/tasks").json()["total"]
    for old, why in (
        ("nothing", ProblemType.NOT_FOUND),
        (theirs, ProblemType.NOT_FOUND),
        (signed.contract_id, ProblemType.ALREADY_SIGNED),
        (worker.contract_id, ProblemType.CONFLICT),
    ):
        with pytest.raises(ProblemError) as caught:
            replace(agency_server, old)
        assert caught.value.problem is why, old
    assert worker.client.get("/v1/tasks").json()["total"] == before


def test_a_withdrawn_contract_is_listed_for_who_asks_until_its_job_would_start(
    agency_server: AgencyServer, worker: Worker
) -> None:
    publishing.withdraw(agency_server.office, worker.contract_id)
    assert worker.client.get("/v1/tasks").json()["items"] == []
    listed = worker.client.get("/v1/tasks?withdrawn=true").json()
    assert [(item["id"], item["state"]) for item in listed["items"]] == [(worker.contract_id, "withdrawn")]
    assert listed["total"] == 1
    agency_server.clock.turn(timedelta(days=1))
    later = agency_server.worker(agency_server.publish(in_=timedelta(days=2)))
    items = later.client.get("/v1/tasks?withdrawn=true").json()["items"]
    assert [item["id"] for item in items] == [later.contract_id]
