"""The monitor on a real pcscd: cards and the daemon come and go, other programs take the card, and what it costs."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from smartcard import scard

from eidcard.applet import Applet
from eidcard.monitor import CardMonitor, CardState, Situation
from eidcard.simulator.faults import Answer
from eidcard.simulator.stack import SOCKET_VARIABLE, PrivatePcscd
from tests.bare_loop import BareLoop
from tests.readers import InsertCard

DEADLINE_S = 10.0
OUR_SHARE_S = 0.050
ROUNDS = 4
READERS = 2  # vpcd makes two at once
IDLE_S = 1.0


class Told:
    """What the monitor tells, with the moment at which it did."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[float, Situation]] = queue.SimpleQueue()
        self.states: list[CardState] = []
        self.last = Situation()

    def take(self, situation: Situation) -> None:
        self._queue.put((time.monotonic(), situation))

    def until(self, state: CardState) -> float:
        """Wait until this is told; gives when it was."""
        while True:
            at, self.last = self._queue.get(timeout=DEADLINE_S)
            if self.states[-1:] != [self.last.state]:
                self.states.append(self.last.state)
            if self.last.state is state:
                return at


@pytest.fixture
def told(pcscd: PrivatePcscd) -> Iterator[Told]:
    told = Told()
    with CardMonitor(told.take):
        while len(told.last.readers) < READERS:
            told.until(CardState.NO_CARD)
        told.states.clear()
        yield told


@pytest.mark.parametrize(("applet", "version"), [("1.7", Applet.V1_7), ("1.8", Applet.V1_8)])
def test_a_card_is_read_and_ready_and_gone(told: Told, insert_card: InsertCard, applet: str, version: Applet) -> None:
    inserted = insert_card(applet)
    told.until(CardState.READY)
    assert told.states == [CardState.READING, CardState.READY]
    assert [view.applet for view in told.last.ready] == [version]
    inserted.remove()
    told.until(CardState.NO_CARD)
    inserted.insert()
    told.until(CardState.READY)


def test_a_card_that_is_no_eid_is_said_to_be_none(told: Told, insert_card: InsertCard) -> None:
    inserted = insert_card()
    told.until(CardState.READY)
    inserted.remove()
    told.until(CardState.NO_CARD)
    inserted.card.plan(Answer(b"\x6a\x82", ins=0xA4))
    inserted.insert()
    told.until(CardState.NOT_AN_EID)


@contextmanager
def another_program(share: int) -> Iterator[Any]:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, readers = scard.SCardListReaders(context, [])
    status, card, _ = scard.SCardConnect(context, readers[0], share, scard.SCARD_PROTOCOL_T0)
    assert status == scard.SCARD_S_SUCCESS
    try:
        yield card
    finally:
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        scard.SCardReleaseContext(context)


def test_a_card_that_another_program_keeps_is_in_use_until_it_lets_go(told: Told, insert_card: InsertCard) -> None:
    insert_card()
    told.until(CardState.READY)
    with another_program(scard.SCARD_SHARE_EXCLUSIVE):
        told.until(CardState.IN_USE)
    told.until(CardState.READY)


def test_a_card_in_anothers_transaction_is_in_use_and_the_monitor_does_not_hang(
    pcscd: PrivatePcscd, insert_card: InsertCard
) -> None:
    insert_card()
    with another_program(scard.SCARD_SHARE_SHARED) as card:
        assert scard.SCardBeginTransaction(card) == scard.SCARD_S_SUCCESS
        told = Told()
        with CardMonitor(told.take):
            told.until(CardState.IN_USE)
            assert scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD) == scard.SCARD_S_SUCCESS
            told.until(CardState.READY)


def test_a_monitor_stops_at_once_and_uses_no_processor_while_nothing_happens(pcscd: PrivatePcscd) -> None:
    told = Told()
    monitor = CardMonitor(told.take)
    monitor.start()
    told.until(CardState.NO_CARD)
    before = time.process_time()
    threading.Event().wait(IDLE_S)
    used = time.process_time() - before
    begun = time.monotonic()
    monitor.stop()
    assert time.monotonic() - begun < DEADLINE_S / 10
    assert used < IDLE_S / 50


def test_our_own_share_of_the_delay_is_small(told: Told, insert_card: InsertCard) -> None:
    inserted = insert_card()
    told.until(CardState.READY)
    shares: dict[str, list[float]] = {"gone": [], "come": [], "ready": []}
    with BareLoop() as bare:
        for _ in range(ROUNDS):
            inserted.link.remove()
            shares["gone"].append(told.until(CardState.NO_CARD) - bare.seen.get(timeout=DEADLINE_S))
            inserted.link.insert()
            come = told.until(CardState.READING)
            ready = told.until(CardState.READY)
            seen = bare.seen.get(timeout=DEADLINE_S)
            shares["come"].append(come - seen)
            shares["ready"].append(ready - seen)
    print({name: f"{1000 * median(values):.1f} ms, most {1000 * max(values):.1f}" for name, values in shares.items()})
    assert {name for name, values in shares.items() if median(values) > OUR_SHARE_S} == set()


# libpcsclite looks for its daemon once in a process: what concerns the daemon is tried in a process of its own.

_WATCH = """
import sys
from eidcard.monitor import CardMonitor
with CardMonitor(lambda now: now.event.reader.endswith('01') or print(now.state.name, flush=True)):
    sys.stdin.read()
"""


@pytest.fixture
def socket_link() -> Iterator[Path]:
    with TemporaryDirectory(prefix="paraph-") as folder:
        yield Path(folder) / "pcscd.comm"


def told_until(client: subprocess.Popen[str], state: str) -> list[str]:
    assert client.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != state:
        lines.append(client.stdout.readline().strip())
        assert lines[-1], "the monitor ended"
    return lines


def test_a_daemon_that_is_killed_and_a_new_one_are_followed(socket_link: Path) -> None:
    environment = os.environ | {SOCKET_VARIABLE: str(socket_link)}
    command = [sys.executable, "-c", _WATCH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as client:
        assert told_until(client, "SERVICE_OFF") == ["SERVICE_OFF"]
        with PrivatePcscd() as daemon:
            socket_link.symlink_to(daemon.socket_path)
            assert told_until(client, "NO_CARD") == ["NO_READER", "NO_CARD"]
            os.kill(daemon.pid, signal.SIGKILL)
            assert told_until(client, "SERVICE_OFF") == ["SERVICE_OFF"]
        socket_link.unlink()
        with PrivatePcscd() as successor:
            socket_link.symlink_to(successor.socket_path)
            assert told_until(client, "NO_CARD") == ["NO_READER", "NO_CARD"]
            assert client.stdin is not None
            client.stdin.close()
            assert client.wait(DEADLINE_S) == 0
