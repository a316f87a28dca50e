"""Preflight refuses by name what cannot be signed well, and nothing can hang or flood it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyhanko.sign.fields import MDPPerm

from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.pades.limits import DEFAULT, Limits
from signer.pades.preflight import inspect, preflight
from signer.pades.rehearsal import rehearse
from tests import papers
from tests.signing_desk import SigningDesk, bind


@pytest.fixture
def desk(tmp_path: Path, test_pki: TestPki) -> SigningDesk:
    return SigningDesk(tmp_path, test_pki)


def refusal(path: Path, field: str | None = None, limits: Limits = DEFAULT) -> ErrorCode | None:
    """Run both steps as the workflow does; None when the document passes."""
    try:
        preflight(inspect(path, limits), field, limits)
    except SignerError as error:
        return error.code
    return None


def obstacle(path: Path, field: str | None = None) -> ErrorCode | None:
    """Say what the child would say, without one: for documents that are refused and not hostile."""
    try:
        rehearse(bind(path), field)
    except SignerError as error:
        return error.code
    return None


def test_a_plain_contract_passes_and_is_bound_to_its_bytes(tmp_path: Path) -> None:
    path = papers.contract(tmp_path / "contract.pdf", pages=3)
    document = inspect(path)
    preflight(document, None)
    assert document == bind(path)
    assert document.page_count == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.DOCUMENT_NOT_PDF),
        (b"<html>Your session has ended</html>", ErrorCode.DOCUMENT_NOT_PDF),
        (b"\n" + papers.assemble(papers.PLAIN), ErrorCode.DOCUMENT_NOT_PDF),
        (b"%PDF-1.7\nnothing else", ErrorCode.DOCUMENT_BROKEN),
        (papers.no_pages(), ErrorCode.DOCUMENT_BROKEN),
        (papers.miscounted(), ErrorCode.DOCUMENT_BROKEN),
        (papers.page_tree_cycle(), ErrorCode.DOCUMENT_BROKEN),
        (papers.field_tree_cycle(), ErrorCode.DOCUMENT_BROKEN),
        (papers.nesting_bomb(), ErrorCode.DOCUMENT_BROKEN),
        (papers.xfa(), ErrorCode.DOCUMENT_XFA),
    ],
    ids=[
        "empty",
        "html",
        "late header",
        "header only",
        "no pages",
        "miscounted",
        "page cycle",
        "field cycle",
        "nesting",
        "xfa",
    ],
)
def test_a_hostile_file_is_refused_by_name(tmp_path: Path, content: bytes, code: ErrorCode) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(content)
    assert refusal(path) is code


def test_a_file_cut_short_is_broken(tmp_path: Path) -> None:
    path = papers.contract(tmp_path / "contract.pdf")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal(path) is ErrorCode.DOCUMENT_BROKEN


def test_a_decompression_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(papers.zlib_bomb())
    assert refusal(path) in {ErrorCode.DOCUMENT_TOO_LARGE, ErrorCode.DOCUMENT_BROKEN}


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.pdf") is ErrorCode.FILE_MISSING


def test_a_user_password_locks_it(tmp_path: Path) -> None:
    assert refusal(papers.encrypted(tmp_path / "a.pdf", user_password="secret")) is ErrorCode.DOCUMENT_LOCKED


def test_an_owner_who_forbids_forms_is_obeyed(tmp_path: Path) -> None:
    assert obstacle(papers.encrypted(tmp_path / "a.pdf", can_fill=False)) is ErrorCode.DOCUMENT_FORBIDS


def test_an_empty_password_that_allows_forms_is_signed(desk: SigningDesk) -> None:
    path = papers.encrypted(desk.folder / "a.pdf")
    assert obstacle(path) is None
    assert desk.sign(path).exists()


def test_a_seal_that_allows_signing_is_signed_in_its_field(desk: SigningDesk) -> None:
    prepared = papers.with_field(papers.contract(desk.folder / "a.pdf"), desk.folder / "b.pdf")
    assert obstacle(desk.seal(prepared), "worker") is None


def test_a_change_after_the_seal_is_refused(desk: SigningDesk) -> None:
    sealed = desk.seal(papers.contract(desk.folder / "a.pdf"), certify=False)
    assert (
        obstacle(papers.forged(sealed, desk.folder / "c.pdf", papers.edit)) is ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING
    )


def test_a_flipped_byte_under_the_seal_is_refused(desk: SigningDesk) -> None:
    sealed = desk.seal(papers.contract(desk.folder / "a.pdf"))
    sealed.write_bytes(sealed.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    assert obstacle(sealed) is ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING


def test_a_certification_that_allows_nothing_is_closed(desk: SigningDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signer.pades.seal.MDPPerm", SimpleNamespace(FILL_FORMS=MDPPerm.NO_CHANGES))
    closed = desk.seal(papers.contract(desk.folder / "a.pdf"))
    assert obstacle(closed) is ErrorCode.DOCUMENT_CERTIFIED_CLOSED


def test_a_field_that_does_not_exist_is_no_field(tmp_path: Path) -> None:
    assert obstacle(papers.contract(tmp_path / "a.pdf"), "worker") is ErrorCode.DOCUMENT_NO_FIELD


def test_a_text_field_is_no_signature_field(tmp_path: Path) -> None:
    assert obstacle(papers.contract(tmp_path / "a.pdf"), "hourlyPay") is ErrorCode.DOCUMENT_NO_FIELD


def test_a_field_that_is_signed_already_is_locked(desk: SigningDesk) -> None:
    prepared = papers.with_field(papers.contract(desk.folder / "a.pdf"), desk.folder / "b.pdf")
    assert obstacle(desk.sign(prepared, field_name="worker"), "worker") is ErrorCode.DOCUMENT_FIELD_LOCKED


def test_a_field_that_an_earlier_signature_locks_is_locked(desk: SigningDesk) -> None:
    first = papers.with_field(papers.contract(desk.folder / "a.pdf"), desk.folder / "b.pdf", "worker")
    both = papers.with_field(first, desk.folder / "c.pdf", "locker", locked_to=MDPPerm.FILL_FORMS)
    signed = desk.sign(both, field_name="locker")
    assert obstacle(signed, "worker") is ErrorCode.DOCUMENT_FIELD_LOCKED


def test_a_signature_that_closes_the_document_without_certifying_it_closes_it(desk: SigningDesk) -> None:
    source = papers.contract(desk.folder / "a.pdf")
    closing = papers.with_field(source, desk.folder / "b.pdf", "closer", locked_to=MDPPerm.NO_CHANGES)
    assert obstacle(desk.sign(closing, field_name="closer")) is ErrorCode.DOCUMENT_CERTIFIED_CLOSED


def test_a_file_that_changed_since_it_was_shown_is_refused(tmp_path: Path) -> None:
    path = papers.contract(tmp_path / "a.pdf")
    document = inspect(path)
    papers.contract(path, pages=2)
    path.write_bytes(path.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    with pytest.raises(SignerError) as caught:
        preflight(document, None)
    assert caught.value.code is ErrorCode.DOCUMENT_NOT_AS_SHOWN


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(DEFAULT, size=100), ErrorCode.DOCUMENT_TOO_LARGE),
        (replace(DEFAULT, pages=1), ErrorCode.DOCUMENT_TOO_LARGE),
        (replace(DEFAULT, wall_s=0.001), ErrorCode.DOCUMENT_TOO_SLOW),
        (replace(DEFAULT, cpu_s=0), ErrorCode.DOCUMENT_TOO_SLOW),
    ],
    ids=["bytes", "pages", "wall clock", "processor"],
)
def test_each_limit_has_its_name(tmp_path: Path, limits: Limits, code: ErrorCode) -> None:
    assert refusal(papers.contract(tmp_path / "a.pdf"), limits=limits) is code


def test_a_folder_of_traps_is_not_imported_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "signer").mkdir()
    (tmp_path / "signer" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert refusal(papers.contract(tmp_path / "a.pdf")) is None
