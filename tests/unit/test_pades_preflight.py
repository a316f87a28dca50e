"""Preflight refuses by name what cannot be signed well, and nothing can hang or flood it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.pades import pdfium
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


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.pdf") is ErrorCode.FILE_MISSING


def test_an_empty_password_that_allows_forms_is_signed(desk: SigningDesk) -> None:
    path = papers.encrypted(desk.folder / "a.pdf")
    assert obstacle(path) is None
    assert desk.sign(path).exists()


def test_a_seal_that_allows_signing_is_signed_in_its_field(desk: SigningDesk) -> None:
    prepared = papers.with_field(papers.contract(desk.folder / "a.pdf"), desk.folder / "b.pdf")
    assert obstacle(desk.seal(prepared), "worker") is None


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


@pytest.mark.parametrize("given_as", [lambda path: path, Path.read_bytes, lambda path: io.BytesIO(path.read_bytes())])
def test_a_broken_document_after_a_locked_one_is_called_broken(
    tmp_path: Path, given_as: Callable[[Path], Path | bytes | BinaryIO]
) -> None:
    """In one process: PDFium's last error is of whichever document set it."""
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(papers.no_pages())
    refused = []
    for path in (papers.encrypted(tmp_path / "locked.pdf", user_password="secret"), broken):
        with pytest.raises(SignerError) as refusal:
            pdfium.load(given_as(path))
        refused.append(refusal.value.code)
    assert refused == [ErrorCode.DOCUMENT_LOCKED, ErrorCode.DOCUMENT_BROKEN]
