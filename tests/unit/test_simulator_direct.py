"""The card in this process: the same key and the same mishaps as through a reader."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from eidcard.apdu import CommandApdu
from eidcard.card_details import Wanted
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService, SimulatorConnection
from eidcard.simulator.faults import Answer, Pull
from eidcard.simulator.people import ADULT, MINOR
from eidcard.simulator.pki import TestPki
from signer import settings
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from tests.pins import typed

CARD_DATA = CommandApdu(0x80, 0xE4, 0x00, 0x00, le=0x1C)
DEADLINE_S = 10.0


@pytest.fixture
def card(test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT))


@pytest.fixture
def reader(card: SimulatedCard) -> SimulatedReader:
    return SimulatedReader(card)


@pytest.mark.parametrize("generation", ["1.7", "1.8"])
def test_the_key_signs_and_is_marked_test(test_pki: TestPki, generation: str) -> None:
    service = SimulatorCardService(SimulatedReader(SimulatedCard(test_pki.person(ADULT, generation))))
    key = service.find_key()
    mechanism, certificate = key.info.mechanism, key.info.signer.certificate
    digest = hashlib.new(mechanism.digest_algorithm, b"contract").digest()

    signature = key.sign_digest(digest, typed("1234"))

    verify_digest(certificate, mechanism, digest, signature)
    assert key.info.test


def test_a_wrong_pin_costs_a_try_of_the_card(reader: SimulatedReader, card: SimulatedCard) -> None:
    key = SimulatorCardService(reader).find_key()

    with pytest.raises(SignerError) as refusal:
        key.sign_digest(bytes(48), typed("9999"))

    assert (refusal.value.code, refusal.value.tries_left) == (ErrorCode.PIN_WRONG, 2)
    assert card.pin.tries_left == 2


def test_an_empty_reader_has_no_card() -> None:
    with pytest.raises(SignerError) as refusal:
        SimulatorCardService(SimulatedReader()).find_key()

    assert refusal.value.code is ErrorCode.NO_CARD


def test_a_minor_s_card_cannot_sign(test_pki: TestPki) -> None:
    service = SimulatorCardService(SimulatedReader(SimulatedCard(test_pki.person(MINOR))))

    with pytest.raises(SignerError) as refusal:
        service.find_key()

    assert refusal.value.code is ErrorCode.CARD_CANNOT_SIGN


def test_a_card_that_was_pulled_and_put_back_needs_a_new_connection(
    reader: SimulatedReader, card: SimulatedCard
) -> None:
    connection = SimulatorConnection(reader)
    reader.remove()
    reader.insert(card)

    with pytest.raises(SignerError) as refusal:
        connection.transmit(CARD_DATA)

    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert SimulatorConnection(reader).transmit(CARD_DATA).sw == 0x9000


def test_a_fault_can_pull_the_card_while_it_signs(reader: SimulatedReader, card: SimulatedCard) -> None:
    key = SimulatorCardService(reader).find_key()
    card.plan(Pull(ins=0x2A))

    with pytest.raises(SignerError) as refusal:
        key.sign_digest(bytes(48), typed("1234"))

    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert reader.card is None


def test_an_answer_without_a_status_word_is_garbled(reader: SimulatedReader, card: SimulatedCard) -> None:
    card.plan(Answer(b"\x90"))

    with pytest.raises(SignerError) as refusal:
        SimulatorConnection(reader).transmit(CARD_DATA)

    assert refusal.value.code is ErrorCode.CARD_GARBLED


def test_who_waits_is_woken_by_a_card(card: SimulatedCard) -> None:
    reader = SimulatedReader()
    service = SimulatorCardService(reader)
    putting = threading.Thread(target=reader.insert, args=(card,))

    putting.start()
    woken = service.wait_for_change(DEADLINE_S)

    putting.join()
    assert woken
    assert service.find_key().info.test


def test_a_card_that_comes_between_looking_and_waiting_is_not_missed(card: SimulatedCard) -> None:
    reader = SimulatedReader()
    service = SimulatorCardService(reader)
    with pytest.raises(SignerError):
        service.find_key()

    reader.insert(card)

    assert service.wait_for_change(0.0)
    assert not service.wait_for_change(0.0)


def test_the_demo_world_s_settings_choose_person_and_applet(test_pki: TestPki) -> None:
    world = settings.TestWorld(simulator=test_pki.folder, person="greek", applet="1.7")

    service = SimulatorCardService.from_settings(settings.Settings(test=world))

    assert service.reader.card is not None
    assert (service.reader.card.person.id, service.reader.card.generation) == ("greek", "1.7")


@pytest.mark.parametrize("world", [None, settings.TestWorld(), settings.TestWorld(simulator=Path(), person="nobody")])
def test_settings_without_a_simulated_card_are_refused(world: settings.TestWorld | None) -> None:
    with pytest.raises(SignerError) as refusal:
        SimulatorCardService.from_settings(settings.Settings(test=world))

    assert refusal.value.code is ErrorCode.SETTINGS_BROKEN


def test_only_what_is_asked_for_is_read_of_the_holder(reader: SimulatedReader) -> None:
    service = SimulatorCardService(reader)

    plain, whole = service.card_details(), service.card_details(Wanted(address=True, photo=True))

    assert (plain.address, plain.photo) == (None, None)
    assert whole.address is not None
    assert whole.photo is not None
