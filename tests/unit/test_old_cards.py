"""Cards with applet 1.1, whose keys are too short to sign today: they are read, and never tried."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from eidcard.applet import Applet, CardFile, EidApplet
from eidcard.card_details import Wanted
from eidcard.simulator.card import ATR, SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService, SimulatorConnection
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.traffic import Exchange
from signer.errors import ErrorCode, SignerError

EMPTY_VERIFY = bytes.fromhex("00200001")


@pytest.fixture
def card(test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, Generation.V1_1))


def test_only_its_card_data_tell_it_from_a_newer_one(card: SimulatedCard) -> None:
    assert card.atr == ATR[Generation.V1_7]
    assert EidApplet.open(SimulatorConnection(SimulatedReader(card))).version is Applet.V1_1


def test_its_keys_are_as_short_as_the_real_ones(card: SimulatedCard) -> None:
    signature = card.credentials.signature
    assert signature is not None
    key = x509.load_der_x509_certificate(signature.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024


def test_it_cannot_sign_and_is_asked_nothing_more(card: SimulatedCard) -> None:
    noted: list[Exchange] = []
    with pytest.raises(SignerError) as caught:
        SimulatorCardService(SimulatedReader(card), noted.append).find_key()
    assert caught.value.code is ErrorCode.CARD_TOO_OLD
    assert [exchange.name for exchange in noted] == ["SELECT", "GET CARD DATA"]


def test_its_identity_is_read_without_a_try_being_spent_or_counted(card: SimulatedCard) -> None:
    details = SimulatorCardService(SimulatedReader(card)).card_details(Wanted(address=True, photo=True))
    assert details.identity.national_number == ADULT.national_number
    assert details.address is not None
    assert (details.applet, details.tries_left) == (Applet.V1_1, None)
    assert card.pin.tries_left == 3
    assert not [header for header in card.headers if header[1] == 0x20]


def test_an_empty_verify_would_have_cost_a_try(card: SimulatedCard) -> None:
    assert card.process(EMPTY_VERIFY) == b"\x63\xc2"
    assert card.pin.tries_left == 2


def test_the_pause_after_a_corrected_length_is_kept(card: SimulatedCard) -> None:
    applet = EidApplet.open(SimulatorConnection(SimulatedReader(card)))
    assert applet.read(CardFile.IDENTITY)
    card.process(bytes.fromhex("00A4080C063F00DF014031"))
    assert card.process(bytes.fromhex("00B0000000"))[0] == 0x6C
    assert card.process(bytes.fromhex("00B0000010")) == b"\x6f\x00"
