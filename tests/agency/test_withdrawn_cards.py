"""The agency asks, when a signature arrives, whether its card was withdrawn; what cannot be known is in the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eidcard.simulator.people import ADULT, REVOKED, SUSPENDED, Person
from eidcard.simulator.pki import TestPki
from signer.agency.schema import Submission
from tests.agency.world import AgencyServer, initialise, refused
from tests.clocks import TickingClock


@pytest.fixture(scope="module")
def agency(sample: Path, served_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyServer]:
    data = tmp_path_factory.mktemp("asking") / "agency"
    initialise(data, served_pki)
    with AgencyServer(data, served_pki, sample, TickingClock()).running() as server:
        yield server


@pytest.mark.parametrize(("person", "problem"), [(REVOKED, "cardWithdrawn"), (SUSPENDED, "cardSuspended")])
def test_a_card_that_may_not_sign_is_refused_with_its_own_reason(
    agency: AgencyServer, person: Person, problem: str
) -> None:
    worker = agency.worker(agency.publish(person), person)
    assert refused(worker.signed().put()) == (422, problem)
    assert worker.client.get(f"/v1/contracts/{worker.contract_id}").json()["state"] == "open"


def test_a_good_card_s_receipt_says_that_it_was_asked_about(agency: AgencyServer) -> None:
    answer = agency.worker(agency.publish(ADULT)).signed().put()
    assert Submission.model_validate_json(answer.content).receipt.revocation_checked


def test_where_nobody_answers_the_signature_is_taken_and_the_receipt_says_so(agency_server: AgencyServer) -> None:
    answer = agency_server.worker(agency_server.publish(REVOKED), REVOKED).signed().put()
    assert answer.status_code == 200
    assert not Submission.model_validate_json(answer.content).receipt.revocation_checked
