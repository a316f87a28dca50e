"""The way of a PIN from a face to the card: lent without a copy, wiped by whoever has to."""

from __future__ import annotations

import ctypes

from eidcard.pin import Pin
from tests.pins import typed
from ui.hand import Hand, LendingHand


def digits_of(pin: object) -> bytes:
    assert isinstance(pin, Pin)
    buffer = (ctypes.c_ubyte * 12)()
    return bytes(buffer[: pin.write_ascii(buffer)])


def test_a_hand_gives_its_pin_once() -> None:
    hand, pin = Hand(), typed("1234")
    hand.put(pin)
    assert hand.take() is pin
    assert hand.take() is None


def test_a_pin_that_nobody_took_is_wiped_by_the_next() -> None:
    hand, first = Hand(), typed("1234")
    hand.put(first)
    hand.put(typed("4321"))
    assert len(first) == 0


def test_a_lent_pin_survives_the_wiping_of_who_borrowed_it_and_not_the_lenders() -> None:
    hand, pin = LendingHand(), typed("1234")
    hand.put(pin)
    for _ in range(2):
        lent = hand.take()
        assert lent is not None
        assert digits_of(lent) == b"1234"
        lent.wipe()
        assert digits_of(hand.take()) == b"1234"

    lent = hand.take()
    hand.forget()

    assert hand.take() is None
    assert not hand.full
    assert len(pin) == 0
    assert isinstance(lent, Pin)
    assert bytes(lent._buffer) == bytes(12), "the same buffer: nothing is left in what was lent"


def test_a_hand_that_does_not_lend_gives_its_pin_once_and_forgets_one_that_nobody_took() -> None:
    hand, taken, left = LendingHand(lends=False), typed("1234"), typed("4321")
    hand.put(taken)
    assert hand.take() is taken
    assert hand.take() is None

    hand.put(left)
    hand.forget()

    assert hand.take() is None
    assert len(left) == 0
