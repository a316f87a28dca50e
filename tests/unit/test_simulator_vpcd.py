"""The link's half of vpcd's protocol, against a reader that the test plays itself, byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from eidcard.simulator.card import ATR, SimulatedCard
from eidcard.simulator.faults import Pull
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.simulator.vpcd import VpcdLink

POWER_ON, RESET, GET_ATR = b"\x01", b"\x02", b"\x04"
CARD_DATA = bytes.fromhex("80E400001C")
DEADLINE_S = 10.0


class Reader:
    """Listens as vpcd does, and looks at the card when the test says so."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(DEADLINE_S)
        self.port: int = self._server.getsockname()[1]
        self._card: socket.socket | None = None

    def accept(self) -> None:
        self._card, _ = self._server.accept()
        self._card.settimeout(DEADLINE_S)

    def send(self, message: bytes) -> None:
        assert self._card is not None
        self._card.sendall(len(message).to_bytes(2, "big") + message)

    def ask(self, message: bytes) -> bytes:
        """Send and take the answer; empty when the card hung up."""
        assert self._card is not None
        self.send(message)
        head = self._card.recv(2, socket.MSG_WAITALL)
        return self._card.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if head else b""

    def power_on(self) -> None:
        self.send(POWER_ON)
        self.ask(GET_ATR)

    def wait_for_end(self) -> None:
        """Wait until the card says nothing more."""
        assert self._card is not None
        while self._card.recv(1):
            pass

    def hang_up(self) -> None:
        assert self._card is not None
        self._card.close()

    def close(self) -> None:
        self._server.close()
        if self._card is not None:
            self._card.close()


@pytest.fixture
def reader() -> Iterator[Reader]:
    played = Reader()
    yield played
    played.close()


@pytest.fixture
def link(test_pki: TestPki, reader: Reader) -> VpcdLink:
    return VpcdLink(SimulatedCard(test_pki.person(ADULT)), reader.port, power_on_s=DEADLINE_S)


@pytest.fixture
def in_a_hurry(link: VpcdLink) -> None:
    """A card that is put in again soon."""
    link.power_on_s = 0.1


@pytest.fixture
def inserting(link: VpcdLink, reader: Reader) -> Iterator[threading.Thread]:
    """An insertion that goes on in its own thread, and is over at the end of the test."""
    thread = threading.Thread(target=link.insert)
    thread.start()
    reader.accept()
    yield thread
    reader.hang_up()
    thread.join(DEADLINE_S)
    link.remove()


def test_a_card_is_in_only_when_the_reader_has_its_answer_to_power_on(
    inserting: threading.Thread, reader: Reader
) -> None:
    reader.ask(GET_ATR)  # a look before: no power yet
    reader.send(POWER_ON)
    answered = reader.ask(CARD_DATA)  # the link has dealt with POWER ON by now
    waiting = inserting.is_alive()

    atr = reader.ask(GET_ATR)
    inserting.join(DEADLINE_S)

    assert answered[-2:] == b"\x90\x00"
    assert waiting
    assert atr == ATR[Generation.V1_8]
    assert not inserting.is_alive()


def test_a_card_is_out_only_when_the_reader_has_missed_it(
    inserting: threading.Thread, reader: Reader, link: VpcdLink
) -> None:
    reader.power_on()
    inserting.join(DEADLINE_S)
    removing = threading.Thread(target=link.remove)

    removing.start()
    reader.wait_for_end()
    reader.send(GET_ATR)
    still_waiting = removing.is_alive()
    reader.hang_up()
    removing.join(DEADLINE_S)

    assert still_waiting
    assert not link.inserted


@pytest.mark.usefixtures("in_a_hurry")
def test_a_card_that_is_taken_for_the_one_before_is_put_in_again(
    inserting: threading.Thread, reader: Reader, link: VpcdLink
) -> None:
    reader.ask(GET_ATR)  # the reader believes that this card was here all the time
    reader.wait_for_end()
    link.power_on_s = DEADLINE_S
    reader.hang_up()

    reader.accept()
    reader.power_on()
    inserting.join(DEADLINE_S)

    assert link.inserted


def test_a_reset_forgets_what_was_prepared(inserting: threading.Thread, reader: Reader) -> None:
    reader.power_on()
    before = reader.ask(bytes.fromhex("002241B6050480028483"))

    reader.send(RESET)

    assert before == b"\x90\x00"
    assert reader.ask(bytes.fromhex("002A9E9A30") + bytes(48)) == b"\x69\x85"


def test_a_fault_hangs_up_in_the_middle_of_a_command(
    inserting: threading.Thread, reader: Reader, link: VpcdLink
) -> None:
    reader.power_on()
    link.card.plan(Pull(ins=0xE4))

    assert reader.ask(CARD_DATA) == b""
    inserting.join(DEADLINE_S)
    assert not inserting.is_alive()  # it was in, and nobody puts it in again


def test_a_reader_that_goes_away_leaves_the_card_out(
    inserting: threading.Thread, reader: Reader, link: VpcdLink
) -> None:
    reader.power_on()
    inserting.join(DEADLINE_S)

    reader.hang_up()
    link.remove()

    assert not link.inserted


def test_a_reader_that_never_powers_the_card_on_is_given_up(link: VpcdLink, reader: Reader) -> None:
    def look_once() -> None:
        reader.accept()
        reader.wait_for_end()
        reader.hang_up()

    played = threading.Thread(target=look_once)
    played.start()

    with pytest.raises(TimeoutError, match="did not power the card on"):
        link.insert(timeout_s=0.1)

    played.join(DEADLINE_S)
    assert not link.inserted
