"""The simulated card is as strict as a real one: what a command costs, when a key signs, what is refused and how."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import Answer, CardPulledError, Pull
from eidcard.simulator.people import ADULT, GREEK, MINOR
from eidcard.simulator.pin_state import PinState, pin_block
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation

OLD, NEW = Generation.V1_7, Generation.V1_8
BOTH = pytest.mark.parametrize("generation", [OLD, NEW])

VERIFY = bytes.fromhex("0020000108241234FFFFFFFFFF")
WRONG_PIN = bytes.fromhex("0020000108249999FFFFFFFFFF")
EMPTY_VERIFY = bytes.fromhex("00200001")
LOG_OFF = bytes.fromhex("80E60000")
CARD_DATA = bytes.fromhex("80E400001C")
DIGEST = {OLD: hashlib.sha256(b"contract").digest(), NEW: hashlib.sha384(b"contract").digest()}
ALGORITHM = {OLD: 0x08, NEW: 0x02}

NewCard = Callable[[Generation], SimulatedCard]


@pytest.fixture
def new_card(test_pki: TestPki) -> NewCard:
    return lambda generation: SimulatedCard(test_pki.person(ADULT, generation))


def mse(generation: Generation, key: int = 0x83) -> bytes:
    return bytes.fromhex("002241B6050480") + bytes((ALGORITHM[generation], 0x84, key))


def pso(generation: Generation) -> bytes:
    return bytes.fromhex("002A9E9A") + bytes((len(DIGEST[generation]),)) + DIGEST[generation]


def run(card: SimulatedCard, *commands: bytes | str) -> list[str]:
    """Give the status words, and the data before them, as hex."""
    answers = [
        card.process(command if isinstance(command, bytes) else bytes.fromhex(command)).hex() for command in commands
    ]
    return [answer.upper() for answer in answers]


def read_file(card: SimulatedCard, path: str) -> bytes:
    content = b""
    assert run(card, f"00A4080C{len(path) // 2:02X}{path}") == ["9000"]
    while True:
        answer = card.process(bytes((0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, 0x00)))
        if answer[-2] == 0x6C:
            answer = card.process(bytes((0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, answer[-1])))
        if answer == b"\x6b\x00":
            return content
        assert answer[-2:] == b"\x90\x00"
        content += answer[:-2]


@BOTH
def test_mse_verify_pso_gives_a_signature_of_the_certificate_s_key(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    certificate = x509.load_der_x509_certificate(read_file(card, "3F00DF005039").rstrip(b"\0"))

    *before, waiting = run(card, mse(generation), VERIFY, pso(generation))
    answer = card.process(bytes.fromhex(f"00C00000{waiting[2:]}"))

    assert before == ["9000", "9000"]
    assert answer[-2:] == b"\x90\x00"
    verify_signature(certificate, answer[:-2], DIGEST[generation])


def verify_signature(certificate: x509.Certificate, signature: bytes, digest: bytes) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        return
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA384())))


@BOTH
def test_one_verify_serves_one_signature(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    first = run(card, mse(generation), VERIFY, pso(generation))

    second = run(card, mse(generation), pso(generation))

    assert first[-1].startswith("61")
    assert second == ["9000", "6982"]


@pytest.mark.parametrize(
    ("generation", "between", "allowed"), [(OLD, 0, True), (OLD, 1, False), (NEW, 1, True), (NEW, 2, False)]
)
def test_commands_between_verify_and_signature_are_counted(
    new_card: NewCard, generation: Generation, between: int, allowed: bool
) -> None:
    card = new_card(generation)

    *_, last = run(card, mse(generation), VERIFY, *[CARD_DATA] * between, pso(generation))

    assert last.startswith("61") if allowed else last == "6982"


@BOTH
def test_a_signature_uses_the_environment_up(new_card: NewCard, generation: Generation) -> None:
    assert run(new_card(generation), mse(generation), VERIFY, pso(generation), pso(generation))[-1] == "6985"


@BOTH
def test_the_environment_must_be_set_before_a_signature(new_card: NewCard, generation: Generation) -> None:
    assert run(new_card(generation), VERIFY, pso(generation)) == ["9000", "6985"]


@BOTH
def test_the_authentication_key_signs_until_log_off(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    sign = (mse(generation, 0x82), pso(generation))

    run(card, VERIFY)
    twice = run(card, *sign, *sign)
    run(card, LOG_OFF)
    after = run(card, *sign)

    assert twice[1].startswith("61")
    assert twice[3].startswith("61")
    assert after[-1] == "6982"


def test_a_reset_forgets_what_was_prepared(new_card: NewCard) -> None:
    card = new_card(NEW)
    run(card, mse(NEW), VERIFY)

    card.reset()

    assert run(card, pso(NEW)) == ["6985"]


@pytest.mark.parametrize("key", [0x82, 0x83])
def test_a_reset_forgets_the_pin(new_card: NewCard, key: int) -> None:
    card = new_card(NEW)
    run(card, VERIFY)

    card.reset()

    assert run(card, mse(NEW, key), pso(NEW)) == ["9000", "6982"]


@BOTH
def test_three_wrong_pins_block_the_card_even_for_the_right_one(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)

    answers = run(card, WRONG_PIN, WRONG_PIN, WRONG_PIN, WRONG_PIN, VERIFY)

    assert answers == ["63C2", "63C1", "63C0", "6983", "6983"]


def test_a_blocked_pin_is_wrong_even_when_it_is_right() -> None:
    pin = PinState("1234")
    for _ in range(3):
        pin.check(pin_block("9999"))

    assert not pin.check(pin_block("1234"))
    assert pin.tries_left == 0


@pytest.mark.parametrize("digits", ["123", "1234567890123", "12a4", "١٢٣٤"])
def test_what_is_no_pin_makes_no_card(digits: str) -> None:
    with pytest.raises(ValueError, match="4 to 12 digits"):
        pin_block(digits)


def test_the_right_pin_gives_the_tries_back(new_card: NewCard) -> None:
    assert run(new_card(NEW), WRONG_PIN, VERIFY, WRONG_PIN) == ["63C2", "9000", "63C2"]


@BOTH
def test_an_empty_verify_tells_the_tries_and_costs_none(new_card: NewCard, generation: Generation) -> None:
    assert run(new_card(generation), EMPTY_VERIFY, EMPTY_VERIFY, WRONG_PIN, EMPTY_VERIFY) == [
        "63C3",
        "63C3",
        "63C2",
        "63C2",
    ]


@pytest.mark.parametrize(
    "block", ["241234000000FFFF", "341234FFFFFFFFFF", "231234FFFFFFFFFF", "24123AFFFFFFFFFF", "2D12345678901234"]
)
def test_a_malformed_pin_block_is_refused_and_costs_no_try(new_card: NewCard, block: str) -> None:
    card = new_card(NEW)

    assert run(card, f"0020000108{block}") == ["6A80"]
    assert card.pin.tries_left == 3


def test_a_wrong_pin_takes_an_earlier_verify_back(new_card: NewCard) -> None:
    card = new_card(NEW)

    assert run(card, mse(NEW), VERIFY, WRONG_PIN, pso(NEW))[-1] == "6982"


@BOTH
def test_the_pin_can_be_changed_with_the_old_one_only(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    new_block = "2556789FFFFFFFFF"

    answers = run(
        card,
        f"0024000110249999FFFFFFFFFF{new_block}",
        f"0024000110241234FFFFFFFFFF{new_block}",
        VERIFY,
        f"0020000108{new_block}",
    )

    assert answers == ["63C2", "9000", "63C2", "9000"]


def test_spent_tries_survive_in_the_state_file(test_pki: TestPki, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    run(SimulatedCard(test_pki.person(ADULT), state_file=state), WRONG_PIN, WRONG_PIN)

    same_card_later = SimulatedCard(test_pki.person(ADULT), state_file=state)

    assert same_card_later.pin.tries_left == 1


def test_a_changed_pin_survives_in_the_state_file_and_cannot_be_read_there(test_pki: TestPki, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    new_block = "2556789FFFFFFFFF"
    change = f"0024000110241234FFFFFFFFFF{new_block}"
    run(SimulatedCard(test_pki.person(ADULT), state_file=state), change, WRONG_PIN)

    same_card_later = SimulatedCard(test_pki.person(ADULT), state_file=state)

    assert same_card_later.pin.tries_left == 2
    assert run(same_card_later, VERIFY, f"0020000108{new_block}") == ["63C1", "9000"]
    assert not any(secret in state.read_text() for secret in ("56789", new_block, new_block.lower()))


def test_a_pin_that_was_never_changed_is_the_one_that_the_card_is_made_with(test_pki: TestPki, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    run(SimulatedCard(test_pki.person(ADULT), state_file=state), WRONG_PIN)

    same_card_later = SimulatedCard(test_pki.person(ADULT), pin="567890", state_file=state)

    assert run(same_card_later, "002000010826567890FFFFFFFF") == ["9000"]


@pytest.mark.parametrize(
    ("generation", "command", "answer"),
    [
        pytest.param(OLD, "00B00000", "6700", id="read without Le"),
        pytest.param(NEW, "00B0000010", "6986", id="read with nothing selected"),
        pytest.param(NEW, "00A4080C063F00DF0150FF", "6A82", id="no such file"),
        pytest.param(NEW, "00A4040C0101", "6A82", id="no such application"),
        pytest.param(NEW, "00A40400023F00", "6A86", id="select that wants an answer"),
        pytest.param(OLD, "80E400001D", "6C1C", id="card data with a wrong Le"),
        pytest.param(OLD, "80E400001B", "6C1C", id="card data with too small a Le"),
        pytest.param(OLD, "80E400011F", "6A86", id="card data of 1.8 on 1.7"),
        pytest.param(NEW, "80E4000100", "6C1F", id="card data of 1.8 with a wrong Le"),
        pytest.param(NEW, "00E400001C", "6E00", id="right instruction, wrong class"),
        pytest.param(NEW, "0070000000", "6D00", id="unknown instruction"),
        pytest.param(NEW, "00A4", "6700", id="shorter than a header"),
        pytest.param(NEW, "00A4080C063F00", "6700", id="Lc longer than the data"),
        pytest.param(NEW, "0020000208241234FFFFFFFFFF", "6A88", id="another PIN's reference"),
        pytest.param(NEW, "0020000104241234FF", "6700", id="PIN block of four bytes"),
        pytest.param(NEW, "002241A4050480028483", "6A86", id="another template"),
        pytest.param(NEW, "002241B6050480038483", "6A80", id="unknown algorithm"),
        pytest.param(OLD, "002241B6050480408483", "6A80", id="algorithm of 1.8 on 1.7"),
        pytest.param(NEW, "002241B6050480028484", "6A88", id="unknown key"),
        pytest.param(NEW, "00C0000060", "6985", id="get response with nothing waiting"),
        pytest.param(OLD, "00880281329430" + "00" * 48, "6D00", id="internal authenticate on 1.7"),
    ],
)
def test_what_is_wrong_is_refused_with_its_status_word(
    new_card: NewCard, generation: Generation, command: str, answer: str
) -> None:
    assert run(new_card(generation), command) == [answer]


def test_reading_tells_how_much_there_is_and_where_it_ends(new_card: NewCard) -> None:
    card = new_card(OLD)

    answers = run(card, "00A4080C063F00DF014033", "00B0000076", "00B0007000", "00B0007500", "00B0800005")

    assert answers == ["9000", "6C75", "6C05", "6B00", "6B00"]


def test_a_file_is_selected_below_the_directory_that_was_named(new_card: NewCard) -> None:
    card = new_card(NEW)
    df01, by_id = "00A4040C0CA000000177496446696C6573", "00A4020C024031"

    assert run(card, by_id, df01, by_id, "00A4020C025038") == ["6A82", "9000", "9000", "6A82"]


@BOTH
def test_get_response_wants_the_very_length(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    *_, waiting = run(card, mse(generation), VERIFY, pso(generation))

    refused, answered = run(card, "00C0000010", f"00C00000{waiting[2:]}")

    assert refused == f"6C{waiting[2:]}"
    assert answered.endswith("9000")


def test_a_signature_with_le_comes_at_once_on_the_new_applet_alone(new_card: NewCard) -> None:
    old, new = new_card(OLD), new_card(NEW)

    on_old = run(old, mse(OLD), VERIFY, pso(OLD) + b"\0")[-1]
    on_new = run(new, mse(NEW), VERIFY, pso(NEW) + b"\x60")[-1]

    assert on_old == "6700"
    assert len(on_new) == 2 * (96 + 2)


@pytest.mark.parametrize(
    ("generation", "algorithm", "digest"),
    [
        (OLD, 0x02, hashlib.sha1(b"x").digest()),
        (OLD, 0x04, hashlib.md5(b"x").digest()),
        (OLD, 0x01, bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(b"x").digest()),
        (OLD, 0x10, hashlib.sha1(b"x").digest()),
        (OLD, 0x20, hashlib.sha256(b"x").digest()),
        (NEW, 0x01, hashlib.sha256(b"x").digest()),
        (NEW, 0x04, hashlib.sha512(b"x").digest()),
        (NEW, 0x08, hashlib.sha3_256(b"x").digest()),
        (NEW, 0x10, hashlib.sha3_384(b"x").digest()),
        (NEW, 0x20, hashlib.sha3_512(b"x").digest()),
        (NEW, 0x40, hashlib.sha256(b"x").digest()),
    ],
)
def test_every_algorithm_takes_its_own_length_and_no_other(
    new_card: NewCard, generation: Generation, algorithm: int, digest: bytes
) -> None:
    card = new_card(generation)
    prepare = (bytes.fromhex("002241B6050480") + bytes((algorithm, 0x84, 0x83)), VERIFY)
    right = bytes.fromhex("002A9E9A") + bytes((len(digest),)) + digest
    too_long = bytes.fromhex("002A9E9AFF") + bytes(0xFF)

    assert run(card, *prepare, right)[-1] == ("6100" if generation is OLD else "6160")
    assert run(card, *prepare, too_long)[-1] == "6700"


def test_raw_rsa_of_a_digest_info_is_the_signature_with_the_hash_named(new_card: NewCard) -> None:
    card = new_card(OLD)
    info = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST[OLD]

    raw = run(card, "002241B6050480018483", VERIFY, "002A9E9A33" + info.hex(), "00C0000000")[-1]
    named = run(card, mse(OLD), VERIFY, pso(OLD), "00C0000000")[-1]

    assert raw == named


def test_the_new_applet_proves_that_it_is_there_without_a_pin(new_card: NewCard) -> None:
    card = new_card(NEW)
    point = read_file(card, "3F00DF014040")
    challenge = hashlib.sha384(b"nonce").digest()

    waiting, answer = run(card, "00880281329430" + challenge.hex(), "00C0000060")

    signature = bytes.fromhex(answer)[:96]
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)
    assert waiting == "6160"
    public.verify(utils.encode_dss_signature(r, s), challenge, ec.ECDSA(utils.Prehashed(hashes.SHA384())))


@BOTH
def test_card_data_names_the_applet_and_on_the_new_one_the_tries(new_card: NewCard, generation: Generation) -> None:
    card = new_card(generation)
    run(card, WRONG_PIN)

    data = card.process(CARD_DATA)

    assert data[21] == {OLD: 0x17, NEW: 0x18}[generation]
    assert generation is OLD or card.process(bytes.fromhex("80E400011F"))[28] == 2


@BOTH
def test_the_register_signs_identity_and_address(new_card: NewCard, test_pki: TestPki, generation: Generation) -> None:
    card = new_card(generation)
    register = x509.load_der_x509_certificate(test_pki.person(ADULT, generation).register.certificate)
    files = {name: read_file(card, f"3F00DF01{name}") for name in ("4031", "4032", "4033", "4034")}

    signed = {"4032": files["4031"], "4034": files["4033"].rstrip(b"\0") + files["4032"]}

    hashed = hashlib.sha256 if generation is OLD else hashlib.sha384
    for name, content in signed.items():
        verify_signature(register, files[name], hashed(content).digest())


def test_the_identity_file_holds_the_person_in_utf8(test_pki: TestPki) -> None:
    card = SimulatedCard(test_pki.person(GREEK))

    fields = tlv(read_file(card, "3F00DF014031"))

    assert fields[0x07].decode() == GREEK.surname
    assert fields[0x08].decode() == GREEK.given_names
    assert fields[0x06].decode() == GREEK.national_number
    assert fields[0x11] == hashlib.sha384(read_file(card, "3F00DF014035")).digest()


def tlv(content: bytes) -> dict[int, bytes]:
    fields, at = {}, 0
    while at < len(content):
        tag, length = content[at], content[at + 1]
        fields[tag] = content[at + 2 : at + 2 + length]
        at += 2 + length
    return fields


def test_a_card_number_passes_its_check(new_card: NewCard) -> None:
    number = tlv(read_file(new_card(NEW), "3F00DF014031"))[0x01].decode()

    assert len(number) == 12
    assert int(number[:10]) % 97 in {int(number[10:]), 0}


@pytest.mark.parametrize(("generation", "padding_length"), [(OLD, 50), (NEW, 1100)])
def test_certificates_end_in_zeros_as_on_real_cards(
    new_card: NewCard, test_pki: TestPki, generation: Generation, padding_length: int
) -> None:
    content = read_file(new_card(generation), "3F00DF005039")

    signature = test_pki.person(ADULT, generation).signature
    assert signature is not None
    assert content == signature.certificate + bytes(padding_length)


@pytest.mark.parametrize(("generation", "length"), [(OLD, 1300), (NEW, 2500)])
def test_a_minor_s_card_has_zeros_for_a_certificate_and_no_key(
    test_pki: TestPki, generation: Generation, length: int
) -> None:
    card = SimulatedCard(test_pki.person(MINOR, generation))

    assert read_file(card, "3F00DF005039") == bytes(length)
    assert run(card, mse(generation)) == ["6A88"]


def test_the_photo_is_a_jpeg_of_a_real_one_s_size(new_card: NewCard) -> None:
    photo = read_file(new_card(NEW), "3F00DF014035")

    assert (photo[:3], photo[-2:]) == (b"\xff\xd8\xff", b"\xff\xd9")
    assert 2500 < len(photo) < 3500


def test_a_fault_answers_in_the_cards_place_once(new_card: NewCard) -> None:
    card = new_card(NEW)
    card.plan(Answer(bytes.fromhex("6F00"), at=2))

    answers = run(card, *[CARD_DATA] * 5)

    assert [answer[-4:] for answer in answers] == ["9000", "6F00", "9000", "9000", "9000"]


def test_a_fault_pulls_the_card_at_an_instruction(new_card: NewCard) -> None:
    card = new_card(NEW)
    card.plan(Pull(ins=0x2A))
    run(card, mse(NEW), VERIFY)

    with pytest.raises(CardPulledError):
        run(card, pso(NEW))


def test_what_is_kept_of_commands_holds_no_pin(new_card: NewCard) -> None:
    card = new_card(NEW)

    run(card, VERIFY)

    assert list(card.headers) == [VERIFY[:4]]
    assert "1234" not in repr(card.pin)
