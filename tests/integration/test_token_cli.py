"""The command line signing by PKCS#11: SoftHSM2's key, the PIN by standard input, other people's programs as judges."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.simulator.stack import SOCKET_VARIABLE
from signer.pades import pdfium
from tests import papers
from tests.softhsm import MODULE, PIN, SoftToken, person_token

WRONG = "999999999999"


@dataclass
class Worker:
    """A home folder that trusts the test roots, a token, and a contract to sign."""

    folder: Path
    token: SoftToken
    contract: Path

    @property
    def signed(self) -> Path:
        return self.folder / "signed.pdf"

    def sign(
        self, *pins: str, module: Path | None = MODULE, via: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        sha256 = hashlib.sha256(self.contract.read_bytes()).hexdigest()
        way = [*(["--module", str(module)] if module else []), *(["--via", via] if via else [])]
        options = [*way, "--pin-fd", "0", "--read", sha256, "--out", str(self.signed)]
        return self.paraph("sign", str(self.contract), *options, pins=pins)

    def sets(self, line: str) -> None:
        """Put one line in the card's settings."""
        settings = self.folder / "config" / "settings.toml"
        settings.write_text(f"{settings.read_text()}\n[card]\n{line}\n")

    def paraph(self, *arguments: str, pins: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        own = {"PARAPH_HOME": str(self.folder), "PARAPH_LANGUAGE": "en", SOCKET_VARIABLE: "/nowhere/pcscd.comm"}
        return subprocess.run(
            [sys.executable, "-m", "ui.cli", *arguments],
            input="".join(f"{pin}\n" for pin in pins),
            env=os.environ | own | {"SOFTHSM2_CONF": str(self.token.configuration)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module", params=[Generation.V1_7, Generation.V1_8], ids=["RSA-2048", "P-384"])
def token(request: pytest.FixtureRequest, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return person_token(tmp_path_factory.mktemp("token") / "soft", test_pki, request.param)


@pytest.fixture
def worker(test_pki: TestPki, tmp_path: Path) -> Worker:
    return settled(person_token(tmp_path / "soft", test_pki), test_pki, tmp_path)


@pytest.fixture(scope="module")
def done(token: SoftToken, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Worker:
    """A worker who has signed."""
    worker = settled(token, test_pki, tmp_path_factory.mktemp("done"))
    said = worker.sign(PIN)
    assert said.returncode == 0, said.stderr
    return worker


def settled(token: SoftToken, test_pki: TestPki, tmp_path: Path) -> Worker:
    roots = [tmp_path / f"root-{number}.pem" for number in range(len(test_pki.roots))]
    for path, der in zip(roots, test_pki.roots, strict=True):
        path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    (tmp_path / "all-roots.pem").write_bytes(b"".join(path.read_bytes() for path in roots))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[test]\nroots = {json.dumps([str(path) for path in roots])}\n")
    return Worker(tmp_path, token, papers.contract(tmp_path / "contract.pdf"))


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def openssl(worker: Worker, covered: bytes) -> str:
    """Verify the CMS in the signed file over some bytes."""
    (seen,) = pdfium.signatures_seen(worker.signed)
    signature, content = worker.folder / "signature.der", worker.folder / "covered.bin"
    signature.write_bytes(seen.contents)
    content.write_bytes(covered)
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", str(signature)]
    roots = ["-CAfile", str(worker.folder / "all-roots.pem"), "-purpose", "any"]
    return said(*command, "-content", str(content), *roots, "-out", os.devnull)


def covered_by(signed: Path) -> bytes:
    (seen,) = pdfium.signatures_seen(signed)
    _, first, start, length = seen.byte_range
    content = signed.read_bytes()
    return content[:first] + content[start : start + length]


def test_pdfsig_and_mutool_verify_what_a_module_signed(done: Worker) -> None:
    assert "Signature is Valid." in said("pdfsig", str(done.signed))
    assert "The document is unchanged since signing." in said("mutool", "sign", "-v", str(done.signed))


def test_openssl_verifies_the_cades_signature_and_finds_a_changed_byte(done: Worker) -> None:
    covered = covered_by(done.signed)

    assert "CAdES Verification successful" in openssl(done, covered)
    assert "Verification failure" in openssl(done, covered[:-1] + bytes([covered[-1] ^ 1]))


def test_one_changed_byte_is_found_by_pdfsig_and_mutool(done: Worker) -> None:
    changed = done.signed.with_name("changed.pdf")
    changed.write_bytes(done.signed.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))

    assert "Digest Mismatch" in said("pdfsig", str(changed))
    assert "Digest error" in said("mutool", "sign", "-v", str(changed))


def test_wrong_pin_leaves_no_file_and_the_right_one_after_it_signs(worker: Worker) -> None:
    wrong = worker.sign(WRONG)
    assert wrong.returncode == 4
    assert "PIN-001" in wrong.stderr
    assert WRONG not in wrong.stderr + wrong.stdout
    assert not worker.signed.exists()

    assert worker.sign(WRONG, PIN).returncode == 0


@pytest.mark.parametrize(("module", "support_id"), [("absent.so", "P11-001"), ("contract.pdf", "P11-002")])
def test_module_that_is_none_is_named(worker: Worker, module: str, support_id: str) -> None:
    refused = worker.sign(PIN, module=worker.folder / module)

    assert refused.returncode == 10
    assert support_id in refused.stderr
    assert not worker.signed.exists()


def test_module_of_the_settings_signs_without_being_chosen(worker: Worker) -> None:
    worker.sets(f"module = {json.dumps(str(MODULE))}")

    done = worker.sign(PIN, module=None)

    assert done.returncode == 0, done.stderr
    assert worker.token.label in done.stderr


def test_module_that_p11_kit_lists_signs_where_nothing_is_set_and_no_reader_is_there(worker: Worker) -> None:
    assert worker.sign(PIN, module=None, via="auto").returncode == 0


def test_a_setting_that_forces_the_card_takes_no_module_instead(worker: Worker) -> None:
    worker.sets('via = "card"')

    refused = worker.sign(PIN, module=None)

    assert refused.returncode == 3
    assert "CARD-001" in refused.stderr
    assert not worker.signed.exists()


def test_a_module_of_the_settings_that_is_not_there_is_told(worker: Worker) -> None:
    worker.sets('module = "/nowhere/module.so"')

    refused = worker.sign(PIN, module=None)

    assert refused.returncode == 10
    assert "P11-001" in refused.stderr
