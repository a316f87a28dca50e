"""The audit log: each thing that happens is one line, in its order; a line changed or taken out is found."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from agency import audit, invitations, publishing
from agency.cli import main
from eidcard.simulator.people import ADULT, ADULT_MAN
from tests.agency.world import AgencyServer, Worker, refused


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def events(agency_server: AgencyServer, contract_id: str) -> list[str]:
    with agency_server.office.store.reading() as session:
        assert audit.first_broken(session) is None
        return [row.happening for row in audit.lines(session, contract_id)]


def test_a_contracts_life_is_told_in_its_order(agency_server: AgencyServer, worker: Worker) -> None:
    invitations.invite(agency_server.office, worker.contract_id)
    for _ in range(2):
        worker.client.get(f"/v1/contracts/{worker.contract_id}/document")
    delivery = worker.signed()
    assert [delivery.put().status_code for _ in range(2)] == [200, 200]

    told = ["published", "linkMade", "loggedIn", "invited", "opened", "signingAgreed", "accepted"]
    assert events(agency_server, worker.contract_id) == told, "each once, also what was sent twice"


def test_what_was_refused_withdrawn_or_replaced_is_told(agency_server: AgencyServer, worker: Worker) -> None:
    assert refused(worker.signed(by=ADULT_MAN).put()) == (403, "otherPerson")
    publishing.withdraw(agency_server.office, worker.contract_id)

    told = ["published", "linkMade", "loggedIn", "signingAgreed", "refused", "withdrawn"]
    assert events(agency_server, worker.contract_id) == told
    with agency_server.office.store.reading() as session:
        (line,) = [row for row in audit.lines(session) if row.happening == "refused"]
        assert json.loads(line.facts)["because"] == "otherPerson"


def test_it_holds_no_name_and_no_national_number(agency_server: AgencyServer, worker: Worker) -> None:
    worker.signed().put()
    with agency_server.office.store.reading() as session:
        everything = repr(session.execute(text("SELECT * FROM audit")).all())
    for personal in (ADULT.national_number, ADULT.surname, ADULT.given_names, "Magazijnmedewerker"):
        assert personal not in everything


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit SET facts = '{}' WHERE sequence = 1", 1),
        ("UPDATE audit SET happening = 'withdrawn' WHERE sequence = 3", 3),
        ("UPDATE audit SET pseudonym = 'x' WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 1", 1),
    ],
)
def test_a_line_that_was_changed_or_taken_out_is_found(
    agency_server: AgencyServer, worker: Worker, tampering: str, found: int
) -> None:
    worker.open_signing(uuid4())
    with agency_server.office.store.writing() as session:
        session.execute(text(tampering))
    with agency_server.office.store.reading() as session:
        assert audit.first_broken(session) == found


def test_the_command_prints_it_and_fails_when_it_was_changed(agency_server: AgencyServer, worker: Worker) -> None:
    command = ["audit", "--data", str(agency_server.data), "--json"]
    printed = CliRunner().invoke(main, command)
    assert printed.exit_code == 0
    assert [json.loads(line)["event"] for line in printed.stdout.splitlines()] == ["published", "linkMade", "loggedIn"]

    with agency_server.office.store.writing() as session:
        session.execute(text("DELETE FROM audit WHERE sequence = 2"))

    changed = CliRunner().invoke(main, command)
    assert changed.exit_code == 1
    assert "line 2" in changed.stderr
