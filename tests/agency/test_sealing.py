"""What a client sealed comes in as it would have come open; keys stay until nothing sealed to them can arrive."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agency.commands import keys
from signer.sealing import CertificateRecipient, seal
from tests.agency.world import AgencyServer, Delivery, Worker, refused


@pytest.fixture
def worker(agency_server: AgencyServer) -> Worker:
    return agency_server.worker(agency_server.publish())


def sealed_to(certificate: bytes, delivery: Delivery) -> dict[str, Any]:
    sealed = seal(delivery.increment, [CertificateRecipient.of(certificate)])
    return {"increment": None, "sealedIncrement": base64.b64encode(sealed).decode()}


def listed(agency_server: AgencyServer, *more: str) -> list[dict[str, Any]]:
    answer = CliRunner().invoke(keys.command, ["--data", str(agency_server.data), "--json", *more])
    assert answer.exit_code == 0, answer.output
    items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
    return items


def test_a_sealed_signature_gets_the_answer_of_an_open_one_however_it_comes(
    agency_server: AgencyServer, worker: Worker
) -> None:
    delivery = worker.signed()
    certificate = agency_server.office.sealing.newest().der
    first = delivery.put(**sealed_to(certificate, delivery))
    assert first.status_code == 200, first.text
    kept = Path(agency_server.office.documents.place(first.json()["receipt"]["signedSha256"])).read_bytes()
    assert kept == delivery.original + delivery.increment
    again = [delivery.put(), delivery.put(**sealed_to(certificate, delivery))]  # sealed anew: other bytes outside
    assert [each.content for each in again] == 2 * [first.content]
    other = delivery.with_increment(delivery.increment + b"\n")
    assert refused(other.put(**sealed_to(certificate, other))) == (409, "conflict")


def test_the_signing_session_and_the_agency_tell_what_to_seal_to(agency_server: AgencyServer, worker: Worker) -> None:
    told = agency_server.office.sealing.newest().der
    session = worker.client.post(
        f"/v1/contracts/{worker.contract_id}/signingSessions", json={"submissionId": str(worker.signed().submission_id)}
    ).json()
    agency = worker.client.get("/v1/agency").json()
    assert base64.b64decode(session["sealingKey"]) == base64.b64decode(agency["sealingKey"]) == told


def test_any_program_that_knows_cms_can_seal(agency_server: AgencyServer, worker: Worker, tmp_path: Path) -> None:
    delivery = worker.signed()
    certificate = x509.load_der_x509_certificate(agency_server.office.sealing.newest().der)
    (tmp_path / "to.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "increment").write_bytes(delivery.increment)
    padding = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
    subprocess.run(
        ["openssl", "cms", "-encrypt", "-aes-256-gcm", "-keyid", "-binary", "-outform", "DER", "-in", "increment",
         "-out", "sealed", "-recip", "to.pem", *padding],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    sealed = base64.b64encode((tmp_path / "sealed").read_bytes()).decode()
    assert delivery.put(increment=None, sealedIncrement=sealed).status_code == 200


def test_what_cannot_be_opened_is_refused_by_name(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    sealed = seal(delivery.increment, [CertificateRecipient.of(agency_server.office.sealing.newest().der)])
    stranger = agency_server.office.sealing.make()
    to_stranger = sealed_to(stranger.der, delivery)
    agency_server.office.sealing.erase(stranger.name)
    assert refused(delivery.put(**to_stranger)) == (422, "sealNotOpened")
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[: len(sealed) // 2], b"no seal"):
        answer = delivery.put(increment=None, sealedIncrement=base64.b64encode(broken).decode())
        assert refused(answer) == (422, "damaged")
    assert refused(delivery.put(increment=None)) == (400, "badRequest")
    assert refused(delivery.put(sealedIncrement=base64.b64encode(sealed).decode())) == (400, "badRequest")
    assert delivery.put().status_code == 200


def test_a_key_stays_until_nothing_sealed_to_it_can_arrive(agency_server: AgencyServer, worker: Worker) -> None:
    delivery = worker.signed()
    old = agency_server.office.sealing.newest()
    assert [(row["id"], row["waiting"]) for row in listed(agency_server)] == [(old.name, 1)]
    rows = listed(agency_server, "--new")
    assert [row["waiting"] for row in rows] == [0, 1]
    assert rows[1]["id"] == old.name
    runner, data = CliRunner(), ["--data", str(agency_server.data)]
    refusal = runner.invoke(keys.command, [*data, "--erase", old.name])
    assert (refusal.exit_code, "can still arrive" in refusal.stderr) == (1, True)
    newest = runner.invoke(keys.command, [*data, "--erase", rows[0]["id"]])
    assert (newest.exit_code, "make another one first" in newest.stderr) == (1, True)
    assert delivery.put(**sealed_to(old.der, delivery)).status_code == 200
    assert [row["id"] for row in listed(agency_server, "--erase", old.name)] == [rows[0]["id"]]
    fresh = replace(worker, contract_id=agency_server.publish()).signed()
    assert fresh.put(**sealed_to(agency_server.office.sealing.newest().der, fresh)).status_code == 200
