"""The sealed transaction proof: other people's programs read it, it holds the contract, and never changes."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from agency import proofs
from agency.problems import ProblemError, ProblemType
from signer.pades.validate import validate
from signer.pades.verdict import SignerKind
from signer.trust.anchors import TrustPolicy, chain_to_root
from tests.agency.world import AgencyServer, Delivery, refused


@pytest.fixture
def delivered(agency_server: AgencyServer) -> Delivery:
    delivery = agency_server.worker(agency_server.publish()).signed()
    assert delivery.put().status_code == 200
    return delivery


def sealed(delivery: Delivery, accept: str = "application/pdf") -> httpx.Response:
    address = f"{delivery.url}/v1/submissions/{delivery.submission_id}/receipt/sealed"
    headers = {"Authorization": f"Bearer {delivery.capability}", "Accept": accept}
    return httpx.get(address, headers=headers, timeout=30)


@pytest.fixture
def pdf(delivered: Delivery, tmp_path: Path) -> Path:
    answer, path = sealed(delivered), tmp_path / "proof.pdf"
    assert answer.headers["content-type"] == "application/pdf"
    path.write_bytes(answer.content)
    return path


def said_by(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_seal_is_the_agencys_and_covers_everything(agency_server: AgencyServer, pdf: Path) -> None:
    policy = TrustPolicy(TrustPolicy.load().pins, test_roots=agency_server.pki.roots)
    (seal,) = validate(pdf, policy, agency_server.clock.now())
    assert (seal.kind, seal.intact, seal.trusted, seal.covers_whole_file) == (SignerKind.SEAL, True, True, True)
    assert "Signature is Valid" in said_by("pdfsig", "-nocert", pdf)

    content = bytearray(pdf.read_bytes())
    content[content.index(b"/MediaBox") + 12] ^= 1
    pdf.write_bytes(content)
    assert "Digest Mismatch" in said_by("pdfsig", "-nocert", pdf)


def test_it_holds_the_signed_contract_and_the_receipt(delivered: Delivery, pdf: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    said_by("pdfdetach", "-saveall", "-o", inside, pdf)
    contract, receipt = (next(inside.glob(name)) for name in ("C-*.pdf", "receipt.json"))
    assert len(list(inside.iterdir())) == 2
    signed = delivered.original + base64.b64decode(delivered.request.model_dump(mode="json")["increment"])
    assert contract.read_bytes() == signed
    assert json.loads(receipt.read_text())["submissionId"] == str(delivered.submission_id)


def test_people_can_read_it_in_the_contracts_language(delivered: Delivery, pdf: Path) -> None:
    text = " ".join(said_by("pdftotext", pdf, "-").split())
    for told in ("Transactiebewijs", "TEST", "Horizon Interim", delivered.request.signed_sha256):
        assert told in text


def test_machines_get_the_same_signed(agency_server: AgencyServer, delivered: Delivery) -> None:
    answer = sealed(delivered, "application/jose")
    assert answer.headers["content-type"] == "application/jose"
    header, payload, signature = answer.text.split(".")
    chain = [base64.b64decode(each) for each in json.loads(_decoded(header))["x5c"]]
    key = x509.load_der_x509_certificate(chain[0]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw, half = _decoded(signature), len(_decoded(signature)) // 2
    der = utils.encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
    key.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(der, f"{header}.{payload}x".encode(), ec.ECDSA(hashes.SHA256()))

    assert json.loads(_decoded(payload)) == json.loads(delivered.get("/receipt").content)
    policy = TrustPolicy(TrustPolicy.load().pins, test_roots=agency_server.pki.roots)
    assert chain_to_root(policy, chain[0], chain[1:], agency_server.clock.now()).root_name


def test_it_is_the_same_to_the_byte_every_time(delivered: Delivery) -> None:
    for accept in ("application/pdf", "application/jose"):
        assert sealed(delivered, accept).content == sealed(delivered, accept).content


def test_it_is_for_whoever_delivered_it_alone(agency_server: AgencyServer, delivered: Delivery) -> None:
    other = agency_server.worker(agency_server.publish()).signed()
    assert refused(sealed(replace(delivered, capability=other.capability))) == (401, "capabilityUnknown")
    assert refused(sealed(other)) == (404, "notFound")


def test_an_agency_without_a_seal_says_so(agency_server: AgencyServer, delivered: Delivery) -> None:
    office = agency_server.office
    without = replace(office, settings=office.settings.model_copy(update={"seal_key": None}))
    with pytest.raises(ProblemError) as refusal:
        proofs.of(without, delivered.submission_id)
    assert refusal.value.problem is ProblemType.NOT_SEALED


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
