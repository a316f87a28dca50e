"""Mishaps on demand: each befalls the card where it was told to, once, and has a text form that says so."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from eidcard.apdu import CommandApdu
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService, SimulatorConnection
from eidcard.simulator.faults import (
    Answer,
    CardPulledError,
    CardResetError,
    Cut,
    Garble,
    Mishap,
    Pull,
    Reset,
    Stall,
    Stretch,
    parse,
)
from eidcard.simulator.pace import Pace
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError

SELECT_IDENTITY = bytes.fromhex("00A4080C063F00DF014031")
READ = bytes.fromhex("00B0000010")
WRONG_PIN = bytes.fromhex("0020000108249999FFFFFFFFFF")
CARD_DATA = bytes.fromhex("80E400001C")
VERIFY_INS, READ_INS, DATA_INS = 0x20, 0xB0, 0xE4


@pytest.fixture
def card(test_pki: TestPki) -> SimulatedCard:
    card = SimulatedCard(test_pki.person(ADULT))
    card.process(SELECT_IDENTITY)
    return card


@pytest.mark.parametrize(
    ("mishap", "strike"),
    [
        pytest.param(Answer(b"\x6f\x00"), lambda _: b"\x6f\x00", id="answered"),
        pytest.param(Cut(5), lambda whole: whole[:5], id="cut"),
        pytest.param(Cut(0), lambda _: b"", id="cut to nothing"),
        pytest.param(Stretch(3), lambda whole: whole[:-2] + b"\xff" * 3 + whole[-2:], id="stretched"),
        pytest.param(Stall(0.01), lambda whole: whole, id="late"),
    ],
)
def test_an_answer_is_changed_once_and_only_where_it_was_told(
    card: SimulatedCard, mishap: Mishap, strike: Callable[[bytes], bytes]
) -> None:
    whole = card.process(READ)
    card.plan(mishap)

    first, second = card.process(READ), card.process(READ)

    assert (first, second) == (strike(whole), whole)


def test_rubbish_has_the_answers_length_and_status_and_is_the_same_each_time(card: SimulatedCard) -> None:
    whole = card.process(READ)
    garbled = []
    for seed in (1, 1, 2):
        card.plan(Garble(seed))
        garbled.append(card.process(READ))

    assert garbled[0] == garbled[1] != garbled[2]
    assert {(len(answer), answer[-2:]) for answer in garbled} == {(len(whole), b"\x90\x00")}
    assert whole not in garbled


def test_rubbish_in_place_of_a_bare_status_word_is_another_one(card: SimulatedCard) -> None:
    card.plan(Garble())
    assert len(answer := card.process(SELECT_IDENTITY)) == 2
    assert answer != b"\x90\x00"


@pytest.mark.parametrize("at", [1, 3])
def test_a_mishap_counts_commands_from_the_plan_on(card: SimulatedCard, at: int) -> None:
    card.plan(Answer(b"\x6f\x00", at=at))
    assert [card.process(READ) == b"\x6f\x00" for _ in range(4)] == [number == at for number in range(1, 5)]


def test_a_mishap_counts_the_commands_of_its_kind_alone(card: SimulatedCard) -> None:
    card.plan(Answer(b"\x6f\x00", at=2, ins=READ_INS))
    answers = [card.process(command) for command in (READ, CARD_DATA, CARD_DATA, READ, READ)]
    assert [answer == b"\x6f\x00" for answer in answers] == [False, False, False, True, False]


def test_several_mishaps_strike_each_in_its_place(card: SimulatedCard) -> None:
    card.plan(Cut(1, at=1), Answer(b"\x6f\x00", at=2, ins=DATA_INS), Pull(at=3))
    answers = [card.process(CARD_DATA), card.process(CARD_DATA)]
    with pytest.raises(CardPulledError):
        card.process(CARD_DATA)
    assert [len(answer) for answer in answers] == [1, 2]


def test_a_new_plan_ends_the_one_before(card: SimulatedCard) -> None:
    card.plan(Pull(), Pull(at=2))
    card.plan()
    assert card.process(READ)[-2:] == b"\x90\x00"


@pytest.mark.parametrize(("late", "tries_left"), [(False, 3), (True, 2)])
def test_a_card_is_pulled_before_it_saw_the_command_or_after(card: SimulatedCard, late: bool, tries_left: int) -> None:
    card.plan(Pull(late=late, ins=VERIFY_INS))
    with pytest.raises(CardPulledError):
        card.process(WRONG_PIN)
    assert card.pin.tries_left == tries_left


def test_an_answer_in_the_cards_place_leaves_the_card_as_it_was(card: SimulatedCard) -> None:
    card.plan(Answer(b"\x63\xc1", ins=VERIFY_INS))
    assert card.process(WRONG_PIN) == b"\x63\xc1"
    assert card.pin.tries_left == 3


def test_a_reset_forgets_what_was_selected_and_does_not_hear_the_command(card: SimulatedCard) -> None:
    card.plan(Reset(ins=VERIFY_INS))
    with pytest.raises(CardResetError):
        card.process(WRONG_PIN)
    assert card.process(READ) == b"\x69\x86"
    assert card.pin.tries_left == 3


def test_a_reset_is_told_by_a_card_in_this_process_and_signing_goes_on_after_it(card: SimulatedCard) -> None:
    reader = SimulatedReader(card)
    connection = SimulatorConnection(reader)
    card.plan(Reset())
    with pytest.raises(SignerError) as refusal, connection.transaction():
        connection.transmit(CommandApdu(0x80, 0xE4, 0x00, 0x00, le=0x1C))
    assert refusal.value.code is ErrorCode.CARD_RESET
    assert SimulatorCardService(reader).find_key().info.tries_left == 3


@pytest.mark.parametrize(
    "mishap",
    [
        Pull(),
        Pull(late=True, at=4),
        Answer(b"\x6f\x00", ins=VERIFY_INS),
        Cut(0, at=2),
        Stretch(9, at=3, ins=READ_INS),
        Garble(7),
        Reset(ins=DATA_INS, at=2),
        Stall(0.25, at=12),
    ],
    ids=str,
)
def test_a_text_form_says_all_of_a_mishap(mishap: Mishap) -> None:
    assert parse(str(mishap)) == mishap


@pytest.mark.parametrize(
    ("text", "mishap"),
    [
        ("pull", Pull()),
        ("PULL@PSO", Pull(ins=0x2A)),
        (" cut@read:3 ", Cut(1, at=3, ins=READ_INS)),
        ("stall@2", Stall(1.0, at=2)),
    ],
)
def test_a_text_may_leave_out_what_is_usual(text: str, mishap: Mishap) -> None:
    assert parse(text) == mishap


@pytest.mark.parametrize(
    "text", ["", "trip", "pull@0", "pull@never", "pull=soon", "sw=6", "cut=x", "reset=1", "stall=long", "pull@pso:-1"]
)
def test_a_text_that_is_no_mishap_says_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="say pull, pull=late"):
        parse(text)


def test_a_pace_is_time_for_each_command_and_for_each_byte() -> None:
    pace = Pace(milliseconds=15, bytes_per_second=10_000)
    assert pace.seconds(sent=20, answered=80) == pytest.approx(0.025)
    assert Pace().seconds(1000, 1000) == 0


def test_a_card_takes_the_time_of_its_pace(test_pki: TestPki) -> None:
    card = SimulatedCard(test_pki.person(ADULT), pace=Pace(milliseconds=5, bytes_per_second=3_000))
    start = time.perf_counter()
    card.process(CARD_DATA)
    assert time.perf_counter() - start >= 0.005 + (5 + 30) / 3_000


@pytest.mark.parametrize("pace", [(-1.0, 0.0), (0.0, -1.0)])
def test_no_card_takes_less_than_no_time(pace: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no less than no time"):
        Pace(*pace)
