"""Another program resets the card under our feet: what is safe is done again, a PIN never."""

from __future__ import annotations

import hashlib

import pytest

from eidcard.card_details import Wanted
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.faults import Reset
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.ports import SigningKey
from tests.pins import typed

VERIFY, MSE_SET, PSO = 0x20, 0x22, 0x2A


@pytest.fixture(params=["1.7", "1.8"])
def card(request: pytest.FixtureRequest, test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, request.param))


@pytest.fixture
def service(card: SimulatedCard) -> SimulatorCardService:
    return SimulatorCardService(SimulatedReader(card))


def sign(key: SigningKey) -> None:
    key.sign_digest(hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest(), typed("1234"))


def verifies(card: SimulatedCard) -> int:
    return sum(header[1] == VERIFY for header in card.headers)


@pytest.mark.parametrize("at", [1, 2, 3, 5, 9, 16])
def test_a_reset_while_the_key_is_looked_for_is_not_even_noticed(
    card: SimulatedCard, service: SimulatorCardService, at: int
) -> None:
    card.plan(Reset(at=at))
    sign(service.find_key())


def test_a_reset_while_a_screen_is_read_is_not_noticed_either(
    card: SimulatedCard, service: SimulatorCardService
) -> None:
    card.plan(Reset(at=7))
    assert service.card_details(Wanted(address=True)).identity.name == ADULT.surname


def test_a_card_that_is_reset_again_and_again_is_said_to_be(card: SimulatedCard, service: SimulatorCardService) -> None:
    card.plan(Reset(at=3), Reset(at=6))
    with pytest.raises(SignerError) as caught:
        service.find_key()
    assert caught.value.code is ErrorCode.CARD_RESET


def test_a_reset_before_the_pin_is_mended_and_the_pin_sent_once(
    card: SimulatedCard, service: SimulatorCardService
) -> None:
    key = service.find_key()
    card.plan(Reset(ins=MSE_SET))
    card.headers.clear()
    sign(key)
    assert verifies(card) == 1


@pytest.mark.parametrize("command", [VERIFY, PSO])
def test_a_reset_from_the_pin_on_is_told_and_the_pin_is_not_sent_again(
    card: SimulatedCard, service: SimulatorCardService, command: int
) -> None:
    key = service.find_key()
    card.plan(Reset(ins=command))
    card.headers.clear()
    with pytest.raises(SignerError) as caught:
        sign(key)
    assert caught.value.code is ErrorCode.CARD_RESET
    assert verifies(card) == 1
    sign(key)
