"""Everything that a network or a server can do to a call: each has its code, and none takes longer than allowed."""

from __future__ import annotations

import gzip
import logging
import re
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from signer.errors import ErrorCode, SignerError
from signer.http import Answer, Call, HttpClient, Limits
from signer.settings import Proxy
from signer.way import Way
from tests.hostile_server import (
    Behaviour,
    HostileServer,
    answering,
    free_port,
    hostile_server,
    make_certificate,
    response,
)

TOKEN: Final = "t0ken-that-nobody-may-see"
LIMITS: Final = Limits(connect_s=0.5, read_s=0.5, total_s=1.0, answer=10_000)
BOUND_S: Final = 3.0  # the limits, and a busy machine

GOOD: Final = response(b'{"id": "a"}')
HEAD, _, BODY = GOOD.partition(b"\r\n\r\n")


def client(port: int, limits: Limits = LIMITS) -> HttpClient:
    return HttpClient(f"http://127.0.0.1:{port}/v1", limits=limits)


def get(port: int) -> Answer:
    return client(port).send(Call("GET", "tasks", bearer=TOKEN))


def code_of(action: Callable[[], object]) -> ErrorCode:
    began = time.monotonic()
    with pytest.raises(SignerError) as raised:
        action()
    assert time.monotonic() - began < BOUND_S
    shown = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in shown
    return raised.value.code


def hang(server: HostileServer, _: socket.socket) -> None:
    server.over.wait(10)


def drip_headers(server: HostileServer, line: socket.socket) -> None:
    server.drip(line, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)


def drip_body(server: HostileServer, line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    server.drip(line, b"x" * 9999)


def stall_in_body(server: HostileServer, line: socket.socket) -> None:
    line.sendall(GOOD[:-3])
    hang(server, line)


def flood(server: HostileServer, line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    while not server.over.is_set():
        line.sendall(b"x" * 65536)


BOMB: Final = gzip.compress(bytes(50_000_000))

FAULTS: Final[dict[str, tuple[Behaviour, ErrorCode]]] = {
    "hangs": (hang, ErrorCode.NETWORK_TIMEOUT),
    "drips headers for ever": (drip_headers, ErrorCode.NETWORK_TIMEOUT),
    "drips the body for ever": (drip_body, ErrorCode.NETWORK_TIMEOUT),
    "does not say how long its answer is": (answering(b"HTTP/1.1 200 OK\r\n\r\n{}"), ErrorCode.AGENCY_GARBLED),
    "stalls in the body": (stall_in_body, ErrorCode.NETWORK_TIMEOUT),
    "hangs up at once": (answering(b""), ErrorCode.NETWORK_UNREACHABLE),
    "hangs up in the body": (answering(GOOD[:-3]), ErrorCode.NETWORK_UNREACHABLE),
    "speaks something else": (answering(b"220 mail.example ESMTP\r\n"), ErrorCode.AGENCY_GARBLED),
    "speaks noise": (answering(bytes(range(256)) * 4), ErrorCode.AGENCY_GARBLED),
    "has too many headers": (
        answering(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n"),
        ErrorCode.AGENCY_GARBLED,
    ),
    "has a header without an end": (
        answering(b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 100_000),
        ErrorCode.AGENCY_GARBLED,
    ),
    "lies about its chunks": (
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        ErrorCode.AGENCY_GARBLED,
    ),
    "floods": (flood, ErrorCode.AGENCY_GARBLED),
    "announces and sends too much": (answering(response(b"x" * 20_000)), ErrorCode.AGENCY_GARBLED),
    "sends a gzip bomb": (answering(response(BOMB, "Content-Encoding: gzip")), ErrorCode.AGENCY_GARBLED),
    "sends a bomb in two coats": (answering(response(BOMB, "Content-Encoding: gzip, gzip")), ErrorCode.AGENCY_GARBLED),
    "redirects to another host": (
        answering(response(b"", "Location: https://elsewhere.example/", status="302 Found")),
        ErrorCode.AGENCY_GARBLED,
    ),
    "redirects to itself": (
        answering(response(b"", "Location: /v1/tasks", status="307 Temporary Redirect")),
        ErrorCode.AGENCY_GARBLED,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_misbehaves_has_its_code_in_bounded_time(fault: str) -> None:
    behaviour, code = FAULTS[fault]

    with hostile_server(behaviour) as server:
        found = code_of(lambda: get(server.port))

    assert found is code
    assert len(server.requests) == 1


@pytest.mark.parametrize("cut", range(0, len(GOOD), 7))
def test_an_answer_cut_at_any_byte_is_never_taken_for_whole(cut: int) -> None:
    with hostile_server(answering(GOOD[:cut])) as server:
        found = code_of(lambda: get(server.port))

    assert found in {ErrorCode.NETWORK_UNREACHABLE, ErrorCode.AGENCY_GARBLED}


def test_nobody_listening_is_unreachable() -> None:
    assert code_of(lambda: get(free_port())) is ErrorCode.NETWORK_UNREACHABLE


def test_a_name_that_nobody_has_is_unreachable() -> None:
    nowhere = HttpClient("https://agency.invalid", limits=LIMITS, way=Way({}))

    assert code_of(lambda: nowhere.send(Call("GET", "tasks"))) is ErrorCode.NETWORK_UNREACHABLE


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "429 Too Many Requests", "500 Internal Server Error"])
def test_an_answer_comes_back_whole_whatever_its_status(status: str) -> None:
    with hostile_server(answering(response(b"{}", status=status))) as server:
        answer = get(server.port)

    assert (answer.status, answer.body, answer.media_type) == (int(status[:3]), b"{}", "application/json")


def test_a_request_says_who_asks_and_takes_nothing_compressed() -> None:
    with hostile_server(answering(GOOD)) as server:
        HttpClient(f"http://127.0.0.1:{server.port}/v1", language="nl").send(
            Call("PUT", "submissions/1", b'{"a": 1}', TOKEN, {"Content-Type": "application/json"})
        )

    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    first, *headers = head.split("\r\n")
    assert first == "PUT /v1/submissions/1 HTTP/1.1"
    assert {"Accept-Encoding: identity", "Accept-Language: nl", f"Authorization: Bearer {TOKEN}"} <= set(headers)
    assert any(line.startswith("User-Agent: Paraph/") for line in headers)
    assert body == '{"a": 1}'


# ── downloads ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_download_streams_and_leaves_refusals_whole() -> None:
    taken = bytearray()
    with hostile_server(answering(response(b"%PDF" * 500, media_type="application/pdf"))) as server:
        answer = client(server.port).download(Call("GET", "document"), taken.extend, LIMITS)
    with hostile_server(answering(response(b"no", status="410 Gone"))) as server:
        refused = client(server.port).download(Call("GET", "document"), taken.extend, LIMITS)

    assert (answer.status, answer.body, bytes(taken)) == (200, b"", b"%PDF" * 500)
    assert (refused.status, refused.body) == (410, b"no")


def test_a_download_stops_at_its_limit() -> None:
    taken = bytearray()
    with hostile_server(flood) as server:
        web = client(server.port)
        found = code_of(lambda: web.download(Call("GET", "document"), taken.extend, LIMITS))

    assert found is ErrorCode.AGENCY_GARBLED
    assert len(taken) <= LIMITS.answer


# ── TLS ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def secure(port: int, roots: Path | None = None) -> HttpClient:
    return HttpClient(f"https://127.0.0.1:{port}", limits=LIMITS, way=Way(roots=(roots,) if roots else ()))


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    tls, _ = make_certificate(tmp_path)
    with hostile_server(answering(GOOD), tls) as server:
        found = code_of(lambda: secure(server.port).send(Call("GET", "tasks", bearer=TOKEN)))

    assert found is ErrorCode.NETWORK_TLS
    assert server.requests == []


@pytest.mark.parametrize("wrong", [{"name": "agency.example"}, {"name": "127.0.0.2"}, {"valid": False}], ids=str)
def test_a_trusted_certificate_of_another_name_or_time_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    tls, roots = make_certificate(tmp_path, **wrong)  # type: ignore[arg-type]
    with hostile_server(answering(GOOD), tls) as server:
        found = code_of(lambda: secure(server.port, roots).send(Call("GET", "tasks", bearer=TOKEN)))

    assert found is ErrorCode.NETWORK_TLS
    assert server.requests == []


def test_a_certificate_of_a_given_root_is_taken(tmp_path: Path) -> None:
    tls, roots = make_certificate(tmp_path)
    with hostile_server(answering(GOOD), tls) as server:
        answer = secure(server.port, roots).send(Call("GET", "tasks"))

    assert answer.body == BODY


def test_roots_that_are_given_count_beside_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (tls, system_root), (other_tls, given_root) = make_certificate(one), make_certificate(other)
    monkeypatch.setenv("SSL_CERT_FILE", str(system_root))
    for each in (tls, other_tls):
        with hostile_server(answering(GOOD), each) as server:
            assert secure(server.port, given_root).send(Call("GET", "tasks")).body == BODY


def test_roots_that_cannot_be_read_are_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("no certificate")
    for file in (tmp_path / "roots.pem", tmp_path / "nowhere.pem"):
        assert code_of(lambda file=file: secure(443, file)) is ErrorCode.SETTINGS_BROKEN  # type: ignore[misc]


def test_no_setting_of_the_environment_adds_roots_to_given_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, wanted = tmp_path / "served", tmp_path / "wanted"
    served.mkdir()
    wanted.mkdir()
    tls, their_root = make_certificate(served)
    _, our_root = make_certificate(wanted)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(their_root))
    with hostile_server(answering(GOOD), tls) as server:
        found = code_of(lambda: secure(server.port, our_root).send(Call("GET", "tasks")))

    assert found is ErrorCode.NETWORK_TLS


def test_plain_http_behind_an_https_address_is_a_tls_fault() -> None:
    with hostile_server(answering(GOOD)) as server:
        found = code_of(lambda: secure(server.port).send(Call("GET", "tasks")))

    assert found is ErrorCode.NETWORK_TLS


def test_a_handshake_that_hangs_is_cut(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts in the kernel, and never says a word
        found = code_of(lambda: secure(listener.getsockname()[1]).send(Call("GET", "tasks")))

    assert found is ErrorCode.NETWORK_TIMEOUT


# ── where calls go ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_system_proxy_is_asked_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_server(answering(response(b"", status="403 Forbidden"))) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        web = HttpClient("https://agency.example", limits=LIMITS)
        found = code_of(lambda: web.send(Call("GET", "tasks", bearer=TOKEN)))

    assert found is ErrorCode.NETWORK_PROXY
    assert proxy.requests[0].startswith(b"CONNECT agency.example:443 ")
    assert TOKEN.encode() not in proxy.requests[0]


def test_a_proxy_that_is_not_there_is_told_as_such() -> None:
    web = HttpClient("https://agency.example", limits=LIMITS, way=Way({"https": f"http://127.0.0.1:{free_port()}"}))
    assert code_of(lambda: web.send(Call("GET", "tasks"))) is ErrorCode.NETWORK_PROXY


def test_the_name_and_password_of_a_systems_proxy_are_in_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with hostile_server(answering(response(b"", status="407 Proxy Authentication Required"))) as proxy:
        monkeypatch.setenv("https_proxy", f"http://marie:s3cret-word@127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        web = HttpClient("https://agency.example", limits=LIMITS)
        with pytest.raises(SignerError) as refused:
            web.send(Call("GET", "tasks"))

    assert refused.value.code is ErrorCode.NETWORK_PROXY_LOGIN
    assert b"proxy-authorization" in proxy.requests[0].lower()  # it was used
    said = caplog.text + "".join(traceback.format_exception(refused.value))
    assert "s3cret-word" not in said
    assert "marie" not in said


def test_settings_without_a_proxy_beat_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    none = Proxy(via="none").proxies
    web = HttpClient("https://agency.invalid", limits=LIMITS, way=Way(none))
    assert code_of(lambda: web.send(Call("GET", "tasks"))) is ErrorCode.NETWORK_UNREACHABLE


def test_a_proxy_that_drips_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_server(drip_headers) as proxy:
        web = HttpClient("https://agency.example", limits=LIMITS, way=Way({"https": f"http://127.0.0.1:{proxy.port}"}))
        found = code_of(lambda: web.send(Call("GET", "tasks")))

    assert found is ErrorCode.NETWORK_TIMEOUT


def test_this_very_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with hostile_server(answering(GOOD)) as server:
        answer = get(server.port)

    assert answer.body == BODY


def test_a_netrc_does_not_replace_our_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with hostile_server(answering(GOOD)) as server:
        get(server.port)

    assert f"Authorization: Bearer {TOKEN}".encode() in server.requests[0]


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/v1/tasks",
        "//elsewhere.example/v1/tasks",
        "/v2/tasks",
        "../admin",
        "contracts/../../admin",
        "contracts/%2e%2e/%2e%2e/admin",
    ],
)
def test_no_link_leads_away_from_the_base(path: str) -> None:
    with hostile_server(answering(GOOD)) as server:
        found = code_of(lambda: client(server.port).send(Call("GET", path, bearer=TOKEN)))

    assert found is ErrorCode.AGENCY_GARBLED
    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "http://agency.example/",
        "http://127.0.0.1.example/",
        "ftp://127.0.0.1/",
        "https://",
        "https://user:word@agency.example/",
        "https://agency.example/?a=b",
        "https://agency.example:99999/",
        "https://[/",
    ],
)
def test_an_address_that_is_not_safe_to_speak_to_is_refused(address: str) -> None:
    assert code_of(lambda: HttpClient(address)) is ErrorCode.SETTINGS_BROKEN


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "ä", "\u20ac", "x" * 5000])
def test_a_token_that_does_not_fit_a_header_is_not_sent(token: str) -> None:
    with hostile_server(answering(GOOD)) as server:
        found = code_of(lambda: client(server.port).send(Call("GET", "tasks", bearer=token)))

    assert found is ErrorCode.AGENCY_GARBLED
    assert server.requests == []


def test_tokens_and_bodies_are_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call = Call("POST", "sessions", b"s3cret-body", TOKEN)
    with hostile_server(answering(response(b"s3cret-answer", "X-Token: s3cret-header"))) as server:
        answer = client(server.port).send(call)

    shown = caplog.text + repr(call) + repr(answer)
    assert "/v1/sessions" in caplog.text
    assert TOKEN not in shown
    assert "s3cret" not in shown


def test_a_root_that_the_system_trusts_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, root = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))  # where OpenSSL looks for the system's
    with hostile_server(answering(GOOD), tls) as server:
        answer = secure(server.port).send(Call("GET", "tasks"))

    assert answer.body == BODY


def test_each_call_begins_a_trace_of_its_own() -> None:
    with hostile_server(answering(GOOD)) as server:
        get(server.port)
        get(server.port)

    traces = [re.findall(rb"traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-01\r\n", sent) for sent in server.requests]
    assert len(traces[0]) == len(traces[1]) == 1
    assert traces[0] != traces[1]
