"""Time-stamp services that are down, slow or lying: what becomes of each answer."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from asn1crypto import cms

from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.http import Limits
from signer.trust.services import Service
from tests.lying_stamper import SLOW_S, lying_stamper
from tests.stamping_desk import door_to, time_stamps

DIGEST = hashlib.sha256(b"a signature's value").digest()

# Which service, and why its answer is not taken. docs/signatures.md has the same table.
OUTCOMES = {
    "slow": "TimeoutError",
    "unavailable": "TIME_STAMP status 503",
    "captive-portal": "time-stamp: ValueError",
    "empty": "time-stamp: ValueError",
    "huge": "more than",
    "refusing": "time-stamp: ValueError",
    "without-a-token": "time-stamp: ValueError",
    "another-nonce": "time-stamp: ",
    "no-nonce": "time-stamp: ",
    "another-imprint": "time-stamp: over something else",
    "broken-signature": "a signature that does not hold",
    "yesterday": "a time that cannot be",
    "tomorrow": "a time that cannot be",
    "expired": "not trusted: ",
    "not-for-time-stamps": "not trusted: ",
    "of-nobody-we-know": "not trusted: ",
    "too-bulky": "larger than its room",
}


@pytest.fixture(scope="module")
def liar(served_pki: TestPki) -> Iterator[str]:
    with lying_stamper(served_pki) as url:
        yield url


@pytest.fixture(scope="module")
def urls(liar: str) -> dict[str, str]:
    return {"down": "http://127.0.0.1:9/tsa"} | {lie: liar + lie for lie in ("honest", "good", *OUTCOMES)}


def stamp(pki: TestPki, *urls: str, patience_s: float = 30) -> cms.ContentInfo:
    limits = {Service.TIME_STAMP: Limits(connect_s=5, read_s=patience_s, total_s=60, answer=1 << 17)}
    door = door_to(pki)
    patience = replace(door, limits={**door.limits, **limits})
    return asyncio.run(time_stamps(pki, urls, patience).async_timestamp(DIGEST, "sha256"))


@pytest.mark.parametrize("lie", ["down", *OUTCOMES])
def test_no_answer_is_taken_that_does_not_hold(lie: str, urls: dict[str, str], served_pki: TestPki) -> None:
    with pytest.raises(SignerError) as caught:
        stamp(served_pki, urls[lie], patience_s=SLOW_S / 2 if lie == "slow" else 30)
    assert caught.value.code is ErrorCode.TIMESTAMP_UNAVAILABLE
    assert OUTCOMES.get(lie, "ConnectionRefusedError") in caught.value.detail


def test_the_next_service_is_asked_until_one_answer_holds(urls: dict[str, str], served_pki: TestPki) -> None:
    lies = [url for lie, url in urls.items() if lie not in {"honest", "good", "slow"}]
    told = stamp(served_pki, *lies, urls["honest"])["content"]["encap_content_info"]["content"].parsed
    assert told["message_imprint"]["hashed_message"].native == DIGEST


def test_the_log_says_which_service_gave_what(
    urls: dict[str, str], served_pki: TestPki, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "paraph.stamping"):
        stamp(served_pki, urls["yesterday"], urls["honest"])
    assert f"no time-stamp from {urls['yesterday']}" in caplog.text


def test_the_liar_s_certificates_are_good_where_nothing_is_said_to_be_wrong(
    urls: dict[str, str], served_pki: TestPki
) -> None:
    assert stamp(served_pki, urls["good"])


def test_no_service_at_all_is_said(served_pki: TestPki) -> None:
    with pytest.raises(SignerError) as caught:
        stamp(served_pki)
    assert caught.value.detail == "no service is set"
