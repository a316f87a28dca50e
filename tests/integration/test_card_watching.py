"""Cards and the daemon coming and going: what is seen, when, and what is told of it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from eidcard.applet import Applet
from eidcard.card_details import Wanted
from eidcard.cards import CardPresence, PcscCardService
from eidcard.simulator.card import ATR
from eidcard.simulator.people import ADULT
from eidcard.simulator.profiles import Generation
from eidcard.simulator.stack import SOCKET_VARIABLE, PrivatePcscd
from signer.errors import ErrorCode, SignerError
from tests.readers import InsertCard

SOON_S = 5.0
A_WHILE_S = 0.7  # more than one of the slices in which a wait is cut


@pytest.fixture
def service(pcscd: PrivatePcscd) -> Iterator[PcscCardService]:
    with closing(PcscCardService()) as service:
        yield service


def reason(service: PcscCardService) -> ErrorCode:
    with pytest.raises(SignerError) as caught:
        service.find_key()
    return caught.value.code


def test_empty_readers_have_no_card(service: PcscCardService) -> None:
    assert reason(service) is ErrorCode.NO_CARD


def test_a_wait_ends_when_a_card_comes(service: PcscCardService, insert_card: InsertCard) -> None:
    assert reason(service) is ErrorCode.NO_CARD
    late = threading.Timer(A_WHILE_S, insert_card)
    late.start()

    changed = service.wait_for_change(SOON_S)

    late.join()
    assert changed
    with closing(service.find_key()) as key:
        assert key.info.signer.surname == ADULT.surname


def test_a_card_that_came_between_the_search_and_the_wait_is_not_missed(
    service: PcscCardService, insert_card: InsertCard
) -> None:
    assert reason(service) is ErrorCode.NO_CARD
    insert_card()
    begun = time.monotonic()
    assert service.wait_for_change(SOON_S)
    assert time.monotonic() - begun < SOON_S / 2


def test_a_card_that_went_and_came_back_meanwhile_is_a_change(
    service: PcscCardService, insert_card: InsertCard
) -> None:
    inserted = insert_card()
    service.find_key().close()
    inserted.remove()
    inserted.insert()
    assert service.wait_for_change(SOON_S)


def test_a_wait_ends_when_the_card_goes(service: PcscCardService, insert_card: InsertCard) -> None:
    inserted = insert_card()
    service.find_key().close()
    inserted.remove()
    assert service.wait_for_change(SOON_S)
    assert reason(service) is ErrorCode.NO_CARD


def test_our_own_use_of_a_card_is_no_change(service: PcscCardService, insert_card: InsertCard) -> None:
    insert_card()
    key = service.find_key()
    assert not service.wait_for_change(A_WHILE_S)
    key.close()
    assert not service.wait_for_change(A_WHILE_S)


def test_a_wait_without_news_takes_its_time_and_no_longer(service: PcscCardService) -> None:
    begun = time.monotonic()
    assert not service.wait_for_change(A_WHILE_S)
    assert A_WHILE_S <= time.monotonic() - begun < A_WHILE_S + SOON_S / 2


def test_a_service_that_was_restarted_since_the_last_look_is_not_taken_for_a_stopped_one(
    service: PcscCardService, pcscd: PrivatePcscd, insert_card: InsertCard
) -> None:
    inserted = insert_card()
    service.find_key().close()
    pcscd.interrupt()
    inserted.link.remove()
    pcscd.resume()
    inserted.insert()
    service.find_key().close()


@pytest.mark.parametrize(("applet", "version"), [("1.7", Applet.V1_7), ("1.8", Applet.V1_8)])
def test_readers_are_reported_with_what_is_in_them(
    service: PcscCardService, insert_card: InsertCard, applet: str, version: Applet
) -> None:
    insert_card(applet)
    first, second = service.readers()
    assert (first.presence, first.applet) == (CardPresence.EID, version)
    assert first.atr == ATR[Generation(applet)].hex().upper()
    assert (second.presence, second.applet, second.atr) == (CardPresence.EMPTY, None, "")


def test_details_are_what_the_card_was_made_with(service: PcscCardService, insert_card: InsertCard) -> None:
    insert_card("1.7")
    details = service.card_details(Wanted(address=True))
    assert details.identity.national_number == ADULT.national_number
    assert details.address is not None
    assert details.address.municipality == ADULT.municipality
    assert {certificate.role for certificate in details.certificates} == {
        "authentication",
        "signature",
        "ca",
        "root",
        "register",
    }
    assert (details.test, details.tries_left, details.photo) == (True, 3, None)


def test_a_closed_service_works_again_when_it_is_used_again(service: PcscCardService, insert_card: InsertCard) -> None:
    insert_card()
    service.find_key().close()
    service.close()
    service.find_key().close()


# libpcsclite looks for its daemon once in a process: what concerns the daemon is tried in processes of their own.

_NO_DAEMON = """
from eidcard.cards import PcscCardService
from signer.errors import SignerError
service = PcscCardService()
try:
    service.find_key()
except SignerError as error:
    print(error.code.name, service.wait_for_change(0.7))
"""
_DAEMON_ENDS = """
import sys
from eidcard.cards import PcscCardService
from signer.errors import SignerError
service = PcscCardService()
def tell():
    try:
        service.find_key().close()
        print("FOUND", flush=True)
    except SignerError as error:
        print(error.code.name, flush=True)
sys.stdin.readline()
tell()
sys.stdin.readline()
print(service.wait_for_change(10), flush=True)
tell()
sys.stdin.readline()
print(service.wait_for_change(10), flush=True)
tell()
"""


def test_without_a_daemon_the_service_is_stopped_and_a_wait_is_no_error() -> None:
    environment = os.environ | {SOCKET_VARIABLE: "/nowhere/pcscd.comm"}
    ended = subprocess.run(
        [sys.executable, "-c", _NO_DAEMON], capture_output=True, check=True, text=True, env=environment
    )
    assert ended.stdout.split() == ["SERVICE_STOPPED", "False"]


@pytest.fixture
def socket_link() -> Iterator[Path]:
    """A place for a link to a daemon's socket; short, for a socket's path has 107 bytes at most."""
    with TemporaryDirectory(prefix="paraph-") as folder:
        yield Path(folder) / "pcscd.comm"


@pytest.fixture
def client(socket_link: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that tells line by line what it finds, and goes on when it gets a line; the link is its daemon."""
    environment = os.environ | {SOCKET_VARIABLE: str(socket_link)}
    command = [sys.executable, "-c", _DAEMON_ENDS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process
        process.kill()


def told(client: subprocess.Popen[str]) -> str:
    assert client.stdout is not None
    return client.stdout.readline().strip()


def go_on(client: subprocess.Popen[str]) -> None:
    assert client.stdin is not None
    client.stdin.write("\n")
    client.stdin.flush()


def test_a_daemon_that_ends_and_starts_again_is_noticed_both_times(
    socket_link: Path, client: subprocess.Popen[str]
) -> None:
    with PrivatePcscd() as daemon:
        socket_link.symlink_to(daemon.socket_path)
        go_on(client)
        assert told(client) == "NO_CARD"
    socket_link.unlink()
    go_on(client)
    assert [told(client), told(client)] == ["True", "SERVICE_STOPPED"]
    with PrivatePcscd() as successor:
        socket_link.symlink_to(successor.socket_path)
        go_on(client)
        assert [told(client), told(client)] == ["True", "NO_CARD"]
