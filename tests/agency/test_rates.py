"""Whoever knocks too often waits, told how long; others are served, and the client keeps to it."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from agency.rates import Rates
from signer.agency.refusals import refusal
from signer.delivery import _after, next_try
from signer.errors import ErrorCode
from signer.http import Answer
from signer.outbox import LONGEST_WAIT
from tests.agency.world import NOW, AgencyServer, refused

GUESSED = {"oneTimeToken": "a-token-that-somebody-made-up"}


class Clock:
    """Seconds that the test turns on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def knock(agency_server: AgencyServer, address: str) -> httpx.Response:
    """Guess a link's token, through a proxy on this machine that says for whom."""
    return httpx.post(f"{agency_server.url}/v1/sessions", json=GUESSED, headers={"X-Forwarded-For": address})


def test_one_address_that_guesses_is_stopped_and_told_when_to_come_back(
    agency_server: AgencyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(agency_server._app.state, "rates", Rates(clock))
    answers = [knock(agency_server, "203.0.113.9") for _ in range(61)]
    assert [refused(each) for each in answers[:60]] == [(403, "linkUnknown")] * 60
    assert refused(answers[60]) == (429, "tooMany")
    assert answers[60].headers["Retry-After"] == "2"
    assert refused(knock(agency_server, "203.0.113.10")) == (403, "linkUnknown")
    page = httpx.get(f"{agency_server.url}/open/{uuid4().hex}", headers={"X-Forwarded-For": "203.0.113.9"})
    assert page.status_code == 429
    assert "Wait a quarter of an hour" in page.text
    clock.now = 2.0
    assert refused(knock(agency_server, "203.0.113.9")) == (403, "linkUnknown")


def test_what_is_asked_with_a_token_is_not_counted(agency_server: AgencyServer) -> None:
    worker = agency_server.worker(agency_server.publish())
    headers = {"X-Forwarded-For": "203.0.113.11"}
    assert {worker.client.get("/v1/tasks", headers=headers).status_code for _ in range(70)} == {200}


def test_a_bucket_fills_again_with_time() -> None:
    clock = Clock()
    rates = Rates(clock)
    assert [rates.wait("203.0.113.1") for _ in range(60)] == [0] * 60
    assert rates.wait("203.0.113.1") == 2
    clock.now = 2.0
    assert [rates.wait("203.0.113.1"), rates.wait("203.0.113.1")] == [0, 2]
    clock.now = 10_000.0
    assert [rates.wait("203.0.113.1") for _ in range(61)].count(0) == 60


def test_a_household_of_ipv6_is_one_and_this_machine_is_none() -> None:
    rates = Rates(Clock())
    assert [rates.wait(f"2001:db8:1:2::{number:x}") for number in range(1, 62)].count(0) == 60
    assert rates.wait("2001:db8:1:3::1") == 0
    for local in ("127.0.0.1", "::1", ""):
        assert {rates.wait(local) for _ in range(200)} == {0}


def test_a_flood_of_addresses_takes_no_memory_without_end() -> None:
    rates = Rates(Clock())
    for number in range(30_000):
        rates.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rates._left) <= 10_000


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), (" 120 ", 120), ("", None), ("soon", None), ("-1", None), ("99999999", None)]
)
def test_the_client_reads_how_long_it_shall_wait(said: str, seconds: int | None) -> None:
    error = refusal(Answer(429, {"retry-after": said, "content-type": "text/html"}, b""))
    assert (error.code, error.again_s) == (ErrorCode.AGENCY_BUSY, seconds)


def test_the_next_try_is_when_the_agency_asks_and_never_later_than_ever() -> None:
    ours = next_try(1, NOW, 0)
    for said, expected in (("2", ours), ("3600", None), ("900000", NOW + LONGEST_WAIT)):
        error = refusal(Answer(503, {"retry-after": said}, b""))
        wait = _after(error, NOW, ours)
        assert wait == (expected or wait)
        assert (wait - NOW).total_seconds() == (3600 if expected is None else (expected - NOW).total_seconds())
