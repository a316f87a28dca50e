"""``paraph diagnose`` in a world that works, in worlds that do not, and what its bundle gives away: nothing."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from eidcard.simulator.people import PEOPLE
from eidcard.simulator.stack import SOCKET_VARIABLE
from tests.integration.conftest import RIGHT, WRONG, Desk

WELL = 0
PROBLEM = 13


def diagnosed(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.cli", "diagnose", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment)


def findings(done: subprocess.CompletedProcess[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the findings by check and id."""
    assert done.stderr == "", done.stderr
    return {(each["check"], each["id"]): each for each in json.loads(done.stdout)["findings"]}


def outside(home: Path, **more: str) -> dict[str, str]:
    """A machine without a service, an agency or modules of its own."""
    own = {"PARAPH_HOME": str(home), "PARAPH_LANGUAGE": "en", SOCKET_VARIABLE: "/nowhere/pcscd.comm"}
    return os.environ | own | more


def test_a_computer_on_which_all_is_well_after_a_contract_was_signed(desk: Desk, tmp_path: Path) -> None:
    task = desk.open_contract()
    assert desk.sign(task).returncode == 0
    bundle = tmp_path / "for-support.zip"
    token = json.loads(next((desk.home / "state" / "sessions").glob("*.json")).read_text())["accessToken"]

    done = diagnosed(desk.environment, "--json", "--bundle", str(bundle))

    assert done.returncode == WELL, done.stdout
    found = findings(done)
    assert ("service", "service-runs") in found
    assert found["card", "card-ready"]["facts"] == {
        "applet": "1.8",
        "triesLeft": 3,
        "pinEntry": "ours",
        "test": True,
    }
    assert found["agency", "agency-answers"]["facts"]["tls"] is False
    assert abs(found["time", "time-right"]["facts"]["offsetSeconds"]) <= 2
    assert found["outbox", "outbox-clear"]["facts"]["delivered"] == 1
    assert ("trust", "trust-test") in found
    assert all(each["remedy"] for each in found.values() if each["grade"] != "ok")
    require_nothing_personal(bundle, desk, (task, token, RIGHT))


def require_nothing_personal(bundle: Path, desk: Desk, secrets: tuple[str, ...]) -> None:
    """Search the bundle for all that this worker, this card, this session and this computer could be known by."""
    person = PEOPLE["default"]
    credentials = desk.world.pki.person(person, "1.8")
    assert credentials.signature is not None
    certificates = (credentials.signature.certificate, credentials.authentication.certificate, *credentials.chain)
    with zipfile.ZipFile(bundle) as opened:
        told = b"".join(opened.read(name) for name in opened.namelist()) + repr(opened.namelist()).encode()

    card = json.loads(desk.paraph("card", "--all", "--json").stdout)
    numbers = [person.national_number, card["nationalNumber"], card["cardNumber"], card["address"]]
    names = [person.surname, person.first_name, "Citizen CA", "(Signature)", str(desk.home), desk.home.parent.name]
    names += [*numbers, *secrets]
    assert [name for name in names if name.lower().encode() in told.lower()] == []
    for der in certificates:
        pieces = [der[start : start + 12] for start in range(0, len(der) - 12, 12)]
        for way in (bytes, base64.b64encode, base64.b16encode):
            assert not any(way(piece)[:12] in told for piece in pieces)
    assert b"card-ready" in told  # the control: what is wanted is there


def test_a_blocked_pin_is_a_problem_with_its_remedy(desk: Desk) -> None:
    for _ in range(3):
        desk.card.pin.check(b"\x24\x99\x99" + b"\xff" * 5)

    done = diagnosed(desk.environment)

    assert done.returncode == PROBLEM
    assert "Your PIN is blocked" in done.stdout
    assert "Go to your municipality" in done.stdout
    assert "PIN-002" in done.stdout
    assert WRONG not in done.stdout


def test_without_service_agency_settings_and_folders_everything_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("[card\n")
    (tmp_path / "data").write_text("a file where the folder should be")

    found = findings(diagnosed(outside(tmp_path), "--json"))

    problems = {key for key, each in found.items() if each["grade"] == "problem"}
    assert problems == {("settings", "SET-001"), ("service", "CARD-001"), ("folder", "FILE-002")}
    assert "line 1" in found["settings", "SET-001"]["facts"]["because"]
    assert ("version", "versions") in found


def test_no_home_folder_at_all_is_no_reason_to_fail(tmp_path: Path) -> None:
    done = diagnosed(outside(Path("/proc/nowhere")), "--json", "--bundle", str(tmp_path / "b.zip"))

    assert done.returncode == PROBLEM
    assert len([key for key in findings(done) if key[0] == "folder"]) >= 1
    assert (tmp_path / "b.zip").exists()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    diagnosed(outside(tmp_path / "home"))

    assert list(tmp_path.iterdir()) == []


def test_modules_that_crash_and_agencies_that_nobody_answers_for_are_told(shim: Path, tmp_path: Path) -> None:
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "settings.toml").write_text(
        f'[card]\nmodule = "{shim}"\n[[agencies]]\nid = "horizon"\nname = "Horizon"\nurl = "http://127.0.0.1:9"\n'
    )

    done = diagnosed(outside(tmp_path, BEID_SHIM_MISHAP="crash", HTTPS_PROXY="http://jan:geheim@proxy.example:1"))

    said = " ".join(done.stdout.split())
    assert done.returncode == PROBLEM
    assert "the module crashed (SIGSEGV)" in said
    assert "There is no connection with the agency (horizon)" in said
    assert "https=proxy.example:1" in said
    assert "geheim" not in said


def test_a_library_that_cannot_be_loaded_is_a_finding(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "smartcard"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libpcsclite.so.1')\n")

    done = diagnosed(outside(tmp_path / "home", PYTHONPATH=str(broken.parent)), "--json")

    assert done.returncode == PROBLEM
    assert ("service", "service-library") in findings(done)


@pytest.mark.parametrize("there", [True, False], ids=["a file that is there", "a folder that is not"])
def test_a_bundle_that_cannot_be_written_is_told(tmp_path: Path, there: bool) -> None:
    target = tmp_path / "b.zip" if there else tmp_path / "nowhere" / "b.zip"
    if there:
        target.write_text("mine")

    done = diagnosed(outside(tmp_path / "home"), "--bundle", str(target))

    assert done.returncode == (2 if there else 7)
    assert target.exists() is there
    assert not there or target.read_text() == "mine"
