"""Signing in two steps: what is in the signature, what is on the page, and that nothing half-done remains."""

from __future__ import annotations

import errno
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from eidcard.simulator.people import APOSTROPHE, GREEK, Person
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.pades import pdfium, sign
from signer.pades.check import Hashed, first_opinion
from tests import papers
from tests.signing_desk import SigningDesk, bind


@pytest.fixture(params=["1.7", "1.8"], ids=["RSA-2048", "P-384"])
def desk(tmp_path: Path, test_pki: TestPki, request: pytest.FixtureRequest) -> SigningDesk:
    return SigningDesk(tmp_path, test_pki, request.param)


@pytest.fixture
def contract(desk: SigningDesk) -> Path:
    return papers.contract(desk.folder / "contract.pdf")


def newest(path: Path) -> EmbeddedPdfSignature:
    with path.open("rb") as stream:
        signature: EmbeddedPdfSignature = PdfFileReader(stream).embedded_signatures[-1]
        signature.compute_integrity_info()
        return signature


def text_of(path: Path) -> str:
    """Read what is drawn, appearances included, as PDFium does."""
    with pdfium.LOCK:
        document = pypdfium2.PdfDocument(path)
        document.init_forms()
        for page in document:
            page.flatten()
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
        document.close()
        return text


def bulky_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST Bulky CA")])
    now = datetime.now(UTC)
    bulk = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), bytes(16 * 1024))
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    made = builder.add_extension(bulk, critical=False).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def test_the_original_is_the_beginning_of_the_signed_file(desk: SigningDesk, contract: Path) -> None:
    signed = desk.sign(contract)
    assert signed.read_bytes().startswith(contract.read_bytes())


def test_the_signature_is_pades_baseline_b(desk: SigningDesk, contract: Path) -> None:
    desk.now -= timedelta(hours=1)
    signature = newest(desk.sign(contract))
    attributes = {each["type"].native: each["values"][0] for each in signature.signer_info["signed_attrs"]}
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert "/Reason" not in signature.sig_object
    assert "signing_time" not in attributes
    assert signature.sig_object["/M"] == f"D:{desk.now:%Y%m%d%H%M%S}Z"
    assert attributes["commitment_type"]["commitment_type_id"].dotted == "1.2.840.113549.1.9.16.6.5"
    assert attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
    assert signature.signer_info["unsigned_attrs"].native is None
    assert len(signature.pkcs7_content) == 16 * 1024


def test_only_the_signature_certificates_own_chain_goes_into_the_file(desk: SigningDesk, contract: Path) -> None:
    signed = newest(desk.sign(contract)).signed_data
    certificates = {bytes(each.chosen.dump()) for each in signed["certificates"]}
    assert certificates == {desk.certificate, *desk.credentials.chain}
    assert desk.credentials.authentication.certificate not in certificates


def test_the_digest_suits_the_key(desk: SigningDesk, contract: Path) -> None:
    signed = newest(desk.sign(contract))
    assert signed.md_algorithm == {"1.7": "sha256", "1.8": "sha384"}[desk.generation]
    assert signed.signer_info["digest_algorithm"]["algorithm"].native == signed.md_algorithm


def test_the_card_is_asked_for_the_digest_of_the_signed_attributes(desk: SigningDesk, contract: Path) -> None:
    prepared = desk.prepare(contract)
    message = {each["type"].native: each["values"][0] for each in cms.CMSAttributes.load(prepared.attributes)}
    assert len(prepared.digest) == len(message["message_digest"].native)
    assert prepared.digest != message["message_digest"].native


def test_a_file_that_changed_since_it_was_shown_is_not_prepared(desk: SigningDesk, contract: Path) -> None:
    document = replace(bind(contract), sha256="0" * 64)
    with pytest.raises(SignerError) as caught:
        sign.prepare(document, desk.request(), desk.folder)
    assert caught.value.code is ErrorCode.DOCUMENT_NOT_AS_SHOWN
    assert [path.name for path in desk.folder.iterdir()] == ["contract.pdf"]


def test_a_wrong_answer_of_the_card_is_noticed_and_can_be_asked_again(desk: SigningDesk, contract: Path) -> None:
    prepared = desk.prepare(contract)
    good, target = desk.card_signs(prepared), desk.folder / "signed.pdf"
    bad = good[:-1] + bytes((good[-1] ^ 1,))
    with pytest.raises(SignerError) as caught:
        sign.finish(prepared, bad, target)
    assert caught.value.code is ErrorCode.CARD_SIGNED_WRONG
    assert not target.exists()
    sign.finish(prepared, good, target)
    assert target.exists()


def test_a_draft_that_was_tampered_with_is_never_written_as_signed(desk: SigningDesk, contract: Path) -> None:
    prepared = desk.prepare(contract)
    prepared.draft.write_bytes(prepared.draft.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    with pytest.raises(SignerError) as caught:
        sign.finish(prepared, desk.card_signs(prepared), desk.folder / "signed.pdf")
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    assert sorted(path.name for path in desk.folder.iterdir()) == ["contract.pdf"]


def test_when_the_second_parser_finds_nothing_nothing_is_signed(
    desk: SigningDesk, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdfium, "signatures_seen", lambda _path: ())
    with pytest.raises(SignerError) as caught:
        desk.sign(contract)
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    assert not (desk.folder / "signed.pdf").exists()


def test_drafts_are_gone_when_the_file_is_signed_or_the_worker_leaves(desk: SigningDesk, contract: Path) -> None:
    desk.sign(contract)
    prepared = desk.prepare(contract)
    prepared.discard()
    prepared.discard()
    assert not list(desk.folder.glob("draft-*"))


def test_the_field_that_the_agency_prepared_is_signed(desk: SigningDesk, contract: Path) -> None:
    prepared = papers.with_field(contract, desk.folder / "prepared.pdf")
    assert newest(desk.sign(prepared, field_name="worker")).field_name == "worker"


def test_a_field_that_is_missing_is_not_invented(desk: SigningDesk, contract: Path) -> None:
    with pytest.raises(SignerError) as caught:
        desk.prepare(contract, "worker")
    assert caught.value.code is ErrorCode.DOCUMENT_NO_FIELD


@pytest.mark.parametrize("person", [GREEK, APOSTROPHE], ids=["greek", "apostrophe"])
def test_the_panel_names_the_signer_in_their_own_letters(desk: SigningDesk, contract: Path, person: Person) -> None:
    desk.person = person
    prepared = papers.with_field(contract, desk.folder / "prepared.pdf")
    assert f"{person.given_names} {person.surname}" in text_of(desk.sign(prepared, field_name="worker"))


def test_a_real_signature_says_when_and_that_it_is_qualified(desk: SigningDesk, contract: Path) -> None:
    desk.now = datetime(2026, 11, 22, 5, 30, 12, tzinfo=UTC)
    prepared = papers.with_field(contract, desk.folder / "prepared.pdf")
    text = text_of(desk.sign(prepared, field_name="worker", test=False))
    assert "22/11/2026 06:30:12 CET" in text
    assert "qualified electronic signature" in text
    assert "TEST" not in text


def test_where_no_list_agrees_the_panel_does_not_say_qualified(desk: SigningDesk, contract: Path) -> None:
    desk.qualified = False
    prepared = papers.with_field(contract, desk.folder / "prepared.pdf")
    text = text_of(desk.sign(prepared, field_name="worker", test=False))
    assert "electronic signature" in text
    assert "qualified" not in text


@pytest.mark.parametrize("field", ["worker", None], ids=["prepared field", "no field"])
def test_a_test_signature_says_so_and_never_that_it_is_qualified(
    desk: SigningDesk, contract: Path, field: str | None
) -> None:
    source = papers.with_field(contract, desk.folder / "prepared.pdf") if field else contract
    text = text_of(desk.sign(source, field_name=field))
    assert "TEST" in text
    assert "qualified" not in text


def test_no_national_number_is_drawn_or_written_in_the_clear(desk: SigningDesk, contract: Path) -> None:
    prepared = papers.with_field(contract, desk.folder / "prepared.pdf")
    signed = desk.sign(prepared, field_name="worker")
    assert desk.person.national_number not in re.sub(r"\D", "", text_of(signed))
    assert desk.person.national_number.encode() not in signed.read_bytes()


def test_a_second_person_signs_after_the_first_and_both_stand(desk: SigningDesk, contract: Path) -> None:
    first = desk.sign(contract, "first.pdf")
    desk.person, desk.now = APOSTROPHE, desk.now + timedelta(minutes=1)
    second = desk.sign(first, "second.pdf")
    assert second.read_bytes().startswith(first.read_bytes())
    assert len(pdfium.signatures_seen(second)) == 2


def test_a_signature_that_breaks_an_earlier_one_is_never_written(desk: SigningDesk, contract: Path) -> None:
    first = papers.with_field(contract, desk.folder / "b.pdf", "worker")
    both = papers.with_field(first, desk.folder / "c.pdf", "locker", locked_to=MDPPerm.FILL_FORMS)
    locked = desk.sign(both, "locked.pdf", "locker")
    with pytest.raises(SignerError) as caught:
        desk.sign(locked, "broken.pdf", "worker")
    assert caught.value.detail == "it breaks an earlier signature"
    assert not (desk.folder / "broken.pdf").exists()


def test_a_chain_too_long_for_its_room_is_noticed_before_the_card_signs(desk: SigningDesk, contract: Path) -> None:
    request = desk.request()
    crowded = replace(request, signer=replace(request.signer, chain=(bulky_certificate(),)))
    with pytest.raises(SignerError) as caught:
        sign.prepare(bind(contract), crowded, desk.folder)
    assert caught.value.code is ErrorCode.DOCUMENT_TOO_LARGE
    assert not list(desk.folder.glob("draft-*"))


def test_a_signature_over_another_document_than_the_one_that_was_shown_is_never_written(
    desk: SigningDesk, contract: Path
) -> None:
    prepared = desk.prepare(contract)
    other = bind(papers.contract(desk.folder / "other.pdf", pages=1))
    with pytest.raises(SignerError) as caught:
        sign.finish(replace(prepared, document=other), desk.card_signs(prepared), desk.folder / "signed.pdf")
    assert caught.value.detail == "the original is not its beginning"
    assert not (desk.folder / "signed.pdf").exists()


def test_a_digest_of_another_gap_than_pyhanko_sees_counts_for_nothing(desk: SigningDesk, contract: Path) -> None:
    signed = desk.sign(contract)
    with signed.open("rb") as stream:
        reader = PdfFileReader(stream)
        gap = (int(reader.embedded_signatures[-1].byte_range[1]), signed.stat().st_size)
        with pytest.raises(SignerError) as caught:
            first_opinion(reader, reader.total_revisions - 1, Hashed(gap, "sha256", bytes(32)))
    assert caught.value.detail == "two parsers see two signatures"


def test_the_draft_becomes_the_signed_file_also_on_another_file_system(
    desk: SigningDesk, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file cannot be moved it is copied; Linux says EXDEV then, as Windows does between drives."""
    prepared, replaced = desk.prepare(contract), Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if path == prepared.draft:
            raise OSError(errno.EXDEV, "another file system")
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    sign.finish(prepared, desk.card_signs(prepared), desk.folder / "signed.pdf")
    assert newest(desk.folder / "signed.pdf").field_name
    assert [path.name for path in desk.folder.glob("*draft*")] == []
