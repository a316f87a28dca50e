"""``paraph agency``: somebody sees who it is and where before this computer talks to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from signer.agency.schema import Session
from signer.agency.session import SessionStore
from signer.descriptors import read
from signer.errors import SignerError
from signer.outbox import Outbox
from signer.paths import user_folders
from tests.outbox_world import put_in, receipt_for
from tests.release_side import MADE_AT, ReleaseSide
from ui.cli.agencies import agency_command
from ui.cli.face import Face


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReleaseSide:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path / "home"))
    return ReleaseSide(tmp_path / "home")


@pytest.fixture
def file(side: ReleaseSide, tmp_path: Path) -> Path:
    return side.put(tmp_path / "mail")


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(agency_command, arguments, input=answer)


def listed() -> list[str]:
    return [each["id"] for each in json.loads(run("list", "--json").stdout)["agencies"]]


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Face.__init__

    def init(face: Face, *, as_json: bool) -> None:
        made(face, as_json=as_json)
        face.interactive = True

    monkeypatch.setattr(Face, "__init__", init)


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(("answer", "there"), [("y\n", ["noord"]), ("\n", []), ("n\n", [])])
def test_it_is_added_when_somebody_who_saw_it_agrees(
    side: ReleaseSide, file: Path, answer: str, there: list[str]
) -> None:
    done = run("add", str(file), answer=answer)
    said = " ".join(done.output.split())
    fingerprint = read(file.read_bytes(), [side.key.public_key()]).fingerprint
    assert "Noord Interim Address: noord.example" in said
    assert f"Fingerprint: {fingerprint}" in said
    assert listed() == there
    assert done.exit_code == (0 if there else 12)


@pytest.mark.usefixtures("at_a_terminal")
def test_a_new_address_of_a_known_agency_is_told_beside_the_old_one(side: ReleaseSide, file: Path) -> None:
    run("add", str(file), "--yes")
    moved = side.put(side.home / "mail", days=1, url="https://elsewhere.example")
    done = run("add", str(moved), answer="y\n")
    assert "Address: elsewhere.example Until now: noord.example" in " ".join(done.output.split())


def test_nobody_at_a_terminal_agrees_to_nothing(file: Path) -> None:
    done = run("add", str(file))
    assert done.exit_code == 12
    assert "--yes" in done.output
    assert listed() == []


def test_a_script_adds_it_and_learns_what_it_added(side: ReleaseSide, file: Path) -> None:
    added = json.loads(run("add", str(file), "--yes", "--json").stdout)["added"]
    (shown,) = json.loads(run("list", "--json").stdout)["agencies"]
    assert shown == added | {"setUpBy": "user"}
    assert added["issuedAt"] == MADE_AT.isoformat()
    assert "noord.example" in run("list").stdout


def test_what_does_not_count_is_listed_with_its_reason(side: ReleaseSide) -> None:
    side.folders.agencies.mkdir()
    (side.folders.agencies / "broken.paraph-agency").write_text("{}")
    assert json.loads(run("list", "--json").stdout)["notUsed"][0]["supportId"] == "AGY-030"
    assert "broken.paraph-agency: This file does not describe an agency (AGY-030)" in run("list").stderr


def test_a_file_that_was_changed_is_refused_with_what_to_do(file: Path) -> None:
    file.write_text(file.read_text().replace("noord.example", "n00rd.example"))
    done = run("add", str(file), "--yes")
    assert done.exit_code == 9
    assert "AGY-031" in done.output
    assert listed() == []


def test_a_session_is_of_one_address_alone(side: ReleaseSide, file: Path) -> None:
    run("add", str(file), "--yes")
    sessions = SessionStore(user_folders().sessions)
    sessions.keep("noord", Session(access_token="t" * 20, expires_at=MADE_AT, contract_id="c-1"))
    run("add", str(side.put(side.home / "mail", days=1, name="Noord")), "--yes")
    assert sessions.token("noord") == "t" * 20
    run("add", str(side.put(side.home / "mail", days=2, url="https://elsewhere.example")), "--yes")
    with pytest.raises(SignerError):
        sessions.token("noord")


def test_an_agency_goes_with_its_session_but_not_while_something_waits_for_it(side: ReleaseSide, file: Path) -> None:
    run("add", str(file), "--yes")
    sessions = SessionStore(user_folders().sessions)
    session = Session(access_token="t" * 20, expires_at=MADE_AT, contract_id="c-1")
    sessions.keep("noord", session)
    outbox = Outbox.open(user_folders().outbox)
    signed = put_in(outbox, "noord")
    refused = run("remove", "noord")
    assert (refused.exit_code, listed()) == (9, ["noord"])
    assert "AGY-034" in refused.output

    outbox.record_delivery(signed.submission_id, receipt_for(signed))
    done = run("remove", "noord")
    assert (done.exit_code, listed()) == (0, [])
    with pytest.raises(SignerError):
        sessions.token("noord")
