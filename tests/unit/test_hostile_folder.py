"""A folder of hostile and odd PDFs: none hangs, none crashes, none is signed that should not be."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.pades.integrity import Changes
from signer.pades.limits import DEFAULT
from signer.pades.preflight import inspect, preflight
from signer.pades.rehearsal import rehearse
from signer.pades.validate import validate
from signer.pades.verdict import Indication
from signer.trust.anchors import TrustPolicy
from tests import papers
from tests.hostile import ROWS, Row, Verdict
from tests.shadows import SHADOWS
from tests.signing_desk import SigningDesk, bind

_NOW = datetime.now(UTC)
_LIMITS = replace(DEFAULT, wall_s=50)


def file_of(row: Row, desk: SigningDesk) -> Path:
    made = row.make(desk)
    if isinstance(made, Path):
        return made
    path = desk.folder / "hostile.pdf"
    path.write_bytes(made)
    return path


def verdict(row: Row, path: Path) -> Verdict:
    """Ask the child where only it may open the file; else do here what it does."""
    try:
        if row.confined or path.read_bytes()[:5] != b"%PDF-":
            return frozenset(preflight(inspect(path, _LIMITS), row.field, _LIMITS))
        return rehearse(bind(path), row.field)
    except SignerError as error:
        return error.code


@pytest.mark.parametrize("name", ROWS)
def test_each_file_of_the_folder_gets_its_verdict(name: str, tmp_path: Path, test_pki: TestPki) -> None:
    row = ROWS[name]
    path = file_of(row, SigningDesk(tmp_path, test_pki))
    content = path.read_bytes()
    assert verdict(row, path) == row.verdict
    with suppress(SignerError):
        assert all(each.indication is not Indication.PASSED for each in validate(path, TrustPolicy(frozenset()), _NOW))
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", SHADOWS)
def test_a_shadow_attack_fails_the_verdict_and_is_not_signed_again(
    name: str, tmp_path: Path, test_pki: TestPki
) -> None:
    """Prepared so that preflight lets it pass, signed, and then turned into another document (Mainka et al., 2021)."""
    shadow, desk = SHADOWS[name], SigningDesk(tmp_path, test_pki)
    path = tmp_path / "prepared.pdf"
    path.write_bytes(shadow.prepared)
    assert rehearse(bind(path), None) == shadow.cautions
    signed = desk.sign(path)
    assert validate(signed, desk.policy, desk.now)[-1].changes is Changes.NONE
    turned = papers.forged(signed, tmp_path / "turned.pdf", shadow.attack)
    verdict = validate(turned, desk.policy, desk.now)[-1]
    assert (verdict.intact, verdict.changes, verdict.indication) == (True, Changes.FORBIDDEN, Indication.FAILED)
    with pytest.raises(SignerError) as caught:
        rehearse(bind(turned), None)
    assert caught.value.code is ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING
