"""The door to trust services: known hosts, by the proxy that the settings name, whole answers, and no redirect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signer.errors import ErrorCode, SignerError
from signer.http import HttpClient, Limits
from signer.settings import Proxy
from signer.trust.services import Service, ServiceDoor, belgian_time_stamps, european_lists, host_of
from signer.way import Way
from tests.hostile_server import Behaviour, answering, hostile_server, response

QUICK = Limits(connect_s=2, read_s=1, total_s=2, answer=1000)
DOOR = replace(ServiceDoor(frozenset({"127.0.0.1"})), limits=dict.fromkeys(Service, QUICK))


def fetched(behaviour: Behaviour, path: str = "list.crl") -> bytes | ErrorCode:
    with hostile_server(behaviour) as server:
        try:
            return DOOR.get(f"http://127.0.0.1:{server.port}/{path}", Service.CRL)
        except SignerError as error:
            return error.code


def test_a_question_goes_through_the_proxy_of_the_settings_with_nothing_in_its_address() -> None:
    with hostile_server(answering(response(b"answer"))) as server:
        proxy = Proxy(via="manual", address=f"http://127.0.0.1:{server.port}")
        door = ServiceDoor.belgian(way=Way(proxy.proxies))
        answer = door.post(
            "http://ocsp.eidpki.belgium.be/eid/brca6", Service.OCSP, b"serial 4711", "application/ocsp-request"
        )
    assert answer == b"answer"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST http://ocsp.eidpki.belgium.be/eid/brca6 HTTP/1.1\r\n")
    assert b"application/ocsp-request" in head
    assert b"4711" not in head
    assert body in {b"", b"serial 4711"}  # it may come in a packet of its own


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (answering(response(b"whole")), b"whole"),
        (answering(b"HTTP/1.0 200 OK\r\n\r\nends with the line"), b"ends with the line"),
        (answering(response(b"", "Location: http://127.0.0.1/", status="302 Found")), ErrorCode.SERVICE_GARBLED),
        (answering(response(b"x" * 1001)), ErrorCode.SERVICE_GARBLED),
        (answering(response(b"no", status="404 Not Found")), ErrorCode.SERVICE_GARBLED),
        (answering(b"garbage\r\n\r\n"), ErrorCode.SERVICE_GARBLED),
        (answering(b""), ErrorCode.NETWORK_UNREACHABLE),
        (lambda server, line: server.drip(line, response(b"x" * 500)), ErrorCode.NETWORK_TIMEOUT),
    ],
    ids=["whole", "without a length", "redirect", "too large", "no", "garbage", "nothing", "dripping"],
)
def test_an_answer_is_whole_or_none(behaviour: Behaviour, outcome: bytes | ErrorCode) -> None:
    assert fetched(behaviour) == outcome


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/list.crl",
        "http://127.0.0.1/list.crl",
        "ldap://crl.eid.belgium.be/list",
        "file:///etc/passwd",
        "http://crl.eid.belgium.be.elsewhere.example/",
        "http://user@elsewhere.example/crl.eid.belgium.be",
        "http://user@crl.eid.belgium.be/list.crl",
        "http://crl.eid.belgium.be:99999/list.crl",
        "http://[broken",
        "",
    ],
)
def test_other_hosts_and_other_schemes_are_not_asked(url: str) -> None:
    with pytest.raises(SignerError) as caught:
        ServiceDoor.belgian(way=Way({})).get(url, Service.CRL)
    assert caught.value.code is ErrorCode.SERVICE_GARBLED


def test_plain_http_is_for_these_services_alone() -> None:
    with pytest.raises(SignerError) as caught:
        HttpClient("http://agency.example")
    assert caught.value.code is ErrorCode.SETTINGS_BROKEN
    assert HttpClient("http://ocsp.eidpki.belgium.be", signed=True).base_url == "http://ocsp.eidpki.belgium.be"


def test_the_services_that_are_listed_are_known() -> None:
    door = ServiceDoor.belgian()
    assert all(map(door.knows, belgian_time_stamps()))
    assert not door.knows(european_lists()[0])  # only the shelf of lists asks there
    assert door.knowing(european_lists()[0]).knows("https://ec.europa.eu/other")
    assert host_of("http://[broken") == ""


@pytest.mark.parametrize(
    ("proxy", "proxies"),
    [
        (Proxy(), None),
        (Proxy(via="none"), {}),
        (Proxy(via="manual", address="http://p:1"), {"http": "http://p:1", "https": "http://p:1"}),
    ],
)
def test_a_setting_for_the_proxy_means_what_it_says(proxy: Proxy, proxies: dict[str, str] | None) -> None:
    assert proxy.proxies == proxies
