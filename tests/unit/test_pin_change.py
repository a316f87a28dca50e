"""Changing a PIN: what costs a try, what does not, and that every PIN is sent once and wiped."""

from __future__ import annotations

from contextlib import closing

import pytest

from eidcard.pin import Pin
from eidcard.pin_change import PinChange
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorConnection
from eidcard.simulator.faults import Answer, Pull, Reset
from eidcard.simulator.people import ADULT
from eidcard.simulator.pin_state import pin_block
from eidcard.simulator.pinpad import Key, SimulatedPinpad
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.traffic import TracedConnection
from signer.errors import ErrorCode, SignerError
from tests.pins import typed

OLD, NEW, OTHER = "271828182845", "314159265358", "161803398874"
CHANGE_PIN = 0x24


@pytest.fixture(params=["1.7", "1.8"])
def card(request: pytest.FixtureRequest, test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, request.param), pin=OLD)


def opened(card: SimulatedCard) -> PinChange:
    return PinChange.open(TracedConnection(SimulatorConnection(SimulatedReader(card))))


@pytest.fixture
def keys() -> SimulatedPinpad:
    return SimulatedPinpad()


def opened_at_keys(card: SimulatedCard, keys: SimulatedPinpad) -> PinChange:
    return PinChange.open(SimulatorConnection(SimulatedReader(card, keys)))


def refusal(change: PinChange, old: str = OLD, new: str = NEW, again: str = NEW) -> SignerError:
    with pytest.raises(SignerError) as caught:
        change.change(typed(old), typed(new), typed(again))
    return caught.value


def is_pin(card: SimulatedCard, digits: str) -> bool:
    return card.pin.check(pin_block(digits))


def changes_sent(card: SimulatedCard) -> int:
    return sum(header[1] == CHANGE_PIN for header in card.headers)


def test_the_new_pin_works_and_the_old_one_no_longer(card: SimulatedCard) -> None:
    with closing(opened(card)) as change:
        assert change.tries_left == 3
        change.change(typed(OLD), typed(NEW), typed(NEW))
    assert is_pin(card, NEW)
    assert not is_pin(card, OLD)
    assert changes_sent(card) == 1


def test_a_wrong_pin_tells_the_tries_left_and_the_last_one_blocks(card: SimulatedCard) -> None:
    change = opened(card)
    told = [(error.code, error.tries_left) for error in (refusal(change, old=OTHER) for _ in range(3))]
    assert told == [(ErrorCode.PIN_WRONG, 2), (ErrorCode.PIN_WRONG, 1), (ErrorCode.PIN_BLOCKED, 0)]
    assert change.tries_left == 0
    assert changes_sent(card) == 3


def test_a_blocked_card_is_told_before_anybody_types(card: SimulatedCard) -> None:
    card.pin.tries_left = 0
    with pytest.raises(SignerError) as caught:
        opened(card)
    assert caught.value.code is ErrorCode.PIN_BLOCKED


@pytest.mark.parametrize(
    ("old", "new", "again", "code"),
    [
        (OLD, NEW, OTHER, ErrorCode.PIN_NOT_REPEATED),
        (OLD, NEW, NEW[:-1], ErrorCode.PIN_NOT_REPEATED),
        (OLD, "123", "123", ErrorCode.PIN_FORMAT),
        ("123", NEW, NEW, ErrorCode.PIN_FORMAT),
        ("", NEW, NEW, ErrorCode.PIN_FORMAT),
    ],
)
def test_what_is_no_pin_or_not_repeated_is_never_sent(
    card: SimulatedCard, old: str, new: str, again: str, code: ErrorCode
) -> None:
    assert refusal(opened(card), old, new, again).code is code
    assert changes_sent(card) == 0
    assert card.pin.tries_left == 3


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Pull(ins=CHANGE_PIN), ErrorCode.CARD_REMOVED),
        (Reset(ins=CHANGE_PIN), ErrorCode.CARD_RESET),
        (Answer(b"\x90", ins=CHANGE_PIN), ErrorCode.CARD_GARBLED),
        (Answer(b"\x6a\x80", ins=CHANGE_PIN), ErrorCode.CARD_REFUSED),
        (Answer(b"\x64\x02", ins=CHANGE_PIN), ErrorCode.PIN_NOT_REPEATED),
    ],
)
def test_a_mishap_at_the_change_sends_nothing_twice(
    card: SimulatedCard, fault: Pull | Reset | Answer, code: ErrorCode
) -> None:
    change = opened(card)
    card.plan(fault)
    assert refusal(change).code is code
    assert changes_sent(card) == 1
    assert is_pin(card, OLD)


@pytest.mark.parametrize("old", [OLD, OTHER, "123"])
@pytest.mark.parametrize("again", [NEW, OTHER])
def test_all_three_are_wiped_whatever_happens(card: SimulatedCard, old: str, again: str) -> None:
    pins: list[Pin] = [typed(old), typed(NEW), typed(again)]
    try:
        opened(card).change(*pins)
    except SignerError as error:
        assert error.code.support_id.startswith("PIN-")  # noqa: PT017 - one of the six is accepted
    assert [any(pin._buffer) for pin in pins] == [False] * 3


def test_an_old_card_is_left_alone(test_pki: TestPki) -> None:
    card = SimulatedCard(test_pki.person(ADULT, Generation.V1_1))
    with pytest.raises(SignerError) as caught:
        opened(card)
    assert caught.value.code is ErrorCode.CARD_TOO_OLD
    assert card.pin.tries_left == 3


def test_the_log_of_the_traffic_has_neither_pin(card: SimulatedCard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(1):
        opened(card).change(typed(OLD), typed(NEW), typed(NEW))
    assert "CHANGE PIN     00240001 (16 bytes) -> 9000" in caplog.text
    told = caplog.text.replace(" ", "")
    assert not any(secret in told for secret in (OLD[:6], NEW[:6]))


def test_a_reader_with_keys_changes_the_pin_without_one_of_ours(card: SimulatedCard, keys: SimulatedPinpad) -> None:
    keys.press(OLD, NEW, NEW)
    with closing(opened_at_keys(card, keys)) as change:
        assert (change.at_reader, change.tries_left) == (True, 3)
        change.change_at_reader()
    assert is_pin(card, NEW)
    assert (changes_sent(card), keys.asked) == (1, 3)


@pytest.mark.parametrize(
    ("pressed", "code", "tries_left", "asked"),
    [
        ((OLD, NEW, OTHER), ErrorCode.PIN_NOT_REPEATED, 3, 3),
        ((OTHER, NEW, NEW), ErrorCode.PIN_WRONG, 2, 3),
        ((Key.CANCEL,), ErrorCode.PIN_CANCELLED, 3, 1),
        ((OLD, Key.CANCEL), ErrorCode.PIN_CANCELLED, 3, 2),
        ((OLD, NEW, Key.NOTHING), ErrorCode.PIN_TIMEOUT, 3, 3),
        ((OLD, "123"), ErrorCode.PIN_FORMAT, 3, 2),
    ],
)
def test_what_goes_wrong_at_the_keys_changes_nothing_and_is_kept_apart(
    card: SimulatedCard,
    keys: SimulatedPinpad,
    pressed: tuple[str | Key, ...],
    code: ErrorCode,
    tries_left: int,
    asked: int,
) -> None:
    keys.press(*pressed)
    change = opened_at_keys(card, keys)
    with pytest.raises(SignerError) as caught:
        change.change_at_reader()
    assert caught.value.code is code
    assert (change.tries_left, card.pin.tries_left, keys.asked) == (tries_left, tries_left, asked)
    assert is_pin(card, OLD)


class OnlyVerifies(SimulatorConnection):
    """A reader whose keys can verify a PIN, and change none."""

    def features(self) -> bytes:
        return super().features()[:6]


def test_where_the_keys_only_verify_the_new_pin_is_ours_to_ask(card: SimulatedCard, keys: SimulatedPinpad) -> None:
    change = PinChange.open(OnlyVerifies(SimulatedReader(card, keys)))
    assert not change.at_reader
    change.change(typed(OLD), typed(NEW), typed(NEW))
    assert is_pin(card, NEW)
    assert keys.asked == 0


def test_a_card_pulled_while_the_keys_ask_is_gone(card: SimulatedCard, keys: SimulatedPinpad) -> None:
    keys.press(OLD, NEW, NEW)
    change = opened_at_keys(card, keys)
    card.plan(Pull(ins=CHANGE_PIN))
    with pytest.raises(SignerError) as caught:
        change.change_at_reader()
    assert caught.value.code is ErrorCode.CARD_REMOVED
    assert is_pin(card, OLD)


def test_pins_of_ours_are_wiped_unsent_where_the_reader_asks(card: SimulatedCard, keys: SimulatedPinpad) -> None:
    pins = [typed(OLD), typed(NEW), typed(NEW)]
    with pytest.raises(SignerError) as caught:
        opened_at_keys(card, keys).change(*pins)
    assert caught.value.code is ErrorCode.PIN_FORMAT
    assert [len(pin) for pin in pins] == [0] * 3
    assert (changes_sent(card), keys.asked) == (0, 0)


def test_without_keys_there_is_no_change_at_the_reader(card: SimulatedCard) -> None:
    change = opened(card)
    assert not change.at_reader
    with pytest.raises(ValueError, match="no keys"):
        change.change_at_reader()
