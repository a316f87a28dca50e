"""Other people's programs read every level that we make: poppler, MuPDF, OpenSSL, and pyHanko's own AdES engine.

Two ways: online, with a time-stamp inside the signature; and signed offline, delivered, and extended later, with a
document time-stamp behind it. Each program is shown a changed bit as well. docs/signatures.md says where they differ.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto import cms, ocsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.ades import (
    ades_basic_validation,
    ades_timestamp_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import OCSPContainer

from eidcard.simulator.people import GREEK
from eidcard.simulator.pki import TestPki
from signer.model import Level, Reached
from signer.pades import pdfium
from signer.pades.extend import extend
from tests import papers
from tests.integration.test_signed_files import changed, run
from tests.signing_desk import SigningDesk
from tests.stamping_desk import fetchers_of, means


@dataclass(frozen=True)
class Ladder:
    """One signed contract, with a copy of it at each level."""

    desk: SigningDesk
    files: dict[Level, Path]
    inside: bool  # the time-stamp is inside the signature

    @property
    def top(self) -> Path:
        return self.files[Level.B_LTA]


WAYS = [(card, inside) for card in ("1.7", "1.8") for inside in (True, False)]
NAMES = {"1.7": "RSA-2048", "1.8": "P-384"}


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{NAMES[way[0]]}-{'online' if way[1] else 'offline'}")
def ladder(served_pki: TestPki, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    generation, inside = request.param
    desk = SigningDesk(tmp_path_factory.mktemp("ladder"), served_pki, generation, GREEK)
    signed = desk.sign(papers.contract(desk.folder / "contract.pdf"))
    files = {}
    for level in Level:
        assert extend(signed, level, means(served_pki), rewrite=inside) == Reached(level)
        files[level] = desk.folder / f"{level.value}.pdf"
        shutil.copy(signed, files[level])
    return Ladder(desk, files, inside)


@pytest.fixture(scope="module")
def roots(served_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The roots for OpenSSL."""
    path = tmp_path_factory.mktemp("roots") / "roots.pem"
    pems = (x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM) for root in served_pki.roots)
    path.write_bytes(b"".join(pems))
    return path


# ── poppler and MuPDF ─────────────────────────────────────────────────────────────────────────────────────────────


def pdfsig(path: Path, signature: int = 1) -> str:
    said = run("pdfsig", "-no-ocsp", "-nocert", str(path), expected=None)
    return said.split(f"Signature #{signature}:")[1].split("Signature #")[0]


def test_poppler_finds_the_signature_valid_at_every_level(ladder: Ladder) -> None:
    for level, path in ladder.files.items():
        said = pdfsig(path)
        assert "Signature Validation: Signature is Valid." in said, level
        last = level is Level.B_B or (level is Level.B_T and ladder.inside)
        assert ("Total document signed" in said) is last, level


def test_poppler_says_nothing_of_document_time_stamps(ladder: Ladder) -> None:
    assert "Signature has not yet been verified." in pdfsig(ladder.top, 2)


def test_poppler_finds_a_changed_bit_at_every_level(ladder: Ladder, tmp_path: Path) -> None:
    for path in ladder.files.values():
        assert "Digest Mismatch" in pdfsig(changed(path, tmp_path))


def test_mupdf_finds_the_signature_valid_and_says_whether_bytes_follow(ladder: Ladder) -> None:
    for level, path in ladder.files.items():
        said = run("mutool", "sign", "-v", str(path), expected=None)
        last = level is Level.B_B or (level is Level.B_T and ladder.inside)
        words = (
            "The document is unchanged since signing." if last else "The signature is valid but there have been edits"
        )
        assert words in said, level


def test_mupdf_finds_a_changed_bit_at_every_level(ladder: Ladder, tmp_path: Path) -> None:
    for path in ladder.files.values():
        said = run("mutool", "sign", "-v", str(changed(path, tmp_path)), expected=None)
        assert "Digest error: Signature invalidated by change to document." in said


# ── OpenSSL ───────────────────────────────────────────────────────────────────────────────────────────────────────


def cut(path: Path, place: int, folder: Path) -> tuple[Path, Path]:
    """Cut out the CMS of one signature, oldest first, and the bytes that it covers."""
    content = path.read_bytes()
    seen = sorted(pdfium.signatures_seen(path), key=lambda each: each.byte_range[1])[place]
    _, first, start, length = seen.byte_range
    signature, covered = folder / "signature.der", folder / "covered.bin"
    signature.write_bytes(cms.ContentInfo.load(seen.contents).dump())
    covered.write_bytes(content[:first] + content[start : start + length])
    return signature, covered


def flip(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def openssl_cms(signature: Path, covered: Path, roots: Path) -> str:
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", str(signature)]
    return run(
        *command, "-content", str(covered), "-CAfile", str(roots), "-purpose", "any", "-out", "/dev/null", expected=None
    )


def openssl_ts(token: Path, data: Path, roots: Path) -> str:
    return run(
        *("openssl", "ts", "-verify", "-in", str(token), "-token_in", "-data", str(data), "-CAfile", str(roots)),
        expected=None,
    )


def test_openssl_verifies_the_signature_at_every_level_and_finds_a_changed_bit(
    ladder: Ladder, roots: Path, tmp_path: Path
) -> None:
    for path in ladder.files.values():
        signature, covered = cut(path, 0, tmp_path)
        assert "CAdES Verification successful" in openssl_cms(signature, covered, roots)
        assert "Verification failure" in openssl_cms(signature, flip(covered), roots)


def test_openssl_verifies_the_time_stamp_inside_over_the_signature_s_value(
    ladder: Ladder, roots: Path, tmp_path: Path
) -> None:
    signature, _ = cut(ladder.top, 0, tmp_path)
    (signer,) = cms.ContentInfo.load(signature.read_bytes())["content"]["signer_infos"]
    attributes = {each["type"].native: each["values"][0] for each in signer["unsigned_attrs"] or ()}
    assert ("signature_time_stamp_token" in attributes) is ladder.inside
    if ladder.inside:
        token, value = tmp_path / "token.der", tmp_path / "value.bin"
        token.write_bytes(attributes["signature_time_stamp_token"].dump())
        value.write_bytes(signer["signature"].native)
        assert "Verification: OK" in openssl_ts(token, value, roots)
        assert "Verification: FAILED" in openssl_ts(token, flip(value), roots)


def test_openssl_verifies_every_document_time_stamp_and_finds_a_changed_bit(
    ladder: Ladder, roots: Path, tmp_path: Path
) -> None:
    stamps = len(pdfium.signatures_seen(ladder.top)) - 1
    assert stamps == (1 if ladder.inside else 2)
    for place in range(1, stamps + 1):
        token, covered = cut(ladder.top, place, tmp_path)
        assert "Verification: OK" in openssl_ts(token, covered, roots)
        assert "Verification: FAILED" in openssl_ts(token, flip(covered), roots)


# ── pyHanko's AdES engine ─────────────────────────────────────────────────────────────────────────────────────────


def policy_of(pki: TestPki) -> CertValidationPolicySpec:
    """Trust our roots, and ask for revocation data of every certificate below them."""
    roots = SimpleTrustManager.build(trust_roots=[asn1.Certificate.load(root) for root in pki.roots])
    return CertValidationPolicySpec(roots, CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("hard-fail")))


def online(pki: TestPki) -> SignatureValidationSpec:
    gathering = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.ALWAYS_FETCH, fetchers_of(pki))
    return SignatureValidationSpec(policy_of(pki), gathering)


def by_the_file_alone(pki: TestPki, reader: PdfFileReader) -> SignatureValidationSpec:
    """Judge with what the security store holds, and nothing from a network."""
    store = DocumentSecurityStore.read_dss(reader)
    answers = [ocsp.OCSPResponse.load(each.get_object().data) for each in store.ocsps]
    known = LocalKnowledge(
        known_ocsps=[container for each in answers for container in OCSPContainer.load_multi(each)],
        known_certs=list(store.load_certs()),
    )
    gathering = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return SignatureValidationSpec(policy_of(pki), gathering, local_knowledge=known)


def judged(path: Path, pki: TestPki, *, inside: bool) -> AdESSubIndic:
    """Judge the person's signature: with its time where a time-stamp is inside, by the file alone where it can be."""
    with path.open("rb") as stream:
        reader = PdfFileReader(stream)
        signature = reader.embedded_regular_signatures[0]
        how = by_the_file_alone(pki, reader) if "/DSS" in reader.root else online(pki)
        process = ades_with_time_validation if inside else ades_basic_validation
        digest = signature.compute_digest()
        return asyncio.run(process(signature.signed_data, how, raw_digest=digest)).ades_subindic


def stamps_judged(path: Path, pki: TestPki) -> list[AdESSubIndic]:
    """Judge the document time-stamps."""
    with path.open("rb") as stream:
        stamps = PdfFileReader(stream).embedded_timestamp_signatures
        return [asyncio.run(stamp_judged(each, pki)) for each in stamps]


async def stamp_judged(stamp: EmbeddedPdfSignature, pki: TestPki) -> AdESSubIndic:
    digest = stamp.compute_digest()
    return (await ades_timestamp_validation(stamp.signed_data, online(pki), lambda _: digest)).ades_subindic


def test_the_ades_engine_passes_every_level(ladder: Ladder, served_pki: TestPki) -> None:
    for level, path in ladder.files.items():
        inside = ladder.inside and level is not Level.B_B
        assert judged(path, served_pki, inside=inside) is AdESPassed.OK, level
        assert set(stamps_judged(path, served_pki)) <= {AdESPassed.OK}, level
    assert len(stamps_judged(ladder.top, served_pki)) == (1 if ladder.inside else 2)


def test_the_ades_engine_asks_for_a_time_stamp_inside_for_its_process_with_time(
    ladder: Ladder, served_pki: TestPki
) -> None:
    missing = AdESIndeterminate.SIG_CONSTRAINTS_FAILURE
    found = judged(ladder.files[Level.B_T], served_pki, inside=True)
    assert found is (AdESPassed.OK if ladder.inside else missing)
    assert judged(ladder.files[Level.B_B], served_pki, inside=True) is missing


def test_the_ades_engine_finds_a_changed_bit_at_every_level(
    ladder: Ladder, served_pki: TestPki, tmp_path: Path
) -> None:
    for path in ladder.files.values():
        assert judged(changed(path, tmp_path), served_pki, inside=False) is AdESFailure.HASH_FAILURE
    assert set(stamps_judged(changed(ladder.top, tmp_path), served_pki)) == {AdESFailure.HASH_FAILURE}
