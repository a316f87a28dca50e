"""The conformance suite on the reference server, as others would run it, and on servers that break a promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from agency import publishing
from eidcard.simulator.people import ADULT, ADULT_MAN
from eidcard.simulator.pki import Credential, TestPki
from tests.agency.world import AgencyServer, initialise

TOP = Path(__file__).parents[2]
ASK = "import sys, urllib.request as ask; sys.stdout.write(ask.urlopen(sys.argv[1]).read().decode())"

Break = Callable[[httpx.Response], object]  # changes an answer on its way

pytestmark = pytest.mark.xdist_group("conformance")  # one server is enough


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, test_pki: TestPki, sample: Path) -> Iterator[AgencyServer]:
    data = tmp_path_factory.mktemp("conformance") / "agency"
    initialise(data, test_pki)
    with AgencyServer(data, test_pki, sample).running() as running:
        settings = running.office.settings.model_copy(update={"login": ("eid",)})
        running.serve(replace(running.office, settings=settings))
        yield running


@contextmanager
def listening(answer: Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    """Serve on loopback; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            status, headers, body = answer(self)
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            del format, args

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        thread.join(20)
        listener.server_close()


@pytest.fixture(scope="module")
def plan(server: AgencyServer, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What another agency would write: docs/api/conformance.md."""
    folder = tmp_path_factory.mktemp("plan")

    def fresh(_: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"link": publishing.link(server.office, server.publish())}).encode()

    worker, other = test_pki.person(ADULT), test_pki.person(ADULT_MAN)
    assert worker.signature
    assert other.signature
    keys = {"worker": worker.signature, "other": other.signature, "login": worker.authentication}
    for name, credential in keys.items():
        (folder / f"{name}.p12").write_bytes(pkcs12(credential, worker.chain))
    with listening(fresh) as address:
        told = {name: {"file": f"{name}.p12", "password": "TEST"} for name in keys}
        (folder / "plan.json").write_text(json.dumps({"contract": [sys.executable, "-c", ASK, address], **told}))
        yield folder / "plan.json"


def pkcs12(credential: Credential, chain: tuple[bytes, ...]) -> bytes:
    certificate, *above = (x509.load_der_x509_certificate(der) for der in (credential.certificate, *chain))
    return serialize_key_and_certificates(b"TEST", credential.key, certificate, above, BestAvailableEncryption(b"TEST"))


def suite(url: str, plan: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "tests/conformance", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    where = ("--agency-url", url, "--agency-plan", str(plan), *more)
    return subprocess.run([*command, *where], cwd=TOP, capture_output=True, text=True, timeout=110, check=False)


def test_the_reference_server_keeps_every_promise(server: AgencyServer, plan: Path) -> None:
    done = suite(server.url, plan)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^3[0-4] passed in", done.stdout, re.MULTILINE), done.stdout  # all of them, and none skipped


def breaks(path: str, change: Break) -> Break:
    def only_there(answer: httpx.Response) -> None:
        if path in str(answer.request.url):
            change(answer)

    return only_there


def says(status: int) -> Break:
    return lambda answer: setattr(answer, "status_code", status)


def without(header: str) -> Break:
    return lambda answer: answer.headers.pop(header, None)


def with_body(old: bytes, new: bytes) -> Break:
    return lambda answer: setattr(answer, "_content", answer.content.replace(old, new))


BROKEN: dict[str, tuple[Break, str]] = {
    "documents without an ETag": (
        breaks("/document", without("etag")),
        "test_data_and_bytes_are_of_one_document",
    ),
    "refusals that are no problems": (
        breaks("/v1/contracts/no-such", lambda answer: answer.headers.update({"content-type": "text/plain"})),
        "test_a_contract_that_does_not_exist_is_not_found",
    ),
    "lists that forget what is new": (
        breaks("/v1/tasks?since=", with_body(b'"id":"C-', b'"id":"D-')),
        "test_a_list_goes_on_where_the_last_one_ended",
    ),
    "one language for everybody": (
        breaks("/v1/contracts/no-such", lambda answer: answer.headers.update({"content-language": "en"})),
        "test_a_refusal_is_in_the_language_that_was_asked_for",
    ),
    "links that open twice": (
        breaks("/v1/sessions", with_body(b"linkUsed", b"linkUnknown")),
        "test_a_link_opens_once",
    ),
    "a receipt for another contract": (
        breaks("/v1/submissions", with_body(b'"contractId":"C-', b'"contractId":"D-')),
        "test_a_good_signature_is_accepted_with_a_receipt_that_fits",
    ),
    "a conflict that is taken": (
        breaks("/v1/submissions", lambda answer: answer.status_code == 409 and says(200)(answer)),
        "test_other_bytes_under_the_same_id_are_a_conflict",
    ),
    "personal data in caches": (
        breaks("/v1/contracts", without("cache-control")),
        "test_nothing_personal_is_kept_on_the_way",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_breaks_one_promise_is_found(server: AgencyServer, plan: Path, name: str) -> None:
    change, test = BROKEN[name]

    def passed_on(asked: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in {"host", "connection"}}
        answer = httpx.request(asked.command, server.url + asked.path, content=body, headers=headers, timeout=60)
        change(answer)
        kept = {k: v for k, v in answer.headers.items() if k not in {"content-length", "connection"}}
        return answer.status_code, kept, answer.content

    with listening(passed_on) as url:
        done = suite(url, plan, "-k", test)
    assert f"FAILED tests/conformance/{_file(test)}::{test}" in done.stdout, done.stdout
    assert done.returncode == 1


def _file(test: str) -> str:
    return next(
        file.name for file in (TOP / "tests/conformance").glob("test_*.py") if f"def {test}(" in file.read_text()
    )


def test_the_suite_knows_nothing_of_the_reference_server() -> None:
    for file in (TOP / "tests/conformance").glob("*.py"):
        text = file.read_text("utf-8")
        assert "import agency" not in text
        assert "from agency" not in text
