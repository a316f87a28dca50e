"""Signing with a card in a reader: a real pcscd, and a simulated card as strict as the real one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from smartcard import scard

from eidcard.cards import PcscCardService
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import Answer, Pull
from eidcard.simulator.people import ADULT, MINOR
from eidcard.traffic import TRAFFIC, Exchange
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from signer.ports import SigningKey
from tests.pins import typed
from tests.readers import InsertCard, InsertedCard

PIN = "314159265358"
WRONG_PIN = "271828182845"
MSE_SET, VERIFY, PSO = 0x22, 0x20, 0x2A
DEADLINE_S = 10.0


@pytest.fixture(params=["1.7", "1.8"])
def inserted(request: pytest.FixtureRequest, insert_card: InsertCard) -> InsertedCard:
    return insert_card(request.param, pin=PIN)


@pytest.fixture
def card(inserted: InsertedCard) -> SimulatedCard:
    return inserted.card


@pytest.fixture
def trace() -> list[Exchange]:
    return []


@pytest.fixture
def service(trace: list[Exchange]) -> Iterator[PcscCardService]:
    with closing(PcscCardService(trace.append)) as service:
        yield service


@pytest.fixture
def key(inserted: InsertedCard, service: PcscCardService) -> Iterator[SigningKey]:
    with closing(service.find_key()) as key:
        yield key


def digest_for(key: SigningKey) -> bytes:
    return hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest()


def sign(key: SigningKey, digits: str = PIN) -> None:
    """Sign and check."""
    digest, info = digest_for(key), key.info
    verify_digest(info.signer.certificate, info.mechanism, digest, key.sign_digest(digest, typed(digits)))


def refusal(key: SigningKey, digits: str = PIN) -> SignerError:
    with pytest.raises(SignerError) as caught:
        key.sign_digest(digest_for(key), typed(digits))
    return caught.value


def verifies(card: SimulatedCard) -> int:
    """Count the VERIFY commands, with a PIN or without, that the card saw."""
    return sum(header[1] == VERIFY for header in card.headers)


def test_one_signature_is_mse_verify_pso_and_nothing_else(
    key: SigningKey, card: SimulatedCard, trace: list[Exchange]
) -> None:
    trace.clear()
    card.headers.clear()

    sign(key)

    algorithm, digest, signature = {"1.7": (0x08, 32, 256), "1.8": (0x02, 48, 96)}[card.generation]
    assert [(e.name, e.header.hex(), e.lc, e.answered, e.sw) for e in trace] == [
        ("MSE SET", "002241b6", 5, 0, 0x9000),
        ("VERIFY", "00200001", 8, 0, 0x9000),
        ("PSO", "002a9e9a", digest, 0, 0x6100 | signature & 0xFF),
        ("GET RESPONSE", "00c00000", 0, signature, 0x9000),
    ]
    assert trace[0].data == bytes((0x04, 0x80, algorithm, 0x84, 0x83))
    assert [header.hex() for header in card.headers] == ["002241b6", "00200001", "002a9e9a", "00c00000"]


def test_the_key_is_found_without_reading_the_identity(key: SigningKey, trace: list[Exchange]) -> None:
    selected = {e.data.hex() for e in trace if e.name == "SELECT"}
    assert {"3f00df005039", "3f00df00503a", "3f00df00503b"} < selected
    assert not {path for path in selected if path.startswith("3f00df01")}
    assert "3f00df005038" not in selected
    assert key.info.tries_left == 3


def test_no_pin_is_in_the_log_of_the_traffic(
    card: SimulatedCard, service: PcscCardService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(1), closing(service.find_key()) as key:
        refusal(key, WRONG_PIN)
        sign(key)
    logged = [record for record in caplog.records if record.name == "paraph.apdu"]
    assert {record.levelno for record in logged} == {TRAFFIC}
    assert any(record.getMessage().startswith("VERIFY") for record in logged)
    told = caplog.text.lower().replace(" ", "")
    block = f"2c{PIN}ff"
    assert not any(secret in told for secret in (PIN, WRONG_PIN, PIN[:6], WRONG_PIN[:6], block, ADULT.national_number))
    assert ADULT.surname.lower().encode().hex() not in told


def test_a_wrong_pin_spends_one_try_and_is_never_repeated(key: SigningKey, card: SimulatedCard) -> None:
    card.headers.clear()

    wrong = refusal(key, WRONG_PIN)

    assert (wrong.code, wrong.tries_left) == (ErrorCode.PIN_WRONG, 2)
    assert card.pin.tries_left == 2
    assert verifies(card) == 1


def test_the_last_try_is_told_before_and_blocks_after(card: SimulatedCard, service: PcscCardService) -> None:
    card.pin.tries_left = 1
    with closing(service.find_key()) as key:
        assert key.info.tries_left == 1
        blocked = refusal(key, WRONG_PIN)
    assert (blocked.code, blocked.tries_left) == (ErrorCode.PIN_BLOCKED, 0)


def test_a_blocked_card_is_found_and_says_so_before_the_pin(card: SimulatedCard, service: PcscCardService) -> None:
    card.pin.tries_left = 0
    with closing(service.find_key()) as key:
        assert key.info.tries_left == 0
        assert refusal(key).code is ErrorCode.PIN_BLOCKED


def test_looking_for_the_key_spends_no_try(key: SigningKey, card: SimulatedCard) -> None:
    assert key.info.tries_left == card.pin.tries_left == 3


def test_a_card_pulled_before_the_pin_is_gone_and_gets_no_command(
    key: SigningKey, card: SimulatedCard, inserted: InsertedCard
) -> None:
    inserted.remove()
    card.headers.clear()
    assert refusal(key).code is ErrorCode.CARD_REMOVED
    assert not card.headers


@pytest.mark.parametrize("command", [MSE_SET, VERIFY, PSO], ids=["at MSE SET", "at VERIFY", "at PSO"])
def test_a_card_pulled_while_signing_is_gone_and_the_pin_is_sent_once_at_most(
    key: SigningKey, card: SimulatedCard, command: int
) -> None:
    card.headers.clear()
    card.plan(Pull(ins=command))
    pin = typed(PIN)

    with pytest.raises(SignerError) as caught:
        key.sign_digest(digest_for(key), pin)

    assert caught.value.code is ErrorCode.CARD_REMOVED
    assert len(pin) == 0
    assert verifies(card) == (0 if command == MSE_SET else 1)


def test_after_the_card_came_back_a_new_key_signs(
    key: SigningKey, card: SimulatedCard, inserted: InsertedCard, service: PcscCardService
) -> None:
    card.plan(Pull(ins=PSO))
    assert refusal(key).code is ErrorCode.CARD_REMOVED
    inserted.remove()
    inserted.insert()
    with closing(service.find_key()) as again:
        sign(again)


def test_a_card_that_garbles_is_told_from_one_that_is_gone(key: SigningKey, card: SimulatedCard) -> None:
    card.plan(Answer(b"\x90", ins=VERIFY))  # half a status word
    assert refusal(key).code is ErrorCode.CARD_GARBLED


def test_a_signature_of_something_else_is_not_given(key: SigningKey, card: SimulatedCard) -> None:
    length = {"1.7": 256, "1.8": 96}[card.generation]
    card.plan(Answer(b"\x01" * length + b"\x90\x00", ins=PSO))
    assert refusal(key).code is ErrorCode.CARD_SIGNED_WRONG


def test_a_card_that_refuses_the_pso_is_said_to_refuse(key: SigningKey, card: SimulatedCard) -> None:
    card.plan(Answer(b"\x69\x82", ins=PSO))
    assert refusal(key).code is ErrorCode.CARD_REFUSED


def test_another_program_that_resets_the_card_does_not_spoil_the_signature(
    key: SigningKey, card: SimulatedCard, inserted: InsertedCard
) -> None:
    another_program_resets(key.info.place)
    card.headers.clear()

    sign(key)

    assert [header.hex() for header in card.headers][-5:] == [
        "00a4040c",
        "002241b6",
        "00200001",
        "002a9e9a",
        "00c00000",
    ]
    assert verifies(card) == 1


def test_a_card_that_another_program_keeps_is_in_use(card: SimulatedCard, service: PcscCardService) -> None:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    reader = service.readers()[0].name
    status, *_ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0)
    assert status == scard.SCARD_S_SUCCESS
    with pytest.raises(SignerError) as caught:
        service.find_key()
    assert caught.value.code is ErrorCode.CARD_IN_USE
    assert scard.SCardReleaseContext(context) == scard.SCARD_S_SUCCESS


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_a_minor_cannot_sign(insert_card: InsertCard, service: PcscCardService, applet: str) -> None:
    insert_card(applet, MINOR)
    with pytest.raises(SignerError) as caught:
        service.find_key()
    assert caught.value.code is ErrorCode.CARD_CANNOT_SIGN


def test_another_card_is_no_eid(card: SimulatedCard, service: PcscCardService) -> None:
    card.plan(Answer(b"\x6a\x82", ins=0xA4))
    with pytest.raises(SignerError) as caught:
        service.find_key()
    assert caught.value.code is ErrorCode.NOT_AN_EID


def another_program_resets(reader: str) -> None:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, handle, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0)
    assert scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD) == scard.SCARD_S_SUCCESS
    assert scard.SCardReleaseContext(context) == scard.SCARD_S_SUCCESS


def test_the_traffic_level_has_a_name() -> None:
    assert logging.getLevelName(TRAFFIC) == "TRAFFIC"
