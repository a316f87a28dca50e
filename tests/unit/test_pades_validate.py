"""Verdicts say what is known and what is not; a submission is the original and one signature, or it is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from eidcard.simulator.people import EXPIRED
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.model import Level
from signer.pades.integrity import Changes
from signer.pades.validate import SubmissionCheck, validate, verify_submission
from signer.pades.verdict import Indication, SignatureVerdict, SignerKind
from signer.trust.anchors import TrustPolicy
from tests import papers
from tests.signing_desk import SigningDesk


@pytest.fixture
def desk(tmp_path: Path, test_pki: TestPki) -> SigningDesk:
    return SigningDesk(tmp_path, test_pki)


@pytest.fixture
def contract(desk: SigningDesk) -> Path:
    return papers.contract(desk.folder / "contract.pdf")


def verdict(desk: SigningDesk, path: Path, policy: TrustPolicy | None = None) -> SignatureVerdict:
    return validate(path, policy or desk.policy, desk.now)[-1]


def submitted(desk: SigningDesk, original: Path, signed: Path, field: str | None = None) -> SubmissionCheck:
    return verify_submission(original, signed, desk.policy, desk.now, field)


def refused(desk: SigningDesk, original: Path, signed: Path, field: str | None = None) -> SignerError:
    with pytest.raises(SignerError) as caught:
        submitted(desk, original, signed, field)
    return caught.value


def test_a_good_signature_is_intact_and_trusted_but_not_passed_while_revocation_is_unknown(
    desk: SigningDesk, contract: Path
) -> None:
    found = verdict(desk, desk.sign(contract))
    assert (found.intact, found.trusted, found.covers_whole_file) == (True, True, True)
    assert (found.indication, found.sub_indication) == (Indication.INDETERMINATE, "TRY_LATER")
    assert not found.revocation_checked
    assert found.root_name == "TEST Belgium Root CA6"
    assert found.signer_name == f"{desk.person.given_names} {desk.person.surname}"
    assert found.claimed_at == desk.now
    assert (found.level, found.kind, found.test) == (Level.B_B, SignerKind.PERSON, True)


def test_a_seal_is_told_from_a_person(desk: SigningDesk, contract: Path) -> None:
    sealed = desk.seal(contract)
    seal, worker = validate(desk.sign(sealed), desk.policy, desk.now)
    assert (seal.kind, worker.kind) == (SignerKind.SEAL, SignerKind.PERSON)
    assert seal.changes is Changes.PERMITTED
    assert not seal.covers_whole_file
    assert seal.test


def test_a_file_without_signatures_has_no_verdict(desk: SigningDesk, contract: Path) -> None:
    assert validate(contract, desk.policy, desk.now) == ()


def test_a_changed_byte_fails_the_hash(desk: SigningDesk, contract: Path) -> None:
    signed = desk.sign(contract)
    signed.write_bytes(signed.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    found = verdict(desk, signed)
    assert (found.indication, found.sub_indication) == (Indication.FAILED, "HASH_FAILURE")
    assert not found.intact


def test_a_forged_page_fails_the_signature_though_its_bytes_are_intact(desk: SigningDesk, contract: Path) -> None:
    found = verdict(desk, papers.forged(desk.sign(contract), desk.folder / "forged.pdf", papers.edit))
    assert (found.intact, found.changes, found.indication) == (True, Changes.FORBIDDEN, Indication.FAILED)


def test_a_form_that_was_filled_in_afterwards_is_said_as_such(desk: SigningDesk, contract: Path) -> None:
    found = verdict(desk, papers.forged(desk.sign(contract), desk.folder / "forged.pdf", papers.refill))
    assert (found.intact, found.changes, found.covers_whole_file) == (True, Changes.PERMITTED, False)


def test_an_unknown_root_is_said_as_such(desk: SigningDesk, contract: Path) -> None:
    found = verdict(desk, desk.sign(contract), TrustPolicy.load())
    assert (found.intact, found.trusted) == (True, False)
    assert found.untrusted_because is ErrorCode.CERTIFICATE_UNTRUSTED
    assert found.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert found.test


def test_an_expired_certificate_is_out_of_bounds(desk: SigningDesk, contract: Path) -> None:
    desk.person = EXPIRED
    found = verdict(desk, desk.sign(contract))
    assert found.untrusted_because is ErrorCode.CERTIFICATE_EXPIRED
    assert found.sub_indication == "OUT_OF_BOUNDS_NO_POE"


def test_a_file_that_is_no_pdf_is_refused_by_name(desk: SigningDesk) -> None:
    path = desk.folder / "x.pdf"
    path.write_bytes(b"GIF89a")
    with pytest.raises(SignerError) as caught:
        validate(path, desk.policy, desk.now)
    assert caught.value.code is ErrorCode.DOCUMENT_NOT_PDF


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize("field", [None, "worker"], ids=["new field", "prepared field"])
def test_a_signed_contract_is_a_good_submission(
    desk: SigningDesk, contract: Path, field: str | None, *, sealed: bool
) -> None:
    original = papers.with_field(contract, desk.folder / "prepared.pdf") if field else contract
    original = desk.seal(original) if sealed else original
    found = submitted(desk, original, desk.sign(original, field_name=field), field)
    assert found.certificate == desk.certificate
    assert found.chain == (desk.certificate, *desk.credentials.chain)
    assert found.signer_name == f"{desk.person.given_names} {desk.person.surname}"
    assert (found.claimed_at, found.level, found.test) == (desk.now, Level.B_B, True)


_FORGERIES = pytest.mark.parametrize("forge", [papers.edit, papers.refill], ids=["text", "form value"])


@_FORGERIES
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_contract_that_was_changed_before_signing_is_refused(
    desk: SigningDesk, contract: Path, forge: papers.Forge, *, sealed: bool
) -> None:
    original = desk.seal(contract) if sealed else contract
    forged = papers.forged(original, desk.folder / "forged.pdf", forge)
    assert refused(desk, original, desk.sign_unchecked(forged)).code is ErrorCode.SIGNATURE_INVALID


@_FORGERIES
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_contract_that_was_changed_in_the_act_of_signing_is_refused(
    desk: SigningDesk, contract: Path, forge: papers.Forge, *, sealed: bool
) -> None:
    original = desk.seal(contract) if sealed else contract
    forged = desk.sign_forging(original, forge)
    assert verdict(desk, forged).intact
    assert refused(desk, original, forged).code is ErrorCode.SIGNATURE_INVALID


def test_the_same_without_a_change_is_accepted(desk: SigningDesk, contract: Path) -> None:
    assert submitted(desk, contract, desk.sign_forging(contract, lambda _writer: None)).test


def test_another_original_is_refused(desk: SigningDesk, contract: Path) -> None:
    other = papers.contract(desk.folder / "other.pdf", pages=1)
    assert refused(desk, other, desk.sign(contract)).detail == "the original is not its beginning"


def test_an_unsigned_file_is_refused(desk: SigningDesk, contract: Path) -> None:
    assert refused(desk, contract, contract).code is ErrorCode.SIGNATURE_INVALID


def test_two_signatures_at_once_are_refused(desk: SigningDesk, contract: Path) -> None:
    twice = desk.sign(desk.sign(contract, "once.pdf"), "twice.pdf")
    assert refused(desk, contract, twice).code is ErrorCode.SIGNATURE_INVALID


def test_something_after_the_signature_is_refused(desk: SigningDesk, contract: Path) -> None:
    signed = desk.sign(contract)
    signed.write_bytes(signed.read_bytes() + b"% more")
    assert refused(desk, contract, signed).code is ErrorCode.SIGNATURE_INVALID


def test_another_field_than_agreed_is_refused(desk: SigningDesk, contract: Path) -> None:
    original = papers.with_field(contract, desk.folder / "prepared.pdf")
    assert refused(desk, original, desk.sign(original), "worker").detail == "another field than agreed"


def test_a_certificate_that_had_expired_is_refused_as_such(desk: SigningDesk, contract: Path) -> None:
    desk.person = EXPIRED
    assert refused(desk, contract, desk.sign(contract)).code is ErrorCode.CERTIFICATE_EXPIRED


def test_a_stranger_to_our_roots_is_refused(desk: SigningDesk, contract: Path) -> None:
    signed = desk.sign(contract)
    with pytest.raises(SignerError) as caught:
        verify_submission(contract, signed, TrustPolicy.load(), desk.now + timedelta(0), None)
    assert caught.value.code is ErrorCode.CERTIFICATE_UNTRUSTED
