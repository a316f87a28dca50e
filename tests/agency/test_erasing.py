"""What is personal can be erased, when somebody asks or when its time is over; the audit log stays, and still holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from agency import audit, erasing, publishing
from agency.cli import main
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import AliasRow, Base, Contract, DoomedRow, Person
from eidcard.simulator.people import ADULT, ADULT_MAN
from tests.agency.test_audit import events
from tests.agency.world import AgencyServer, Worker, refused

MAIL, WORDS, COMPANY = "mila@post.example", "We agreed on seventeen", "Lindenhof Logistiek"
FOR_ALL = {"audit", "webhook", "events_set_aside", "doomed_documents"}  # tables that hold nothing of anybody's


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    """Somebody with one contract, an address, and something to say about it."""
    worker = agency_server.worker(agency_server.publish(mail=MAIL, company=COMPANY))
    words = {"reasons": ["pay"], "text": WORDS}
    address = f"/v1/contracts/{worker.contract_id}/objections"
    assert worker.client.post(address, json=words, headers={"Idempotency-Key": str(uuid4())}).status_code == 201
    return worker


def everything(office: Office) -> str:
    """Give all rows but the audit log's."""
    with office.store.reading() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "audit"]
        return repr([session.execute(select(table)).all() for table in tables])


def files(agency_server: AgencyServer) -> list[Path]:
    return list((agency_server.data / "documents").rglob("*.pdf"))


def years(agency_server: AgencyServer, days: int) -> None:
    agency_server.clock.turn(timedelta(days=days))


def test_who_asks_to_be_forgotten_is(agency_server: AgencyServer, worker: Worker) -> None:
    office = agency_server.office
    publishing.withdraw(office, worker.contract_id)
    assert MAIL in everything(office)
    with office.store.reading() as session:
        pseudonyms = {line.pseudonym for line in audit.lines(session)}

    (verdict,) = erasing.erase(office, worker.contract_id)

    assert verdict.kept_because == ""
    left = everything(office)
    for personal in (MAIL, WORDS, COMPANY, worker.contract_id, *pseudonyms):
        assert personal not in left
    assert files(agency_server) == []
    with office.store.reading() as session:
        for table in (Person, Contract, AliasRow, DoomedRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert events(agency_server, worker.contract_id)[-2:] == ["withdrawn", "erased"]
    assert refused(worker.client.get("/v1/tasks")) == (401, "notLoggedIn")


def test_what_was_erased_is_not_on_the_disk_either(agency_server: AgencyServer, worker: Worker) -> None:
    office = agency_server.office
    publishing.withdraw(office, worker.contract_id)
    erasing.erase(office, worker.contract_id)
    kept = b"".join(file.read_bytes() for file in agency_server.data.iterdir() if file.is_file())
    assert not any(personal.encode() in kept for personal in (MAIL, WORDS, COMPANY))


def test_nothing_leads_from_the_log_to_a_number_also_for_who_has_the_key(
    agency_server: AgencyServer, worker: Worker
) -> None:
    office = agency_server.office
    keyed = office.people.pseudonym(ADULT.national_number).hex()
    with office.store.reading() as session:
        names = {line.pseudonym for line in audit.lines(session)}
    assert len(names) == 1, "one person has one pseudonym"
    assert keyed not in names
    publishing.withdraw(office, worker.contract_id)
    erasing.erase(office, worker.contract_id)
    agency_server.publish()
    with office.store.reading() as session:
        assert len({line.pseudonym for line in audit.lines(session)}) == 2, "who comes back is a stranger"


def test_another_persons_things_stay(agency_server: AgencyServer, worker: Worker, sample: Path) -> None:
    other = agency_server.worker(agency_server.publish(ADULT_MAN), ADULT_MAN)  # the same bytes
    publishing.withdraw(agency_server.office, worker.contract_id)
    erasing.erase(agency_server.office, worker.contract_id)
    document = other.client.get(f"/v1/contracts/{other.contract_id}/document")
    assert document.content == sample.read_bytes()
    assert other.signed().put().status_code == 200


def test_what_can_still_be_signed_or_has_to_be_kept_is_not_erased(agency_server: AgencyServer, worker: Worker) -> None:
    assert worker.signed().put().status_code == 200
    still_open, gone = agency_server.publish(), agency_server.publish()
    publishing.withdraw(agency_server.office, gone)

    verdicts = {each.contract_id: each.kept_because for each in erasing.erase(agency_server.office, gone)}

    assert verdicts[gone] == ""
    assert "withdraw it first" in verdicts[still_open]
    assert "keep_signed_days" in verdicts[worker.contract_id]
    with agency_server.office.store.reading() as session:
        assert set(session.scalars(select(Contract.id))) == {worker.contract_id, still_open}
    assert worker.client.get("/v1/tasks").json()["total"] == 1


def test_a_signature_that_is_evidence_is_kept_as_a_signed_contract(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    publishing.withdraw(agency_server.office, worker.contract_id)
    assert refused(delivery.put()) == (410, "keptAsEvidence")
    (verdict,) = erasing.erase(agency_server.office, worker.contract_id)
    assert "keep_signed_days" in verdict.kept_because


def test_what_was_kept_long_enough_is_purged(agency_server: AgencyServer, worker: Worker) -> None:
    office = agency_server.office
    delivery = worker.signed()
    assert delivery.put().status_code == 200
    assert delivery.get("/receipt/sealed").status_code == 200
    never = agency_server.publish()

    years(agency_server, 364)
    assert erasing.purge(office) == []
    years(agency_server, 3)
    assert erasing.overdue(office) == [never]
    assert erasing.purge(office) == [never]
    assert len(files(agency_server)) == 3  # original, signed, proof
    years(agency_server, 1460)
    assert erasing.purge(office) == []
    years(agency_server, 2)
    assert erasing.purge(office) == [worker.contract_id]
    assert files(agency_server) == []
    assert refused(delivery.get()) == (401, "capabilityUnknown")
    assert events(agency_server, worker.contract_id)[-1] == "erased"


def test_who_died_before_the_files_went_is_followed_by_the_next(
    agency_server: AgencyServer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = agency_server.office
    publishing.withdraw(office, worker.contract_id)

    def die(_: Office) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(erasing, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase(office, worker.contract_id)
    assert len(files(agency_server)) == 1
    assert erasing.purge(office) == []
    assert files(agency_server) == []


def test_the_same_bytes_published_again_meanwhile_are_kept(
    agency_server: AgencyServer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erased between the moment when a copy was put in its place and the one when a row says so."""
    office = agency_server.office
    publishing.withdraw(office, worker.contract_id)
    added = type(office.documents).add

    def slowly(self: object, source: Path) -> str:
        sha256 = added(office.documents, source)
        monkeypatch.undo()
        erasing.erase(office, worker.contract_id)
        return sha256

    monkeypatch.setattr(type(office.documents), "add", slowly)
    again = agency_server.worker(agency_server.publish())
    assert again.client.get(f"/v1/contracts/{again.contract_id}/document").status_code == 200


def test_every_table_is_erased_with_its_contract_or_person_or_holds_nothing_of_theirs() -> None:
    reached, tables = {"people", "contracts"}, Base.metadata.tables
    for _ in tables:
        reached |= {
            name
            for name, table in tables.items()
            if any(key.column.table.name in reached for key in table.foreign_keys)
        }
    assert set(tables) - reached == FOR_ALL


def test_the_command_says_what_goes_and_asks(agency_server: AgencyServer, worker: Worker) -> None:
    line = ["erase", "--data", str(agency_server.data), "--contract", worker.contract_id]
    kept = CliRunner().invoke(main, line)
    assert (kept.exit_code, "withdraw it first" in kept.output) == (1, True)
    publishing.withdraw(agency_server.office, worker.contract_id)
    assert CliRunner().invoke(main, line, input="n\n").exit_code == 1
    assert MAIL in everything(agency_server.office)
    done = CliRunner().invoke(main, line, input="y\n")
    assert (done.exit_code, f"Erased: {worker.contract_id}" in done.output) == (0, True), done.output
    assert MAIL not in everything(agency_server.office)
    assert CliRunner().invoke(main, ["audit", "--data", str(agency_server.data)]).exit_code == 0
    assert CliRunner().invoke(main, line, input="y\n").exit_code == 1  # nobody is there


def test_the_command_purges_and_can_look_first(agency_server: AgencyServer, worker: Worker) -> None:
    data = ["--data", str(agency_server.data)]
    with agency_server.office.store.writing() as session:
        session.get_one(Contract, worker.contract_id).ends_at -= timedelta(days=400)
    for more in (["--dry-run"], ["--dry-run"], []):
        assert CliRunner().invoke(main, ["purge", *data, *more]).output == f"{worker.contract_id}\n"
    assert CliRunner().invoke(main, ["purge", *data]).output == ""


def test_nobody_is_erased_by_a_name_that_nobody_has(agency_server: AgencyServer) -> None:
    with pytest.raises(ProblemError) as unknown:
        erasing.judged(agency_server.office, pseudonym="x")
    assert unknown.value.problem is ProblemType.NOT_FOUND
