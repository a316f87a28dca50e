"""Modules are tried in a process of their own: those that crash, hang or chatter, real ones, and those of an eID."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from eidcard.all_modules import ModulesCardService
from eidcard.module_probe import SWITCH, probe
from eidcard.modules import KnownModule
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode
from tests.middleware import official_token
from tests.readers import InsertCard
from tests.softhsm import MODULE, SoftToken, make_token, person_token

OPENSC = next(Path("/usr/lib").glob("*/pkcs11/opensc-pkcs11.so"))


@pytest.fixture(scope="module")
def token(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return person_token(tmp_path_factory.mktemp("token") / "soft", test_pki)


def test_a_module_tells_who_made_it_and_what_is_behind_it(token: SoftToken) -> None:
    with token.use():
        report = probe(MODULE)

    assert (report.code, report.manufacturer, report.slots) == (None, "SoftHSM", 2)
    [found] = report.tokens
    assert (found.label, found.certificates, found.code) == (token.label, 4, None)
    assert report.signs


def test_a_token_without_a_key_says_why(tmp_path: Path) -> None:
    with make_token(tmp_path, "bare", []).use():
        report = probe(MODULE)

    assert [(each.label, each.code) for each in report.tokens] == [("bare", ErrorCode.MODULE_NO_KEY)]
    assert not report.signs


def test_a_module_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")

    assert probe(tmp_path / "absent.so").code is ErrorCode.MODULE_NOT_FOUND
    assert probe(tmp_path / "text.so").code is ErrorCode.MODULE_BROKEN


def test_a_module_that_crashes_takes_nobody_along(shim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEID_SHIM_MISHAP", "crash")

    report = probe(shim)

    assert (report.code, report.detail) == (ErrorCode.MODULE_BROKEN, "the module crashed (SIGSEGV)")


def test_a_module_that_hangs_is_given_up(shim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEID_SHIM_MISHAP", "hang")

    report = probe(shim, patience_s=0.5)

    assert report.code is ErrorCode.MODULE_FAILED


def test_a_module_that_prints_does_not_garble_the_answer(
    shim: Path, test_pki: TestPki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEID_SHIM_MISHAP", "print")

    with official_token(tmp_path, test_pki).use():
        report = probe(shim)

    assert (report.code, report.manufacturer) == (None, "Belgium Government")


def test_no_window_is_opened_to_look(
    shim: Path, test_pki: TestPki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEID_SHIM_LOG", str(tmp_path / "windows"))

    with official_token(tmp_path / "token", test_pki).use():
        assert probe(shim).signs

    assert not (tmp_path / "windows").exists()


def test_a_frozen_program_starts_itself_for_it(token: SoftToken) -> None:
    program = "import sys; from eidcard.module_probe import serve_if_asked; serve_if_asked(sys.argv); print('no child')"
    with token.use():
        done = subprocess.run(
            [sys.executable, "-c", program, SWITCH], input=str(MODULE).encode(), capture_output=True, check=True
        )
    assert b"SoftHSM" in done.stdout

    done = subprocess.run([sys.executable, "-c", program], input=b"", capture_output=True, check=True)
    assert done.stdout.strip() == b"no child"


def test_a_crashing_module_is_passed_over_for_the_next_one(
    shim: Path, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEID_SHIM_MISHAP", "crash")
    modules = [KnownModule("crashing", str(shim)), KnownModule("softhsm2", str(MODULE))]

    with token.use(), closing(ModulesCardService(modules)) as service, closing(service.find_key()) as key:
        assert key.info.place == token.label


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_opensc_is_not_asked_for_an_eids_signature_since_it_would_spend_the_pin_in_vain(
    insert_card: InsertCard, applet: str
) -> None:
    reader = insert_card(applet)

    report = probe(OPENSC)

    # In a process of its own also because PyKCS11 would keep Python's lock, which the simulated card needs to answer.
    assert [(each.certificates, each.code) for each in report.tokens] == [(4, ErrorCode.MODULE_NO_KEY)]
    assert reader.card.pin.tries_left == 3
