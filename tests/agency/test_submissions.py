"""A signature comes in: once, whole, by the right person; or it does not come in."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from agency import audit, publishing
from agency.audit import Happening
from agency.commands import listing
from agency.store import Base, Contract, Store
from eidcard.simulator.people import ADULT, ADULT_MAN, EXPIRED
from signer.agency.schema import MAX_INCREMENT, Submission, TransactionProof
from signer.model import Timeliness, Times
from tests.agency.world import NOW, AgencyServer, Delivery, Worker, refused


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def test_a_signed_contract_is_accepted_kept_and_receipted(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    answer = delivery.put()
    assert answer.status_code == 200, answer.text
    receipt = Submission.model_validate_json(answer.content).receipt
    assert receipt.submission_id == delivery.submission_id
    assert receipt.signer_name == "Fien Alix Voorbeeld"
    assert receipt.claimed_at == receipt.received_at == agency_server.clock.now()
    assert (receipt.late, receipt.test, receipt.level, receipt.page_count) == (False, True, "B-B", 3)
    kept = Path(agency_server.office.documents.place(receipt.signed_sha256)).read_bytes()
    assert kept == delivery.original + delivery.increment


def test_a_signed_contract_is_no_task_any_more(worker: Worker) -> None:
    worker.signed().put()
    tasks = worker.client.get("/v1/tasks").json()
    assert (tasks["items"], tasks["total"], tasks["next"]) == ([], 0, None)
    assert worker.client.get(f"/v1/contracts/{worker.contract_id}").json()["state"] == "signed"


def test_the_answer_and_the_receipt_can_be_fetched_again(worker: Worker) -> None:
    delivery = worker.signed()
    first = delivery.put()
    assert delivery.get().content == first.content
    assert (
        TransactionProof.model_validate_json(delivery.get("/receipt").content).model_dump(mode="json", by_alias=True)
        == first.json()["receipt"]
    )


def test_nothing_is_found_under_an_id_that_was_not_delivered(worker: Worker) -> None:
    assert refused(worker.signed().get()) == (404, "notFound")


def test_the_same_submission_again_gets_the_same_answer_to_the_byte(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    first = delivery.put()
    agency_server.clock.turn(timedelta(days=3))
    again = delivery.put(clockOffsetMs=900)
    assert (again.status_code, again.content) == (200, first.content)


def test_the_same_submission_with_other_bytes_is_a_conflict(worker: Worker) -> None:
    delivery = worker.signed()
    delivery.put()
    other = delivery.with_increment(delivery.increment + b"\n")
    assert refused(other.put()) == (409, "conflict")
    assert delivery.put().status_code == 200


def test_a_second_submission_for_a_signed_contract_is_told_so(worker: Worker) -> None:
    first, second = worker.signed(), worker.signed()
    first.put()
    assert refused(second.put()) == (409, "alreadySigned")


def test_many_deliveries_of_one_submission_at_once_have_one_outcome(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: delivery.put(), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


def test_two_submissions_for_one_contract_at_once_leave_one_signed(worker: Worker) -> None:
    rivals = [worker.signed(), worker.signed()]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(Delivery.put, rivals))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_another_persons_signature_is_refused(worker: Worker) -> None:
    assert refused(worker.signed(by=ADULT_MAN).put()) == (403, "otherPerson")
    assert worker.client.get("/v1/tasks").json()["total"] == 1


def test_an_expired_certificate_is_refused(agency_server: AgencyServer) -> None:
    worker = agency_server.worker(agency_server.publish(EXPIRED), EXPIRED)
    assert refused(worker.signed().put()) == (422, "certificateRefused")


def test_a_tampered_byte_is_noticed_wherever_it_is(worker: Worker) -> None:
    delivery = worker.signed()
    increment = delivery.increment
    start = increment.index(b"/Contents <") + len(b"/Contents <")
    end = increment.index(b">", start)
    signature = increment[start:end].rstrip(b"0")
    in_the_padding = end - 40  # what stands behind the signature must stay nothing
    spread = [*range(0, start, start // 4), start + len(signature) // 2, in_the_padding, end + 1, len(increment) - 30]
    for at in spread:
        tampered = bytearray(increment)
        tampered[at] ^= 1
        status, problem = refused(delivery.with_increment(bytes(tampered)).put())
        assert (status, problem) in {(422, "signatureInvalid"), (422, "certificateRefused")}, at
    assert delivery.put().status_code == 200


def test_an_increment_that_the_way_damaged_is_told_apart(worker: Worker) -> None:
    delivery = worker.signed()
    damaged = base64.b64encode(delivery.increment[:-1]).decode()
    assert refused(delivery.put(increment=damaged)) == (422, "damaged")


@pytest.mark.parametrize("increment", [b"", b"\n", b"%%EOF\n"])
def test_an_increment_without_a_signature_is_refused(worker: Worker, increment: bytes) -> None:
    assert refused(worker.signed().with_increment(increment).put()) == (422, "signatureInvalid")


def test_a_signature_with_something_appended_is_refused(worker: Worker) -> None:
    delivery = worker.signed()
    appended = delivery.increment + b"1 0 obj\n<<>>\nendobj\n"
    assert refused(delivery.with_increment(appended).put()) == (422, "signatureInvalid")


def test_a_signature_on_another_document_is_refused(worker: Worker) -> None:
    other = hashlib.sha256(b"another").hexdigest()
    assert refused(worker.signed().put(originalSha256=other)) == (422, "notTheOriginal")


def test_a_late_signature_is_accepted_and_flagged(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    agency_server.clock.turn(timedelta(days=1, seconds=1))
    receipt = Submission.model_validate_json(delivery.put().content).receipt
    assert receipt.late
    assert receipt.claimed_at < receipt.deadline < receipt.received_at == agency_server.clock.now()


def test_a_signature_that_arrives_as_the_job_starts_is_in_time(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    agency_server.clock.turn(timedelta(days=1))
    assert Submission.model_validate_json(delivery.put().content).receipt.late is False


def test_a_signature_made_offline_arrives_long_after_the_session_ended(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    agency_server.clock.turn(timedelta(days=5))
    assert refused(worker.client.get("/v1/tasks")) == (401, "notLoggedIn")
    assert delivery.put().status_code == 200


def test_a_withdrawn_contract_is_not_to_be_signed_any_more(agency_server: AgencyServer, worker: Worker) -> None:
    publishing.withdraw(agency_server.office, worker.contract_id)
    address = f"/v1/contracts/{worker.contract_id}/signingSessions"
    assert refused(worker.client.post(address, json={"submissionId": str(uuid4())})) == (410, "withdrawn")
    assert worker.client.get("/v1/tasks").json()["total"] == 0


def test_a_capability_opens_its_own_submission_alone(agency_server: AgencyServer, worker: Worker) -> None:
    delivery, other = worker.signed(), agency_server.worker(agency_server.publish()).signed()
    stolen = Delivery(delivery.url, delivery.submission_id, other.capability, delivery.original, delivery.request)
    assert refused(stolen.put()) == (401, "capabilityUnknown")
    assert refused(stolen.get()) == (401, "capabilityUnknown")
    session = Delivery(delivery.url, delivery.submission_id, worker.session, delivery.original, delivery.request)
    assert refused(session.put()) == (401, "capabilityUnknown")


def test_a_submission_id_belongs_to_one_contract(agency_server: AgencyServer, worker: Worker) -> None:
    taken, other = uuid4(), agency_server.worker(agency_server.publish())
    worker.open_signing(taken)
    answer = other.client.post(f"/v1/contracts/{other.contract_id}/signingSessions", json={"submissionId": str(taken)})
    assert refused(answer) == (409, "conflict")


def test_an_increment_beyond_the_limit_is_refused(worker: Worker) -> None:
    delivery = worker.signed()
    assert refused(delivery.with_increment(bytes(MAX_INCREMENT + 1)).put()) == (413, "tooLarge")


def test_everything_is_still_there_after_a_restart(agency_server: AgencyServer, worker: Worker) -> None:
    delivered, waiting = worker.signed(), agency_server.worker(agency_server.publish()).signed()
    first = delivered.put()
    again = AgencyServer(agency_server.data, agency_server.pki, agency_server.sample, agency_server.clock)
    with again.running():
        assert (
            Delivery(again.url, delivered.submission_id, delivered.capability, b"", delivered.request).put().content
            == first.content
        )
        assert (
            Delivery(again.url, waiting.submission_id, waiting.capability, b"", waiting.request).put().status_code
            == 200
        )
    assert ADULT.national_number not in everything_in(agency_server.office.store)


def everything_in(store: Store) -> str:
    """Write down every value of every table."""
    with store.reading() as session:
        return "".join(repr(session.execute(select(table)).all()) for table in Base.metadata.sorted_tables)


# ── three times, and which of them counts ─────────────────────────────────────────────────────────────────────────


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("claimed", "offset", "proven", "received", "stands"),
    [
        (-MINUTE, timedelta(0), None, timedelta(0), Timeliness.IN_TIME),
        (-MINUTE, timedelta(0), None, MINUTE, Timeliness.CLAIMED_IN_TIME),
        (-MINUTE, timedelta(0), timedelta(0), MINUTE, Timeliness.IN_TIME),
        (-MINUTE, timedelta(0), MINUTE, 2 * MINUTE, Timeliness.CLAIMED_IN_TIME),
        (MINUTE, timedelta(0), MINUTE, 2 * MINUTE, Timeliness.LATE),
        (MINUTE, -2 * MINUTE, None, 2 * MINUTE, Timeliness.CLAIMED_IN_TIME),  # that clock is ahead
        (-MINUTE, 2 * MINUTE, None, 2 * MINUTE, Timeliness.LATE),  # that clock is behind
        (-MINUTE, timedelta(0), MINUTE, -MINUTE, Timeliness.IN_TIME),  # the time-stamp's clock is ahead of ours
    ],
)
def test_the_first_certain_moment_counts_and_only_then_what_the_signer_says(
    claimed: timedelta, offset: timedelta, proven: timedelta | None, received: timedelta, stands: Timeliness
) -> None:
    proven_at = None if proven is None else NOW + proven
    assert Times(NOW + claimed, offset, proven_at, NOW + received).timeliness(NOW) is stands


def test_signed_in_time_by_ones_own_clock_alone_is_a_state_of_its_own(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    agency_server.clock.turn(timedelta(days=1, seconds=1))
    receipt = Submission.model_validate_json(delivery.put().content).receipt
    assert (receipt.late, receipt.timeliness, receipt.proven_at) == (True, "claimedInTime", None)
    (line,) = lines(agency_server, worker, Happening.ACCEPTED)
    assert (line["timeliness"], line["claimedAt"]) == ("claimedInTime", receipt.claimed_at.isoformat())


def test_a_clock_that_was_behind_makes_no_late_signature_timely(agency_server: AgencyServer) -> None:
    worker = agency_server.worker(agency_server.publish(in_=timedelta(minutes=10)))
    delivery = worker.signed()
    agency_server.clock.turn(timedelta(minutes=11))
    receipt = Submission.model_validate_json(delivery.put(clockOffsetMs=660_000).content).receipt
    assert (receipt.late, receipt.timeliness, receipt.clock_offset_ms) == (True, "late", 660_000)


@pytest.mark.parametrize("offset", [10**30, -(10**13)])
def test_an_offset_that_no_clock_has_is_a_bad_request(worker: Worker, offset: int) -> None:
    assert refused(worker.signed().put(clockOffsetMs=offset)) == (400, "badRequest")


# ── withdrawn or replaced meanwhile ───────────────────────────────────────────────────────────────────────────────


def lines(agency_server: AgencyServer, worker: Worker, happening: Happening) -> list[dict[str, str]]:
    with agency_server.office.store.reading() as session:
        told = audit.lines(session, worker.contract_id)
        return [json.loads(line.facts) for line in told if line.happening == happening.value]


def listed(agency_server: AgencyServer, contract_id: str) -> dict[str, Any]:
    done = CliRunner().invoke(listing.command, ["--data", str(agency_server.data), "--json"])
    assert done.exit_code == 0, done.output
    (row,) = [each for each in json.loads(done.stdout)["items"] if each["id"] == contract_id]
    found: dict[str, Any] = row
    return found


def test_a_signature_under_a_contract_that_was_withdrawn_is_kept_and_told_every_time(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    publishing.withdraw(agency_server.office, worker.contract_id)
    agency_server.clock.turn(timedelta(hours=1))
    assert refused(delivery.put()) == (410, "keptAsEvidence")
    agency_server.clock.turn(timedelta(days=3))
    assert refused(delivery.put()) == refused(delivery.get()) == (410, "keptAsEvidence")
    row = listed(agency_server, worker.contract_id)
    assert (row["state"], row["receivedAt"]) == ("withdrawn", None)
    (kept,) = row["evidence"]
    assert Path(kept["file"]).read_bytes() == delivery.original + delivery.increment
    assert (kept["submissionId"], kept["claimedAt"]) == (str(delivery.submission_id), NOW.isoformat())
    (line,) = lines(agency_server, worker, Happening.KEPT_AS_EVIDENCE)
    assert (line["because"], line["submissionId"]) == ("withdrawn", str(delivery.submission_id))
    other = delivery.with_increment(delivery.increment + b"\n")
    assert refused(other.put()) == (409, "conflict")


def test_a_signature_under_a_contract_that_was_replaced_is_kept_and_the_new_one_still_to_be_signed(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    new = agency_server.publish(replaces=worker.contract_id)
    assert refused(delivery.put()) == (410, "keptAsEvidence")
    assert listed(agency_server, worker.contract_id)["state"] == "replaced"
    assert len(listed(agency_server, worker.contract_id)["evidence"]) == 1
    assert [each["id"] for each in worker.client.get("/v1/tasks").json()["items"]] == [new]
    assert agency_server.worker(new).signed().put().status_code == 200


def test_only_a_good_signature_of_the_right_person_is_evidence(agency_server: AgencyServer, worker: Worker) -> None:
    good, wrong = worker.signed(), worker.signed(by=ADULT_MAN)
    publishing.withdraw(agency_server.office, worker.contract_id)
    assert refused(wrong.put()) == (403, "otherPerson")
    broken = good.with_increment(good.increment[:-40] + bytes(40))
    assert refused(broken.put())[0] == 422
    assert listed(agency_server, worker.contract_id)["evidence"] == []


def test_what_was_kept_is_accepted_once_the_agency_has_opened_the_contract_again(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    publishing.withdraw(agency_server.office, worker.contract_id)
    assert refused(delivery.put()) == (410, "keptAsEvidence")
    with agency_server.office.store.writing() as session:
        session.get_one(Contract, worker.contract_id).state = "open"
    first = delivery.put()
    assert first.status_code == 200
    assert delivery.put().content == first.content


def test_many_deliveries_under_a_withdrawn_contract_at_once_are_one_piece_of_evidence(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    publishing.withdraw(agency_server.office, worker.contract_id)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refused(delivery.put()), range(4)))
    assert set(answers) == {(410, "keptAsEvidence")}
    assert len(listed(agency_server, worker.contract_id)["evidence"]) == 1
