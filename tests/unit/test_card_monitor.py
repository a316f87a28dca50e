"""What is said of readers and cards: the table, and a stub of PC/SC for what no virtual reader can do."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

import pytest
from smartcard import scard

from eidcard.applet import Applet
from eidcard.monitor import (
    STATE_AFTER,
    CardEvent,
    CardMonitor,
    CardState,
    Happening,
    ReaderView,
    Situation,
    after,
    news,
)
from eidcard.pcsc import ReaderState
from signer.errors import ErrorCode, SignerError

DEADLINE_S = 10.0
EMPTY, PRESENT = scard.SCARD_STATE_EMPTY, scard.SCARD_STATE_PRESENT
MUTE, EXCLUSIVE, IN_USE = scard.SCARD_STATE_MUTE, scard.SCARD_STATE_EXCLUSIVE, scard.SCARD_STATE_INUSE


def state(reader: str, flags: int, count: int = 0) -> ReaderState:
    return ReaderState(reader, flags | count << 16, b"\x3b\x00" if flags & PRESENT else b"")


def test_every_happening_has_its_state_and_every_state_its_happening() -> None:
    assert set(STATE_AFTER) == set(Happening)
    assert set(STATE_AFTER.values()) == set(CardState)


@pytest.mark.parametrize("what", [h for h in Happening if h not in {Happening.SERVICE_STOPPED, Happening.READER_WENT}])
def test_beside_a_ready_card_nothing_else_matters(what: Happening) -> None:
    before = after(Situation(), CardEvent(Happening.CARD_IS_EID, "a", Applet.V1_8))
    now = after(before, CardEvent(what, "b"))
    assert now.state is (CardState.NO_READER if what is Happening.SERVICE_STARTED else CardState.READY)
    assert now.event == CardEvent(what, "b")


@pytest.mark.parametrize("happening", list(Happening))
def test_one_reader_is_as_its_last_event_says(happening: Happening) -> None:
    before = after(Situation(), CardEvent(Happening.CARD_CAME, "a"))
    now = after(before, CardEvent(happening, "a"))
    seen = STATE_AFTER[happening]
    assert now.state is (CardState.NO_READER if seen is CardState.SKIPPED else seen)
    expected = () if seen in {CardState.NO_READER, CardState.SERVICE_OFF} else (ReaderView("a", seen),)
    assert now.readers == expected


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((), (state("a", EMPTY),), [Happening.READER_CAME]),
        ((), (state("a", PRESENT),), [Happening.READER_CAME, Happening.CARD_CAME]),
        ((state("a", EMPTY),), (), [Happening.READER_WENT]),
        ((state("a", EMPTY),), (state("a", PRESENT, 1),), [Happening.CARD_CAME]),
        ((state("a", PRESENT, 1),), (state("a", EMPTY, 2),), [Happening.CARD_WENT]),
        ((state("a", PRESENT, 1),), (state("a", PRESENT, 3),), [Happening.CARD_WENT, Happening.CARD_CAME]),
        ((state("a", EMPTY),), (state("a", PRESENT | MUTE, 1),), [Happening.CARD_IS_MUTE]),
        ((state("a", PRESENT),), (state("a", PRESENT | EXCLUSIVE | IN_USE),), [Happening.CARD_IS_KEPT]),
        ((state("a", PRESENT | EXCLUSIVE),), (state("a", PRESENT),), [Happening.CARD_CAME]),
        ((state("a", PRESENT),), (state("a", PRESENT | IN_USE),), []),  # that may be we
        ((), (state("Windows Hello for Business 1", PRESENT),), [Happening.VIRTUAL_READER_CAME]),
        (
            (state("Windows Hello for Business 1", PRESENT),),
            (state("Windows Hello for Business 1", PRESENT, 7),),
            [],
        ),
    ],
)
def test_two_looks_at_the_readers_tell_what_happened_between(
    before: tuple[ReaderState, ...], now: tuple[ReaderState, ...], told: list[Happening]
) -> None:
    assert [event.what for event in news(before, now)] == told


class StubPcsc:
    """PC/SC with readers that come and go; ``show`` changes what there is and wakes who sleeps."""

    def __init__(self, *states: ReaderState) -> None:
        self.states: tuple[ReaderState, ...] | None = states
        self.cards: dict[str, Applet | ErrorCode] = {}
        self.looks = 0
        self._news = threading.Event()

    def show(self, *states: ReaderState, service: bool = True) -> None:
        self.states = states if service else None
        self._news.set()

    def readers(self) -> tuple[ReaderState, ...]:
        self.looks += 1
        if self.states is None:
            raise SignerError(ErrorCode.SERVICE_STOPPED)
        return self.states

    def recognise(self, reader: str) -> Applet:
        card = self.cards[reader]
        if isinstance(card, ErrorCode):
            raise SignerError(card)
        return card

    def sleep(self, longest_s: float | None = None) -> None:
        self._news.wait(longest_s)
        self._news.clear()

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        self.states = ()


class Told:
    """What a listener was told, in order."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[Situation] = queue.SimpleQueue()

    def until(self, state: CardState) -> list[CardState]:
        """Wait until this state is told; gives all that was told until then."""
        states: list[CardState] = []
        while not states or states[-1] is not state:
            states.append(self.queue.get(timeout=DEADLINE_S).state)
        return states


def test_a_reader_is_plugged_in_a_card_comes_and_both_go() -> None:
    pcsc, told = StubPcsc(), Told()
    pcsc.cards["a"] = Applet.V1_8
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        assert told.until(CardState.NO_READER) == [CardState.NO_READER]
        pcsc.show(state("a", EMPTY))
        assert told.until(CardState.NO_CARD) == [CardState.NO_CARD]
        pcsc.show(state("a", PRESENT, 1))
        assert told.until(CardState.READY) == [CardState.READING, CardState.READY]
        pcsc.show()
        assert told.until(CardState.NO_READER) == [CardState.NO_READER]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (ErrorCode.NOT_AN_EID, CardState.NOT_AN_EID),
        (ErrorCode.CARD_UNRESPONSIVE, CardState.UNRESPONSIVE),
        (ErrorCode.CARD_UNKNOWN, CardState.UNRESPONSIVE),
        (ErrorCode.CARD_IN_USE, CardState.IN_USE),
        (ErrorCode.CARD_REMOVED, CardState.NO_CARD),
    ],
)
def test_what_a_card_answers_tells_its_state(card: ErrorCode, expected: CardState) -> None:
    pcsc, told = StubPcsc(state("a", EMPTY)), Told()
    pcsc.cards["a"] = card
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        told.until(CardState.NO_CARD)
        pcsc.show(state("a", PRESENT, 1))
        assert told.until(expected) == [CardState.READING, expected]


def test_a_card_in_anothers_transaction_is_ready_when_that_ends_although_nothing_tells() -> None:
    pcsc, told = StubPcsc(state("a", PRESENT)), Told()
    pcsc.cards["a"] = ErrorCode.CARD_IN_USE
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        told.until(CardState.IN_USE)
        pcsc.cards["a"] = Applet.V1_8
        assert told.until(CardState.READY) == [CardState.READY]


def test_a_card_that_keeps_us_waiting_is_in_use_and_its_late_answer_counts() -> None:
    pcsc, told, go_on = StubPcsc(state("a", PRESENT)), Told(), threading.Event()

    def stalled(_: str) -> Applet:
        assert go_on.wait(DEADLINE_S)
        return Applet.V1_7

    with CardMonitor(told.queue.put, pcsc, stalled):
        assert told.until(CardState.IN_USE)[-2:] == [CardState.READING, CardState.IN_USE]
        go_on.set()
        assert told.until(CardState.READY) == [CardState.READY]


def test_the_late_answer_of_a_card_that_was_pulled_is_not_taken_for_the_next_ones() -> None:
    pcsc, told, go_on = StubPcsc(state("a", PRESENT, 1)), Told(), threading.Event()
    applets = [Applet.V1_7, Applet.V1_8]

    def stalled(_: str) -> Applet:
        applet = applets.pop(0)
        assert applet is Applet.V1_8 or go_on.wait(DEADLINE_S)
        return applet

    with CardMonitor(told.queue.put, pcsc, stalled):
        told.until(CardState.IN_USE)
        pcsc.show(state("a", PRESENT, 3))
        assert told.until(CardState.READY) == [CardState.NO_CARD, CardState.READING, CardState.READY]
        go_on.set()
        pcsc.show(state("a", PRESENT, 3), state("b", EMPTY))
        situation = told.queue.get(timeout=DEADLINE_S)
    assert [view.applet for view in situation.ready] == [Applet.V1_8]


def test_of_several_readers_each_is_told_and_the_eid_counts() -> None:
    pcsc = StubPcsc(
        state("Windows Hello for Business 1", PRESENT), state("bank", PRESENT), state("old", PRESENT), state("b", EMPTY)
    )
    pcsc.cards |= {"bank": ErrorCode.NOT_AN_EID, "old": Applet.V1_1}
    told = Told()
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        situation = Situation()
        while len(situation.readers) < 4 or situation.state is not CardState.READY:
            situation = told.queue.get(timeout=DEADLINE_S)
    assert {view.name: (view.state, view.applet) for view in situation.readers} == {
        "Windows Hello for Business 1": (CardState.SKIPPED, None),
        "bank": (CardState.NOT_AN_EID, None),
        "old": (CardState.READY, Applet.V1_1),
        "b": (CardState.NO_CARD, None),
    }
    assert [view.name for view in situation.ready] == ["old"]


def test_a_service_that_stops_and_starts_is_followed() -> None:
    pcsc, told = StubPcsc(state("a", PRESENT)), Told()
    pcsc.cards["a"] = Applet.V1_8
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        told.until(CardState.READY)
        pcsc.show(service=False)
        assert told.until(CardState.SERVICE_OFF) == [CardState.SERVICE_OFF]
        pcsc.show(state("a", PRESENT))
        assert told.until(CardState.READY)[-2:] == [CardState.READING, CardState.READY]


def test_the_same_is_not_told_twice_and_a_wait_without_news_looks_at_nothing() -> None:
    pcsc, told = StubPcsc(state("a", EMPTY)), Told()
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        told.until(CardState.NO_CARD)
        pcsc.show(state("a", EMPTY | IN_USE))
        pcsc.show(state("a", PRESENT | MUTE, 1))
        assert told.until(CardState.UNRESPONSIVE) == [CardState.UNRESPONSIVE]
        looks = pcsc.looks
        with suppress(queue.Empty):
            told.queue.get(timeout=0.2)
            pytest.fail("told again")
    assert looks == pcsc.looks <= 4


def test_a_card_that_was_pulled_while_it_was_read_is_gone_once() -> None:
    pcsc, told = StubPcsc(state("a", PRESENT, 1)), Told()
    pcsc.cards["a"] = ErrorCode.CARD_REMOVED
    with CardMonitor(told.queue.put, pcsc, pcsc.recognise):
        told.until(CardState.READING)
        told.until(CardState.NO_CARD)
        pcsc.show(state("a", EMPTY, 2), state("b", EMPTY))
        assert [view.name for view in told.queue.get(timeout=DEADLINE_S).readers] == ["a", "b"]


def test_a_listener_that_fails_is_told_the_next_event_all_the_same() -> None:
    pcsc, told = StubPcsc(), Told()

    def tell(situation: Situation) -> None:
        told.queue.put(situation)
        raise ZeroDivisionError

    with CardMonitor(tell, pcsc, pcsc.recognise):
        told.until(CardState.NO_READER)
        pcsc.show(state("a", EMPTY))
        told.until(CardState.NO_CARD)


def test_a_listener_may_stop_the_monitor() -> None:
    pcsc, stopped = StubPcsc(), threading.Event()

    def tell(_: Situation) -> None:
        monitor.stop()
        stopped.set()

    monitor = CardMonitor(tell, pcsc, pcsc.recognise)
    monitor.start()
    assert stopped.wait(DEADLINE_S)
    monitor.stop()
    assert not monitor._thread.is_alive()
