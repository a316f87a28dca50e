"""A reader's own keys: how they are found, what they are told to ask, and what their answers mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from eidcard.apdu import ResponseApdu
from eidcard.connection import CardConnection
from eidcard.errors import require_pin_ok
from eidcard.pinpad import find_pinpad
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.faults import Pull
from eidcard.simulator.people import ADULT
from eidcard.simulator.pinpad import Key, SimulatedPinpad
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry
from signer.ports import SigningKey
from tests.pins import typed
from tests.unit.scripted_card import ScriptedCard

PIN_VERIFY = "1E1E8947040C0402010409000000000D000000002000010820FFFFFFFFFFFFFF"
PIN_MODIFY = (
    "1E1E89470400080C040302030409000102000000150000000024000110"  # everything before the two empty blocks
    "20FFFFFFFFFFFFFF20FFFFFFFFFFFFFF"
)
SPR_PIN_VERIFY = PIN_VERIFY.replace("1E1E89", "1E1E01")
GEMPC_PIN_VERIFY = PIN_VERIFY.replace("0C04", "0804")
PPDU_FEATURES = "FFC2010000"
PPDU_VERIFY = f"FFC2010620{PIN_VERIFY}"
PPDU_MODIFY = f"FFC201072D{PIN_MODIFY}"
CODE, CHANGE_CODE = 0x42000DB2, 0x42000DB3
VASCO = "VASCO DIGIPASS 870 [CCID] 00 00"


class ReaderWithCodes(ScriptedCard):
    """A reader that names control codes; what comes by them is kept."""

    def __init__(
        self, features: str, answer: str = "9000", reader: str = "Reader with keys", version: int | None = None
    ) -> None:
        super().__init__(reader=reader)
        self._features = bytes.fromhex(features)
        self._answer = bytes.fromhex(answer)
        self._version = version
        self.controlled: list[tuple[int, str]] = []

    def features(self) -> bytes:
        return self._features

    def control(self, code: int, data: bytes) -> bytes:
        self.controlled.append((code, data.hex().upper()))
        return self._answer

    def firmware(self) -> int | None:
        return self._version


def verify(connection: CardConnection) -> ResponseApdu:
    pinpad = find_pinpad(connection)
    assert pinpad is not None
    return pinpad.verify(connection)


@pytest.mark.parametrize("others", ["", "070442000DB3", "120442000DCC130442330001"], ids=["alone", "first", "later"])
def test_keys_are_found_by_their_control_code_and_told_how_a_pin_is_laid_out(others: str) -> None:
    reader = ReaderWithCodes(f"{others}060442000DB2")
    assert verify(reader).sw == 0x9000
    assert reader.controlled == [(CODE, PIN_VERIFY)]


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        ("Cherry SmartTerminal ST-2xxx 00 00", PIN_MODIFY),
        ("SCM Microsystems Inc. SPRx32 USB Smart Card Reader 0", PIN_MODIFY.replace("1E1E89", "1E1E01")),
        ("Gemalto GemPC Pinpad (J12) 00 00", PIN_MODIFY.replace("0C04", "0804")),
    ],
)
def test_keys_that_change_a_pin_are_told_where_the_old_and_the_new_one_go(reader: str, told: str) -> None:
    connection = ReaderWithCodes("060442000DB2070442000DB3", reader=reader, version=0x0411)
    pinpad = find_pinpad(connection)
    assert pinpad is not None
    assert pinpad.can_change
    assert pinpad.change(connection).sw == 0x9000
    assert connection.controlled == [(CHANGE_CODE, told)]


def test_a_reader_of_pseudo_commands_changes_a_pin_by_them() -> None:
    connection = ScriptedCard((PPDU_FEATURES, "06079000"), (PPDU_MODIFY, "64029000"), reader=VASCO)
    pinpad = find_pinpad(connection)
    assert pinpad is not None
    assert pinpad.change(connection).sw == 0x6402
    assert connection.is_finished


def test_keys_that_only_verify_cannot_change_a_pin() -> None:
    pinpads = [
        find_pinpad(ReaderWithCodes("060442000DB2")),
        find_pinpad(ScriptedCard((PPDU_FEATURES, "069000"), reader=VASCO)),
    ]
    assert [pinpad and pinpad.can_change for pinpad in pinpads] == [False, False]


@pytest.mark.parametrize("features", ["", "0704420000DB", "0604", "0602000D", "0701FF060442000DB2"])
def test_a_reader_that_names_no_such_code_has_no_keys(features: str) -> None:
    assert find_pinpad(ReaderWithCodes(features)) is None


@pytest.mark.parametrize(
    ("reader", "version", "told"),
    [
        ("SCM Microsystems Inc. SPRx32 USB Smart Card Reader 0", 0x0505, SPR_PIN_VERIFY),
        ("SCM Microsystems Inc. SPR 532 (600D5AD4) 00 00", 0x0411, SPR_PIN_VERIFY),
        ("SCM Microsystems Inc. SPRx32 USB Smart Card Reader 0", 0x0506, PIN_VERIFY),
        ("SCM Microsystems Inc. SPRx32 USB Smart Card Reader 0", None, PIN_VERIFY),
        ("Gemalto GemPC Pinpad (J12) 00 00", 0x0100, GEMPC_PIN_VERIFY),
        ("Cherry SmartTerminal ST-2xxx 00 00", 0x0100, PIN_VERIFY),
    ],
)
def test_readers_with_ways_of_their_own_are_told_in_their_way(reader: str, version: int | None, told: str) -> None:
    connection = ReaderWithCodes("060442000DB2", reader=reader, version=version)
    verify(connection)
    assert connection.controlled == [(CODE, told)]


def test_a_reader_of_pseudo_commands_is_asked_by_them() -> None:
    connection = ScriptedCard((PPDU_FEATURES, "06079000"), (PPDU_VERIFY, "63C2"), reader=VASCO)
    assert verify(connection).retries_left == 2
    assert connection.is_finished


def test_a_card_s_answer_that_comes_wrapped_is_the_one_that_counts() -> None:
    connection = ScriptedCard((PPDU_FEATURES, "06079000"), (PPDU_VERIFY, "63C29000"), reader=VASCO)
    assert verify(connection).sw == 0x63C2


@pytest.mark.parametrize("answer", ["6D00", "9000", "07089000"])
def test_a_reader_of_that_name_without_the_feature_has_no_keys(answer: str) -> None:
    connection = ScriptedCard((PPDU_FEATURES, answer), reader=VASCO)
    assert find_pinpad(connection) is None
    assert connection.is_finished


def test_no_other_reader_is_sent_a_pseudo_command() -> None:
    assert find_pinpad(ScriptedCard(reader="ACS ACR38U 00 00")) is None


def test_an_answer_without_a_status_word_is_garbled() -> None:
    with pytest.raises(SignerError) as refusal:
        verify(ReaderWithCodes("060442000DB2", answer="90"))
    assert refusal.value.code is ErrorCode.CARD_GARBLED


@pytest.mark.parametrize(
    ("answer", "code", "tries_left"),
    [
        ("6400", ErrorCode.PIN_TIMEOUT, None),
        ("6401", ErrorCode.PIN_CANCELLED, None),
        ("6402", ErrorCode.PIN_NOT_REPEATED, None),
        ("6403", ErrorCode.PIN_FORMAT, None),
        ("63C1", ErrorCode.PIN_WRONG, 1),
        ("63C0", ErrorCode.PIN_BLOCKED, 0),
        ("6983", ErrorCode.PIN_BLOCKED, 0),
        ("6B80", ErrorCode.CARD_REFUSED, None),
    ],
)
def test_what_keys_answer_is_kept_apart(answer: str, code: ErrorCode, tries_left: int | None) -> None:
    with pytest.raises(SignerError) as refusal:
        require_pin_ok(verify(ReaderWithCodes("060442000DB2", answer=answer)))
    assert (refusal.value.code, refusal.value.tries_left) == (code, tries_left)


def test_a_connection_without_keys_refuses_a_control_code() -> None:
    with pytest.raises(SignerError) as refusal:
        ScriptedCard().control(CODE, b"")
    assert refusal.value.code is ErrorCode.CARD_REFUSED


@pytest.fixture
def keys() -> SimulatedPinpad:
    return SimulatedPinpad()


@pytest.fixture
def card(test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, "1.7"))  # the strict one: PSO straight after VERIFY


@pytest.fixture
def key(card: SimulatedCard, keys: SimulatedPinpad) -> Iterator[SigningKey]:
    with closing(SimulatorCardService(SimulatedReader(card, keys)).find_key()) as key:
        yield key


DIGEST = hashlib.sha256(b"contract").digest()


def refusal_of(key: SigningKey) -> SignerError:
    with pytest.raises(SignerError) as refusal:
        key.sign_digest(DIGEST, None)
    return refusal.value


def test_a_key_behind_keys_signs_without_a_pin_of_ours(key: SigningKey, keys: SimulatedPinpad) -> None:
    keys.press("1234")
    assert key.info.pin_entry is PinEntry.PINPAD
    assert len(key.sign_digest(DIGEST, None)) == 256
    assert keys.asked == 1


def test_a_pin_of_ours_is_refused_and_wiped_where_the_reader_asks(key: SigningKey, keys: SimulatedPinpad) -> None:
    pin = typed("1234")
    with pytest.raises(SignerError) as refusal:
        key.sign_digest(DIGEST, pin)
    assert (refusal.value.code, len(pin), keys.asked) == (ErrorCode.PIN_FORMAT, 0, 0)


@pytest.mark.parametrize(
    ("pressed", "code", "tries_left"),
    [
        (Key.CANCEL, ErrorCode.PIN_CANCELLED, 3),
        (Key.NOTHING, ErrorCode.PIN_TIMEOUT, 3),
        ("123", ErrorCode.PIN_FORMAT, 3),
        ("9999", ErrorCode.PIN_WRONG, 2),
    ],
)
def test_what_a_person_does_at_the_keys_is_told_and_only_a_wrong_pin_costs_a_try(
    key: SigningKey, keys: SimulatedPinpad, card: SimulatedCard, pressed: str | Key, code: ErrorCode, tries_left: int
) -> None:
    keys.press(pressed)
    assert refusal_of(key).code is code
    assert (card.pin.tries_left, key.info.tries_left) == (tries_left, tries_left)
    assert keys.asked == 1


def test_the_last_wrong_pin_at_the_keys_blocks(key: SigningKey, keys: SimulatedPinpad) -> None:
    keys.press("9999", "9999", "9999", "1234")
    refusals = [refusal_of(key) for _ in range(4)]
    assert [error.code for error in refusals] == [ErrorCode.PIN_WRONG] * 2 + [ErrorCode.PIN_BLOCKED] * 2


def test_keys_that_nobody_presses_time_out(card: SimulatedCard) -> None:
    reader = SimulatedReader(card, SimulatedPinpad(patience_s=0.01))
    with closing(SimulatorCardService(reader).find_key()) as key:
        assert refusal_of(key).code is ErrorCode.PIN_TIMEOUT


def test_a_card_pulled_while_the_keys_ask_is_gone(key: SigningKey, keys: SimulatedPinpad, card: SimulatedCard) -> None:
    keys.press("1234")
    card.plan(Pull(ins=0x20))
    assert refusal_of(key).code is ErrorCode.CARD_REMOVED


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("", id="empty"),
        pytest.param(PIN_VERIFY[:-2], id="short command"),
        pytest.param(PIN_VERIFY.replace("8947", "8245"), id="ASCII"),
        pytest.param(PIN_VERIFY.replace("0201", "0001"), id="no OK key"),
        pytest.param(PIN_VERIFY.replace("0D00", "0C00"), id="wrong length"),
        pytest.param(PIN_VERIFY.replace("00200001", "00200002"), id="another PIN"),
    ],
)
def test_the_simulated_keys_refuse_what_would_lay_a_pin_out_wrongly(keys: SimulatedPinpad, block: str) -> None:
    keys.press("1234")
    assert keys.verify(bytes.fromhex(block), lambda _: b"\x90\x00") == b"\x6b\x80"
    assert keys.asked == 0


def test_the_simulated_keys_answer_pseudo_commands_and_hand_all_else_to_the_card(keys: SimulatedPinpad) -> None:
    seen: list[bytes] = []

    def card(apdu: bytes) -> bytes:
        seen.append(apdu)
        return b"\x63\xc2"

    keys.press("123456789012")
    commands = [PPDU_FEATURES, PPDU_VERIFY, "80E400001C", "FFC2010800", f"FFC2010621{PIN_VERIFY}"]
    answers = [keys.process(bytes.fromhex(command), card).hex().upper() for command in commands]

    assert answers == ["06079000", "63C2", "63C2", "6A81", "6A81"]
    assert [apdu.hex().upper() for apdu in seen] == ["00200001082C123456789012FF", "80E400001C"]


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(PIN_MODIFY[:20], id="cut"),
        pytest.param(PIN_MODIFY.replace("0008", "0000", 1), id="new over old"),
        pytest.param(PIN_MODIFY.replace("030203", "020203"), id="new once"),
        pytest.param(PIN_MODIFY.replace("030203", "010203"), id="without the old"),
        pytest.param(PIN_MODIFY.replace("00240001", "00200001"), id="another command"),
    ],
)
def test_the_simulated_keys_change_no_pin_by_a_wrong_block(keys: SimulatedPinpad, block: str) -> None:
    keys.press("1234", "5678", "5678")
    assert keys.modify(bytes.fromhex(block), lambda _: b"\x90\x00") == b"\x6b\x80"
    assert keys.asked == 0


def test_the_simulated_keys_give_the_card_both_pins_at_once(keys: SimulatedPinpad) -> None:
    seen: list[bytes] = []

    def card(apdu: bytes) -> bytes:
        seen.append(apdu)
        return b"\x90\x00"

    keys.press("1234", "123456789012", "123456789012")
    assert keys.process(bytes.fromhex(PPDU_MODIFY), card) == b"\x90\x00"
    assert [apdu.hex().upper() for apdu in seen] == ["0024000110241234FFFFFFFFFF2C123456789012FF"]


def test_eight_digits_are_the_most_where_the_reader_was_told_so(keys: SimulatedPinpad) -> None:
    keys.press("123456789")
    assert keys.verify(bytes.fromhex(GEMPC_PIN_VERIFY), lambda _: b"\x90\x00") == b"\x64\x03"
