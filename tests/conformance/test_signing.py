"""What a client delivers: once, however often it is sent, and nothing but a signature by the person who is expected."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from signer.sealing import CertificateRecipient, seal
from tests.conformance.conftest import Publish
from tests.conformance.plan import Delivery, Plan, problem


@pytest.fixture(scope="module")
def delivered(publish: Publish, plan: Plan) -> Delivery:
    """A signature that was accepted."""
    delivery = publish().signed(plan.worker)
    accepted = delivery.put()
    assert accepted.status_code == 200, accepted.text
    return delivery


def test_a_good_signature_is_accepted_with_a_receipt_that_fits(publish: Publish, plan: Plan) -> None:
    contract = publish()
    delivery = contract.signed(plan.worker)
    told = delivery.put().json()
    receipt = told["receipt"]
    assert told["state"] == "accepted"
    assert receipt["contractId"] == contract.id
    assert receipt["submissionId"] == str(delivery.submission_id)
    assert receipt["method"] == "eid"
    assert receipt["late"] is False
    assert contract.id not in {item["id"] for item in contract.client.get("/v1/tasks").json()["items"]}


def test_the_same_again_has_the_same_answer_to_the_byte(delivered: Delivery) -> None:
    assert delivered.put().content == delivered.put().content
    assert delivered.get().json()["receipt"] == delivered.get("/receipt").json() == delivered.put().json()["receipt"]


def test_other_bytes_under_the_same_id_are_a_conflict(delivered: Delivery) -> None:
    assert problem(delivered.put(delivered.increment + b"\n")) == (409, "conflict")


def test_where_a_key_is_given_what_is_sealed_to_it_is_the_same_as_what_is_open(publish: Publish, plan: Plan) -> None:
    delivery = publish().signed(plan.worker)
    if delivery.sealing_key is None:
        assert 400 <= problem(delivery.put_sealed(b"sealed to nobody"))[0] < 500
        return
    assert problem(delivery.put_sealed(b"no seal"))[0] == 422
    sealed = seal(delivery.increment, [CertificateRecipient.of(delivery.sealing_key)])
    answer = delivery.put_sealed(sealed)
    assert answer.status_code == 200, answer.text
    assert delivery.put().content == answer.content


def test_another_signature_of_a_signed_contract_is_refused(publish: Publish, plan: Plan) -> None:
    contract = publish()
    first, second = contract.signed(plan.worker), contract.signed(plan.worker)
    assert first.put().status_code == 200
    assert problem(second.put()) == (409, "alreadySigned")


def test_another_persons_signature_is_refused(publish: Publish, plan: Plan) -> None:
    assert problem(publish().signed(plan.other).put()) == (403, "otherPerson")


def test_what_was_damaged_on_the_way_is_refused_and_can_be_sent_again(publish: Publish, plan: Plan) -> None:
    delivery = publish().signed(plan.worker)
    assert problem(delivery.put(signedSha256="0" * 64)) == (422, "damaged")
    assert problem(delivery.put(originalSha256="0" * 64)) == (422, "notTheOriginal")
    assert problem(delivery.put(delivery.increment[:-300] + b"0" * 300)) == (422, "signatureInvalid")
    assert problem(delivery.get())[0] == 404
    assert delivery.put().status_code == 200


def test_only_its_own_capability_delivers(delivered: Delivery, publish: Publish) -> None:
    contract = publish()
    others = contract.agree(uuid4())["uploadCapability"]
    session = contract.client.headers["authorization"].removeprefix("Bearer ")
    for wrong in (others, session, "x" * 43):
        assert problem(delivered.put(capability=wrong)) == (401, "capabilityUnknown")
    assert problem(httpx.get(delivered.url + delivered.path, timeout=60)) == (401, "capabilityUnknown")


def test_too_much_is_refused(delivered: Delivery) -> None:
    assert problem(delivered.put(b"x" * (5 * 1024 * 1024))) == (413, "tooLarge")


def test_an_extension_is_evidence_in_its_turn_or_nothing(delivered: Delivery) -> None:
    headers = {"Authorization": f"Bearer {delivered.capability}"}
    body = {"wholeSha256": "0" * 64, "increment": "AAAA"}
    wrong = httpx.put(f"{delivered.url}{delivered.path}/extensions/1", json=body, headers=headers, timeout=60)
    early = httpx.put(f"{delivered.url}{delivered.path}/extensions/9", json=body, headers=headers, timeout=60)
    assert problem(wrong) == (422, "damaged")
    assert problem(early) == (409, "conflict")


def test_an_objection_is_kept_once_and_signs_nothing(publish: Publish) -> None:
    contract, headers = publish(), {"Idempotency-Key": str(uuid4())}
    path = f"{contract.path}/objections"
    first = contract.client.post(path, json={"reasons": ["pay"], "text": "17"}, headers=headers)
    same = contract.client.post(path, json={"reasons": ["pay"], "text": "17"}, headers=headers)
    other = contract.client.post(path, json={"reasons": ["pay"], "text": "18"}, headers=headers)
    assert (first.status_code, same.status_code) == (201, 201)
    assert first.json() == same.json()
    assert problem(other) == (409, "conflict")
    assert contract.client.get(contract.path).json()["state"] == "open"
