"""What a client reads: who the agency is, the way in, the contract's data and its bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
from uuid import uuid4

import httpx
import pytest

from tests.conformance.conftest import Publish
from tests.conformance.plan import Contract, Plan, log_in, logged_in, problem


def link(plan: Plan) -> str:
    said = subprocess.run(plan.contract, capture_output=True, check=True, timeout=60).stdout
    return str(json.loads(said)["link"])


def test_the_agency_says_who_it_is_to_anybody(url: str, contract: Contract) -> None:
    told = httpx.get(f"{url}/v1/agency", timeout=60)
    assert told.status_code == 200
    assert told.json()["id"] == contract.agency
    assert told.json()["name"]
    assert told.json()["level"] in {"B-B", "B-T", "B-LT", "B-LTA"}


def test_a_link_opens_once(url: str, plan: Plan) -> None:
    fresh = link(plan)
    logged_in(url, fresh, plan).client.close()
    again = httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": fresh.rsplit("/", 1)[1]}, timeout=60)
    assert problem(again) == (403, "linkUsed")


def test_a_link_that_nobody_made_opens_nothing(url: str) -> None:
    assert problem(httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": "x" * 43}, timeout=60)) == (
        403,
        "linkUnknown",
    )


def test_a_session_that_only_locates_reads_nothing_and_answers_for_one_server_alone(url: str, plan: Plan) -> None:
    fresh = link(plan)
    agency, token = fresh.removeprefix("paraph://open/").split("/")
    told = httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": token}, timeout=60).json()
    if told.get("loggedIn", True):
        pytest.fail("this server logs in by the link alone: whoever has it reads")
    headers = {"Authorization": f"Bearer {told['accessToken']}"}
    read = httpx.get(f"{url}/v1/contracts/{told['contractId']}", headers=headers, timeout=60)
    assert problem(read) == (403, "loginNeeded")
    elsewhere = log_in(url, agency, told["accessToken"], plan.login, server="elsewhere.example")
    assert problem(elsewhere) == (403, "loginRefused")
    assert log_in(url, agency, told["accessToken"], plan.login).status_code == 201


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/contracts/{id}", "/v1/contracts/{id}/document"])
def test_without_a_session_nothing_is_told(url: str, contract: Contract, path: str) -> None:
    stranger = httpx.get(url + path.format(id=contract.id), timeout=60)
    assert problem(stranger) == (401, "notLoggedIn")
    assert stranger.headers["www-authenticate"].startswith("Bearer")


def test_data_and_bytes_are_of_one_document(contract: Contract) -> None:
    data, document = contract.client.get(contract.path).json(), contract.client.get(f"{contract.path}/document")
    assert document.headers["content-type"] == "application/pdf"
    assert document.content.startswith(b"%PDF-")
    assert (data["sha256"], data["size"]) == (hashlib.sha256(document.content).hexdigest(), len(document.content))
    assert document.headers["etag"] == f'"{data["sha256"]}"'


def test_a_copy_at_hand_is_not_sent_again_and_a_broken_download_goes_on(contract: Contract) -> None:
    path = f"{contract.path}/document"
    whole = contract.client.get(path)
    same = contract.client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    rest = contract.client.get(path, headers={"Range": "bytes=100-"})
    assert (same.status_code, same.content) == (304, b"")
    assert (rest.status_code, rest.content) == (206, whole.content[100:])


def test_the_contract_is_in_the_list_of_what_is_to_be_signed(contract: Contract) -> None:
    listed = contract.client.get("/v1/tasks").json()
    assert contract.id in {item["id"] for item in listed["items"]}
    assert listed["total"] >= len(listed["items"]) > 0
    starts = [item["startsAt"] for item in listed["items"]]
    assert starts == sorted(starts)


def test_a_list_goes_on_where_the_last_one_ended(contract: Contract, publish: Publish) -> None:
    as_of = contract.client.get("/v1/tasks").json()["asOf"]
    fresh = publish()
    changed = fresh.client.get("/v1/tasks", params={"since": as_of})
    assert changed.status_code == 200
    assert fresh.id in {item["id"] for item in changed.json()["items"]}


def test_a_contract_that_does_not_exist_is_not_found(contract: Contract) -> None:
    assert problem(contract.client.get("/v1/contracts/no-such-contract")) == (404, "notFound")


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_a_refusal_is_in_the_language_that_was_asked_for(contract: Contract, language: str) -> None:
    asked = {"Accept-Language": f"{language}-BE, xx;q=0.5"}
    refused = contract.client.get("/v1/contracts/no-such-contract", headers=asked)
    assert problem(refused) == (404, "notFound")
    assert refused.headers["content-language"].split("-")[0] == language


def test_nothing_personal_is_kept_on_the_way(contract: Contract) -> None:
    told = contract.client.get(contract.path)
    assert "no-store" in told.headers["cache-control"]
    assert "set-cookie" not in told.headers


def test_what_is_no_json_is_refused_as_a_problem(contract: Contract) -> None:
    path = f"{contract.path}/signingSessions"
    broken = contract.client.post(path, content=b"{", headers={"Content-Type": "application/json"})
    assert problem(broken)[0] == 400


def test_a_method_that_is_not_there_is_refused_as_a_problem(contract: Contract) -> None:
    refused = contract.client.delete(contract.path)
    assert problem(refused) == (405, "methodNotAllowed")
    assert "GET" in refused.headers["allow"]


def test_who_must_sign_is_told_by_a_hash_and_what_is_signed_by_its_bytes(publish: Publish) -> None:
    contract, submission_id = publish(), uuid4()
    terms = contract.agree(submission_id)
    assert terms["submissionId"] == str(submission_id)
    assert terms["sha256"] == contract.client.get(contract.path).json()["sha256"]
    assert terms["expectedSigner"]["algorithm"] == "argon2id"
    assert len(terms["uploadCapability"]) >= 32
