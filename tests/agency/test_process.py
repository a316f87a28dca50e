"""The server and its command line: what is printed and logged, and how it ends; by processes where that matters."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock
from uuid import uuid4

import httpx
import pytest

from agency import objections, publishing, settings, webhooks
from agency.cli import run
from agency.office import open_office
from agency.store import Contract
from eidcard.simulator.people import ADULT, ADULT_MAN
from signer.agency.schema import ObjectionRequest
from signer.model import Document
from tests.agency.receiver import receiving

LINK = re.compile(r"paraph://open/horizon/([A-Za-z0-9_-]{43})\n")


@dataclass
class Agency:
    """The command line over one data folder."""

    data: Path
    pdf: Path
    log: Path

    def process(self, command: str, *arguments: str | Path, stdin: str = "") -> str:
        """Run a command as a process; gives what it printed."""
        line = [sys.executable, "-m", "agency", command, "--data", str(self.data), *map(str, arguments)]
        return subprocess.run(line, input=stdin, capture_output=True, check=True, encoding="utf-8", timeout=60).stdout

    def run(self, command: str, *arguments: str | Path, code: int = 0) -> str:
        """Run a command in this process; gives what it printed, after checking its exit code."""
        said, complained = StringIO(), StringIO()
        line = ["paraph-agency", command, "--data", str(self.data), *map(str, arguments)]
        with (
            mock.patch.object(sys, "argv", line),
            redirect_stdout(said),
            redirect_stderr(complained),
            pytest.raises(SystemExit) as ended,
        ):
            run()
        assert ended.value.code == code, complained.getvalue()
        return complained.getvalue() if code else said.getvalue()

    def publish(
        self,
        number: str = ADULT.national_number,
        pdf: Path | None = None,
        data: Path | None = None,
        code: int = 0,
        replaces: str = "",
    ) -> str:
        """Publish a document, the sample where none is named; the number comes by a descriptor."""
        ours, theirs = os.pipe()
        os.write(theirs, number.encode())
        os.close(theirs)
        files: tuple[str | Path, ...] = ("--pdf", pdf or self.pdf, "--contract-json", data or f"{self.pdf}.json")
        files += ("--replaces", replaces) if replaces else ()
        try:
            return self.run("publish", *files, "--number-fd", str(ours), code=code)
        finally:
            os.close(ours)

    def contract(self) -> str:
        """Publish the sample without a process and without its examination, where the test is about something else."""
        content = self.pdf.read_bytes()
        document = Document(self.pdf, hashlib.sha256(content).hexdigest(), len(content), page_count=3)
        draft = publishing.read_draft(Path(f"{self.pdf}.json"))
        with closing(open_office(self.data)) as office:
            return publishing.publish(office, self.pdf, draft, ADULT.national_number, lambda _pdf, _field: document)

    def token(self, contract: str) -> str:
        """Make a link without a process; gives its token."""
        with closing(open_office(self.data)) as office:
            return publishing.link(office, contract).rsplit("/", 1)[1]

    @contextmanager
    def serving(self, *more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        """Serve on a free port, the log in a file."""
        ready, theirs = os.pipe()
        line = [sys.executable, "-m", "agency", "serve", "--data", str(self.data), "--ready-fd", str(theirs), *more]
        with self.log.open("ab") as log, subprocess.Popen(line, stdout=log, stderr=log, pass_fds=[theirs]) as process:
            os.close(theirs)
            with os.fdopen(ready) as port:
                url = f"http://127.0.0.1:{int(port.read())}"
            try:
                yield url, process
            finally:
                process.terminate()
                process.wait(20)


@pytest.fixture
def agency(tmp_path: Path, sample: Path) -> Agency:
    settings.initialise(tmp_path / "horizon", settings.Settings(id="horizon", name="Horizon Interim"))
    return Agency(tmp_path / "horizon", sample, tmp_path / "log")


def test_a_contract_goes_from_the_command_line_to_the_worker(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "roots").mkdir()
    agency = Agency(tmp_path / "new", sample, tmp_path / "log")
    named = ("--id", "horizon", "--name", "Horizon Interim", "--login", "link")
    said = agency.process("init", *named, "--test-roots", tmp_path / "roots")
    assert "TEST" in said
    files = ("--pdf", agency.pdf, "--contract-json", f"{agency.pdf}.json")
    contract = agency.process("publish", *files, stdin=ADULT.national_number).strip()
    found = LINK.fullmatch(agency.process("link", "--contract", contract))
    assert found
    with agency.serving() as (url, _):
        session = httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": found[1]}).json()
        headers = {"Authorization": f"Bearer {session['accessToken']}"}
        document = httpx.get(f"{url}/v1/contracts/{session['contractId']}/document", headers=headers)
    assert document.content == agency.pdf.read_bytes()


def test_the_back_office_hears_of_a_contract_from_the_server_that_was_killed_before_it_told(
    tmp_path: Path, sample: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("whsec_" + base64.b64encode(bytes(32)).decode())
    with receiving() as receiver:
        told = settings.Settings(id="horizon", name="Horizon", webhook_url=receiver.url, webhook_secrets=(secret,))
        settings.initialise(tmp_path / "horizon", told)
        agency = Agency(tmp_path / "horizon", sample, tmp_path / "log")
        with closing(open_office(agency.data)) as office:
            webhooks.standing(office)
        with agency.serving("--events-every", "0") as (_, process):
            contract = agency.contract()
            process.kill()
        with agency.serving("--events-every", "1"):
            assert receiver.came.wait(60)
    assert [(event["subject"], event["type"]) for event in receiver.events] == [
        (contract, "be.paraph.contract.published")
    ]


def test_neither_log_nor_database_holds_a_secret(agency: Agency) -> None:
    contract = agency.contract()
    token = agency.token(contract)
    with agency.serving() as (url, _):
        session = httpx.post(f"{url}/v1/sessions?token={token}", json={"oneTimeToken": token}).json()["accessToken"]
        headers = {"Authorization": f"Bearer {session}"}
        submission = {"submissionId": "7d444840-9dc0-11d1-b245-5ffdce74fad2"}
        address = f"{url}/v1/contracts/{contract}/signingSessions"
        capability = httpx.post(address, json=submission, headers=headers).json()["uploadCapability"]
        bad = httpx.put(
            f"{url}/v1/submissions/{submission['submissionId']}",
            json={"increment": capability},
            headers={"Authorization": f"Bearer {capability}"},
        )
        assert bad.status_code == 400
    log = agency.log.read_text()
    assert f"POST /v1/contracts/{contract}/signingSessions 201" in log
    assert bad.json()["instance"] in log
    kept = b"".join(file.read_bytes() for file in agency.data.iterdir() if file.is_file())
    for secret in (token, session, capability, ADULT.national_number):
        assert secret not in log
        assert secret.encode() not in kept


def test_what_was_answered_survives_a_kill(agency: Agency) -> None:
    contract = agency.contract()
    token = agency.token(contract)
    with agency.serving() as (url, process):
        session = httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": token}).json()["accessToken"]
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    with agency.serving() as (url, _):
        tasks = httpx.get(f"{url}/v1/tasks", headers={"Authorization": f"Bearer {session}"}).json()
    assert [item["id"] for item in tasks["items"]] == [contract]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(agency: Agency, told: signal.Signals) -> None:
    with agency.serving() as (url, process):
        assert httpx.get(f"{url}/health").status_code == 200
        process.send_signal(told)
        assert process.wait(20) == 0
    assert "Traceback" not in agency.log.read_text()


def test_answers_do_not_wait_for_delayed_acknowledgements(agency: Agency) -> None:
    with agency.serving() as (url, _), httpx.Client(base_url=url) as client:
        client.get("/health")
        began = time.perf_counter()
        for _ in range(20):
            client.get("/v1/agency")
        assert time.perf_counter() - began < 20 * 0.040  # with Nagle's algorithm, each answer waits 40 ms


def test_the_list_tells_what_is_open_and_what_was_withdrawn(agency: Agency) -> None:
    contract = agency.contract()
    assert contract in agency.run("list")
    before = json.loads(agency.run("list", "--json"))["items"]
    agency.run("withdraw", "--contract", contract)
    after = json.loads(agency.run("list", "--json"))["items"]
    assert [(item["id"], item["state"]) for item in before + after] == [(contract, "open"), (contract, "withdrawn")]


def test_the_consultant_reads_what_is_wrong_and_answers_with_a_new_version(agency: Agency) -> None:
    contract = agency.contract()
    said = ObjectionRequest(reasons=["pay", "other"], text="We said [bold]€ 17[/bold].")
    with closing(open_office(agency.data)) as office, office.store.reading() as session:
        objections.record(office, session.get_one(Contract, contract), uuid4(), said)
    assert "17[/bold]." in agency.run("objections")  # a worker's words are never markup
    (told,) = json.loads(agency.run("objections", "--json"))["items"]
    assert (told["contractId"], told["reasons"], told["text"]) == (contract, said.reasons, said.text)
    data = Path(f"{agency.pdf}.json").read_text("utf-8").replace(contract, "C-NEW")
    newer = agency.data.parent / "newer.json"
    newer.write_text(data, "utf-8")
    assert agency.publish(data=newer, replaces=contract).strip() == "C-NEW"
    states = {item["id"]: item["state"] for item in json.loads(agency.run("list", "--json"))["items"]}
    assert states == {contract: "replaced", "C-NEW": "open"}


def test_a_number_comes_by_a_descriptor_too(agency: Agency) -> None:
    contract = agency.publish(ADULT_MAN.national_number).strip()
    assert contract in agency.run("list")


@pytest.mark.parametrize("number", ["", "12345", "91042399899", "x" * 500])
def test_a_wrong_number_is_refused_without_repeating_it(agency: Agency, number: str) -> None:
    said = agency.publish(number, code=1)
    assert "national number" in said
    assert not number or number not in said
    assert json.loads(agency.run("list", "--json"))["total"] == 0


def test_what_is_no_pdf_is_not_published(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "no.pdf").write_bytes(b"hello")
    assert "DOC-001" in agency.publish(pdf=tmp_path / "no.pdf", code=6)


def test_contract_data_that_is_wrong_is_named(agency: Agency, tmp_path: Path) -> None:
    data = json.loads(Path(f"{agency.pdf}.json").read_text()) | {"hourlyPay": "16,42"}
    (tmp_path / "wrong.json").write_text(json.dumps(data))
    assert "hourlyPay" in agency.publish(data=tmp_path / "wrong.json", code=70)


def test_publishing_the_same_id_again_is_refused(agency: Agency) -> None:
    agency.contract()
    assert "exists already" in agency.publish(code=1)


def test_a_place_that_takes_no_files_is_told_in_one_line(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    inside = Agency(tmp_path / "file" / "agency", agency.pdf, agency.log)
    said = inside.run("init", "--id", "moon", "--name", "Moon", code=7)
    assert said.startswith("paraph-agency: Not a directory: ")
    assert said.count("\n") == 1


def test_an_agency_is_not_made_over_another(agency: Agency) -> None:
    assert "SET-001" in agency.run("init", "--id", "other", "--name", "Other", code=70)


def test_a_folder_without_an_agency_says_so(agency: Agency, tmp_path: Path) -> None:
    stranger = Agency(tmp_path / "empty", agency.pdf, agency.log)
    assert "run init first" in stranger.run("list", code=70)


def test_what_the_agency_keeps_is_for_its_user_alone(agency: Agency) -> None:
    agency.contract()
    for path in (agency.data / "people.key", agency.data / "agency.json", *agency.data.rglob("*.pdf")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(agency.data.stat().st_mode) == 0o700


def test_a_key_that_others_can_read_is_refused(agency: Agency) -> None:
    agency.contract()
    (agency.data / "people.key").chmod(0o644)
    assert "chmod 600" in agency.run("list", code=70)


def test_the_database_is_in_wal_mode(agency: Agency) -> None:
    agency.contract()
    with closing(sqlite3.connect(agency.data / "agency.sqlite3")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_command_line_is_imported_without_the_server() -> None:
    code = "import sys, agency.cli; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "agency.cli" in loaded
    assert {"fastapi", "sqlalchemy", "pydantic", "pyhanko", "uvicorn", "reportlab"}.isdisjoint(loaded)
