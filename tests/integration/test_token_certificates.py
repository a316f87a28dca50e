"""``paraph certificates``: every certificate with its reader, and the one that would sign."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from eidcard.all_modules import ModulesCardService
from eidcard.modules import KnownModule
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.stack import SOCKET_VARIABLE
from signer.errors import ErrorCode, SignerError
from tests.middleware import official_token
from tests.softhsm import MODULE, Entry, SoftToken, eid_entries, make_token


@pytest.fixture(scope="module")
def token(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return official_token(tmp_path_factory.mktemp("token") / "eid", test_pki)


def listed(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PARAPH_HOME": str(folder),
        "PARAPH_LANGUAGE": "en",
        SOCKET_VARIABLE: "/nowhere/pcscd.comm",
        "COLUMNS": "160",
    }
    command = [sys.executable, "-m", "ui.cli", "certificates", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=os.environ | own | environment
    )


def test_each_certificate_is_told_with_its_reader_and_the_one_that_signs_is_marked(
    shim: Path, token: SoftToken, tmp_path: Path
) -> None:
    done = listed(tmp_path, {"SOFTHSM2_CONF": str(token.configuration)}, "--module", str(shim), "--json")

    found = json.loads(done.stdout)["certificates"]
    assert {each["label"]: each["signs"] for each in found} == {
        "CA": False,
        "Root": False,
        "Authentication": False,
        "Signature": True,
    }
    assert all("SoftHSM slot" in each["reader"] and each["module"] == "Belgium eID (TEST shim)" for each in found)
    assert ADULT.national_number not in done.stdout + done.stderr


def test_a_person_sees_them_as_a_table_of_what_p11_kit_lists(token: SoftToken, tmp_path: Path) -> None:
    done = listed(tmp_path, {"SOFTHSM2_CONF": str(token.configuration)})

    assert done.returncode == 0, done.stderr
    assert f"✓ {ADULT.first_name} {ADULT.surname} (Signature)" in done.stdout
    assert "SoftHSM slot" in done.stdout


def test_a_machine_without_any_certificate_is_told_the_next_step(tmp_path: Path) -> None:
    empty = make_token(tmp_path / "token", "", [])

    done = listed(tmp_path, {"SOFTHSM2_CONF": str(empty.configuration)})

    assert done.returncode == 10
    assert "P11-004" in done.stderr


def test_a_certificate_that_cannot_be_read_hides_no_other(test_pki: TestPki, tmp_path: Path) -> None:
    zeros = Entry("Signature", b"\x03" + bytes(7), bytes(2500))
    others = [entry for entry in eid_entries(test_pki.person(ADULT)) if entry.label != "Signature"]
    with make_token(tmp_path, "minor", [zeros, *others]).use():
        service = ModulesCardService([KnownModule("softhsm2", str(MODULE))], named=True)
        with closing(service):
            found = service.certificates()

    assert {each.label for each in found} == {"CA", "Root", "Authentication"}
    assert not any(each.signs for each in found)


def test_a_module_that_is_not_there_is_told() -> None:
    service = ModulesCardService([KnownModule("absent", "/nowhere/module.so")], named=True)

    with pytest.raises(SignerError) as refusal:
        service.certificates()

    assert refusal.value.code is ErrorCode.MODULE_NOT_FOUND
