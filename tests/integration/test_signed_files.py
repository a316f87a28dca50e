"""Other people's programs read what we sign: poppler, MuPDF and OpenSSL, each with a changed byte as the control."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eidcard.simulator.people import GREEK
from eidcard.simulator.pki import TestPki
from signer.pades import pdfium
from tests import papers
from tests.signing_desk import SigningDesk

_PAY = b"16,42 euro"


@pytest.fixture(scope="module")
def nss(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate store for poppler that trusts the test roots."""
    store = tmp_path_factory.mktemp("nss")
    run("certutil", "-N", "-d", f"sql:{store}", "--empty-password")
    for number, root in enumerate(test_pki.roots):
        path = store / f"{number}.der"
        path.write_bytes(root)
        run("certutil", "-A", "-d", f"sql:{store}", "-n", f"test-{number}", "-t", "CT,C,C", "-i", str(path))
    return store


@pytest.fixture(scope="module", params=["1.7", "1.8"], ids=["RSA-2048", "P-384"])
def desk(test_pki: TestPki, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SigningDesk:
    return SigningDesk(tmp_path_factory.mktemp("desk"), test_pki, request.param, GREEK)


@pytest.fixture(scope="module", params=["plain", "prepared", "sealed", "encrypted"])
def signed(desk: SigningDesk, request: pytest.FixtureRequest) -> Path:
    """A signed contract of each kind that agencies send, made once and left as it is."""
    return _MAKERS[request.param](desk)


def plain(desk: SigningDesk) -> Path:
    return desk.sign(papers.contract(desk.folder / "contract.pdf"), "plain-signed.pdf")


def prepared(desk: SigningDesk) -> Path:
    source = papers.with_field(papers.contract(desk.folder / "contract.pdf"), desk.folder / "prepared.pdf")
    return desk.sign(source, "prepared-signed.pdf", "worker")


def sealed(desk: SigningDesk) -> Path:
    source = papers.with_field(papers.contract(desk.folder / "contract.pdf"), desk.folder / "prepared.pdf")
    return desk.sign(desk.seal(source), "sealed-signed.pdf", "worker")


def encrypted(desk: SigningDesk) -> Path:
    return desk.sign(papers.encrypted(desk.folder / "encrypted.pdf"), "encrypted-signed.pdf")


_MAKERS = {"plain": plain, "prepared": prepared, "sealed": sealed, "encrypted": encrypted}


def run(*command: str, expected: int | None = 0) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert expected is None or done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def changed(path: Path, folder: Path) -> Path:
    """Change one byte near the end of the first page's text, or of whatever stands there encrypted."""
    content = bytearray(path.read_bytes())
    place = content.find(_PAY) if _PAY in content else content.find(b"stream") + 12
    content[place] ^= 1
    target = folder / "changed.pdf"
    target.write_bytes(content)
    return target


def block(report: str, desk: SigningDesk) -> str:
    """Give what pdfsig says of our person's signature; it lists signatures in the order of their fields."""
    (found,) = (each for each in report.split("Signature #") if f"{desk.person.surname} (Signature)" in each)
    return found


def test_poppler_finds_the_signature_valid_and_over_the_whole_document(
    desk: SigningDesk, signed: Path, nss: Path
) -> None:
    said = block(run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{nss}", str(signed)), desk)
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert "Total document signed" in said
    assert "Signature Validation: Signature is Valid." in said


def test_poppler_takes_the_root_from_the_store_and_from_nowhere_else(
    desk: SigningDesk, signed: Path, nss: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    run("certutil", "-N", "-d", f"sql:{empty}", "--empty-password")
    without = block(run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{empty}", str(signed)), desk)
    within = block(run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{nss}", str(signed)), desk)
    assert "Certificate issuer isn't Trusted." in without
    # poppler 22.12 reads NSS's last error even after success, and says "Unknown issue" (-8157, an optional extension
    # that is not there) of a chain that NSS has just found good; later versions say "Trusted".
    assert "Certificate is Trusted." in within or "Unknown issue with Certificate" in within


def test_nss_finds_the_chain_good(desk: SigningDesk, nss: Path) -> None:
    paths = []
    for number, certificate in enumerate((desk.certificate, desk.credentials.ca)):
        paths.append(desk.folder / f"{number}.der")
        paths[-1].write_bytes(certificate)
    assert "Chain is good!" in run("vfychain", "-d", f"sql:{nss}", "-pp", "-u", "4", *map(str, paths))


def test_poppler_finds_a_changed_byte(desk: SigningDesk, signed: Path, nss: Path, tmp_path: Path) -> None:
    file = str(changed(signed, tmp_path))
    said = block(run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{nss}", file, expected=None), desk)
    assert "Signature is Valid" not in said
    assert "Digest Mismatch" in said


def test_mupdf_finds_the_document_unchanged_since_signing(signed: Path) -> None:
    said = run("mutool", "sign", "-v", str(signed))
    assert "The document is unchanged since signing." in said
    assert "Digest error" not in said


def test_mupdf_finds_a_changed_byte(signed: Path, tmp_path: Path) -> None:
    said = run("mutool", "sign", "-v", str(changed(signed, tmp_path)), expected=None)
    assert "Digest error: Signature invalidated by change to document." in said
    assert "unchanged" not in said


@pytest.fixture
def extracted(signed: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The CMS and the bytes that it covers, cut out by what PDFium says of them."""
    content, seen = signed.read_bytes(), max(pdfium.signatures_seen(signed), key=lambda each: sum(each.byte_range[2:]))
    _, first, start, length = seen.byte_range
    signature, covered = tmp_path / "signature.der", tmp_path / "covered.bin"
    signature.write_bytes(cms.ContentInfo.load(seen.contents).dump())
    covered.write_bytes(content[:first] + content[start : start + length])
    return signature, covered


def openssl(desk: SigningDesk, signature: Path, covered: Path, expected: int) -> str:
    root = desk.folder / "root.pem"
    root.write_bytes(x509.load_der_x509_certificate(desk.credentials.root).public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", str(signature)]
    trust = ["-content", str(covered), "-CAfile", str(root), "-purpose", "any", "-out", "/dev/null"]
    return run(*command, *trust, expected=expected)


def test_openssl_verifies_the_cades_signature_to_the_root(desk: SigningDesk, extracted: tuple[Path, Path]) -> None:
    assert "CAdES Verification successful" in openssl(desk, *extracted, expected=0)


def test_openssl_finds_a_changed_byte(desk: SigningDesk, extracted: tuple[Path, Path]) -> None:
    signature, covered = extracted
    content = bytearray(covered.read_bytes())
    content[len(content) // 2] ^= 1
    covered.write_bytes(content)
    said = openssl(desk, signature, covered, expected=4)
    assert "Verification failure" in said
    assert "successful" not in said
