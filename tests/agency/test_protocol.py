"""What is no request is refused in one voice, small, and without repeating what was sent."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from agency.intake import MAX_BODY
from agency.problems import ProblemType
from signer.agency.refusals import CODES
from signer.agency.schema import PROBLEM_PREFIX
from signer.paths import resource
from tests.agency.world import AgencyServer, refused

SESSIONS = "/v1/sessions"
DOCS = resource().parent / "docs" / "api" / "README.md"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "notFound")),
        ("GET", "/v1/nothing", (404, "notFound")),
        ("GET", "/docs", (404, "notFound")),
        ("DELETE", "/v1/agency", (405, "methodNotAllowed")),
        ("GET", SESSIONS, (405, "methodNotAllowed")),
    ],
)
def test_what_is_not_there_is_a_problem(
    agency_server: AgencyServer, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert refused(httpx.request(method, agency_server.url + path)) == expected


@pytest.mark.parametrize(
    ("wanted", "spoken", "title"),
    [
        ("", "en", "There is nothing here, or it is not yours"),
        ("nl-BE,nl;q=0.9,en;q=0.5", "nl", "Hier is niets, of het is niet van u"),
        ("en;q=0.2, fr-FR", "fr", "Il n’y a rien ici, ou ce n’est pas à vous"),
        ("de", "de", "Hier ist nichts, oder es gehört Ihnen nicht"),
        ("fr;q=0, xx, *;q=0.1", "en", "There is nothing here, or it is not yours"),
        ("\xe9;q=x,,;" * 500, "en", "There is nothing here, or it is not yours"),
    ],
)
def test_a_refusal_speaks_the_callers_language(
    agency_server: AgencyServer, wanted: str, spoken: str, title: str
) -> None:
    headers = {b"Accept-Language": wanted.encode("latin-1")}
    answer = httpx.get(f"{agency_server.url}/v1/nothing", headers=headers)
    assert (answer.json()["title"], answer.headers["content-language"]) == (title, spoken)
    assert answer.headers["vary"] == "Accept-Language"


def test_what_is_refused_at_the_door_speaks_it_too(agency_server: AgencyServer) -> None:
    headers = {"Accept-Language": "nl", "Content-Encoding": "gzip"}
    answer = httpx.post(agency_server.url + SESSIONS, content=b"x", headers=headers)
    assert answer.json()["title"] == "Hier wordt alleen JSON aangenomen"


RUBBISH = {
    "nothing": b"",
    "no JSON": b"\xff\xfe\x00",
    "half": b'{"oneTimeToken": "abc',
    "no object": b"[1]",
    "deep": b"[" * (MAX_BODY - 1),
    "a number": b'{"oneTimeToken": 7}',
    "too short": b'{"oneTimeToken": "x"}',
    "not a number": b'{"oneTimeToken": NaN}',
    "surrogate": b'{"oneTimeToken": "\\ud800aaaaaaaaaaaaaaaaaaaaaaa"}',
    "null": b"null",
}


@pytest.mark.parametrize("body", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_a_bad_request(agency_server: AgencyServer, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert refused(httpx.post(agency_server.url + SESSIONS, content=body, headers=headers)) == (400, "badRequest")


def test_a_refusal_does_not_repeat_what_was_sent(agency_server: AgencyServer) -> None:
    answer = httpx.post(agency_server.url + SESSIONS, json={"oneTimeToken": {"secret": "hunter2-hunter2"}})
    assert refused(answer) == (400, "badRequest")
    assert "hunter2" not in answer.text


def test_a_field_that_this_server_does_not_know_is_ignored(agency_server: AgencyServer) -> None:
    body = {"oneTimeToken": agency_server.token(agency_server.publish()), "fromTheFuture": [1]}
    assert httpx.post(agency_server.url + SESSIONS, json=body).status_code == 201


def test_a_body_beyond_the_limit_is_refused(agency_server: AgencyServer) -> None:
    body = json.dumps({"oneTimeToken": "A" * MAX_BODY}).encode()
    assert refused(httpx.post(agency_server.url + SESSIONS, content=body)) == (413, "tooLarge")


def test_a_body_without_a_length_is_limited_too(agency_server: AgencyServer) -> None:
    chunks = (b"A" * 1024 for _ in range(MAX_BODY // 1024 + 1))
    assert refused(httpx.post(agency_server.url + SESSIONS, content=chunks)) == (413, "tooLarge")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_a_packed_body_is_refused_and_not_unpacked(agency_server: AgencyServer, coding: str) -> None:
    body = gzip.compress(json.dumps({"oneTimeToken": "A" * 43}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    assert refused(httpx.post(agency_server.url + SESSIONS, content=body, headers=headers)) == (415, "mediaType")


def test_a_body_that_says_it_is_not_packed_is_read(agency_server: AgencyServer) -> None:
    body = {"oneTimeToken": agency_server.token(agency_server.publish())}
    answer = httpx.post(agency_server.url + SESSIONS, json=body, headers={"Content-Encoding": "identity"})
    assert answer.status_code == 201


def test_a_client_that_hangs_up_half_way_harms_nobody(agency_server: AgencyServer) -> None:
    address = urlsplit(agency_server.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    assert httpx.get(f"{agency_server.url}/health").status_code == 200


@pytest.mark.parametrize("name", ["../../etc/passwd", "%2e%2e%2f%2e%2e", "a" * 65, "a b", "%00", "é"])
def test_an_odd_contract_id_is_never_found(agency_server: AgencyServer, name: str) -> None:
    worker = agency_server.worker(agency_server.publish())
    status, _ = refused(worker.client.get(f"/v1/contracts/{name}"))
    assert status in {400, 404}


def test_answers_are_kept_by_no_cache_and_guessed_by_no_browser(agency_server: AgencyServer) -> None:
    headers = httpx.get(f"{agency_server.url}/v1/agency").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers or "uvicorn" in headers["server"]  # the process under test_process says none


def test_the_client_knows_every_refusal(agency_server: AgencyServer) -> None:
    names = {problem.value.name for problem in ProblemType}
    assert names - set(CODES) <= {"range"}  # a client only asks for ranges that it knows to be there
    assert set(CODES) <= names


def test_the_documentation_has_the_same_table() -> None:
    rows = {f"| `{problem.value.name}` | {problem.value.status} | {problem.value.title} |" for problem in ProblemType}
    written = Path(DOCS).read_text(encoding="utf-8")
    assert {line for line in written.splitlines() if line.startswith("| `")} == rows
    assert PROBLEM_PREFIX in written
