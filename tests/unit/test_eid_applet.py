"""The applet's corners, with a card that follows a script."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from eidcard.applet import Applet, CardFile, CardKeyNumber, EidApplet
from signer.errors import ErrorCode, SignerError
from signer.model import Mechanism
from tests.pins import typed
from tests.unit.scripted_card import SELECT, ScriptedCard, card_data

ENTER_CERTIFICATE = ("00A4080C063F00DF005039", "9000")
ENTER_IDENTITY = ("00A4080C063F00DF014031", "9000")
DIGEST = bytes(range(48))
MSE_1_8 = ("002241B60504800284 83".replace(" ", ""), "9000")
VERIFY = "0020000108241234FFFFFFFFFF"
PSO = "002A9E9A30" + DIGEST.hex().upper()


def applet(version: Applet, *script: tuple[str, str | ErrorCode], reader: str = "Scripted reader") -> EidApplet:
    return EidApplet(ScriptedCard(*script, reader=reader), version)


@pytest.mark.parametrize(
    ("byte", "version"),
    [(0x10, Applet.V1_1), (0x11, Applet.V1_1), (0x17, Applet.V1_7), (0x18, Applet.V1_8), (0x20, Applet.V1_8)],
)
def test_the_card_data_tell_the_applet_not_the_atr(byte: int, version: Applet) -> None:
    card = ScriptedCard(SELECT, card_data(byte))
    assert EidApplet.open(card).version is version
    assert card.is_finished


@pytest.mark.parametrize(
    "script",
    [
        [(SELECT[0], "6A82")],
        [(SELECT[0], "6400")],  # another card's word for something else than a pinpad's time-out
        [SELECT, ("80E400001C", "6D00")],
        [SELECT, ("80E400001C", "01029000")],
        [(SELECT[0], ErrorCode.CARD_GARBLED)],
    ],
)
def test_any_other_card_is_not_an_eid(script: list[tuple[str, str | ErrorCode]]) -> None:
    with pytest.raises(SignerError) as caught:
        EidApplet.open(ScriptedCard(*script))
    assert caught.value.code is ErrorCode.NOT_AN_EID


def test_a_card_pulled_at_select_is_no_wrong_card() -> None:
    with pytest.raises(SignerError) as caught:
        EidApplet.open(ScriptedCard((SELECT[0], ErrorCode.CARD_REMOVED)))
    assert caught.value.code is ErrorCode.CARD_REMOVED


def test_a_certificate_is_read_to_its_last_byte_and_no_further() -> None:
    certificate = b"\x30\x82\x01\x2c" + bytes(range(256)) + bytes(44)  # 300 = 012C bytes behind the header
    first, rest = certificate[:256], certificate[256:]
    card = ScriptedCard(
        ENTER_CERTIFICATE, ("00B0000000", first.hex() + "9000"), ("00B0010030", rest.hex() + "9000")
    )  # 0x30: the 48 bytes that are left, although the file goes on with padding
    assert EidApplet(card, Applet.V1_8).read_certificate(CardFile.SIGNATURE_CERTIFICATE) == certificate
    assert card.is_finished


def test_a_file_of_zeros_is_no_certificate_and_takes_one_read() -> None:
    card = ScriptedCard(ENTER_CERTIFICATE, ("00B0000000", bytes(256).hex() + "9000"))
    assert EidApplet(card, Applet.V1_8).read_certificate(CardFile.SIGNATURE_CERTIFICATE) is None
    assert card.is_finished


@pytest.mark.parametrize(
    "script",
    [
        [("00B0000000", "04" + bytes(255).hex() + "9000")],
        [("00B0000000", "3082FFFF" + bytes(252).hex() + "9000")],
        [("00B0000000", "308203E8" + bytes(252).hex() + "9000"), ("00B0010000", "6B00")],
    ],
)
def test_what_is_no_whole_certificate_is_refused(script: list[tuple[str, str | ErrorCode]]) -> None:
    with pytest.raises(SignerError) as caught:
        applet(Applet.V1_7, ENTER_CERTIFICATE, *script).read_certificate(CardFile.SIGNATURE_CERTIFICATE)
    assert caught.value.code is ErrorCode.CERTIFICATE_UNREADABLE


def test_more_bytes_than_were_asked_for_are_garbled() -> None:
    certificate = b"\x30\x82\x01\x2c" + bytes(252)
    card = ScriptedCard(
        ENTER_CERTIFICATE, ("00B0000000", certificate.hex() + "9000"), ("00B0010030", bytes(49).hex() + "9000")
    )
    with pytest.raises(SignerError) as caught:
        EidApplet(card, Applet.V1_8).read_certificate(CardFile.SIGNATURE_CERTIFICATE)
    assert caught.value.code is ErrorCode.CARD_GARBLED


@pytest.mark.parametrize(
    "blocks",
    [
        [("00B0000000", "6C03"), ("00B0000003", "0102039000")],  # ask again with what is there
        [("00B0000000", "0102039000")],
        [("00B0000000", "6103"), ("00C0000003", "0102039000")],
        [("00B0000000", "6103"), ("00C0000003", "01026101"), ("00C0000001", "039000")],
    ],
)
def test_a_file_ends_where_the_card_says(blocks: list[tuple[str, str | ErrorCode]]) -> None:
    card = ScriptedCard(ENTER_IDENTITY, *blocks)
    assert EidApplet(card, Applet.V1_7).read(CardFile.IDENTITY) == b"\x01\x02\x03"
    assert card.is_finished


def test_a_file_of_whole_blocks_ends_past_its_end() -> None:
    block = bytes(range(256))
    card = ScriptedCard(ENTER_IDENTITY, ("00B0000000", block.hex() + "9000"), ("00B0010000", "6B00"))
    assert EidApplet(card, Applet.V1_7).read(CardFile.IDENTITY) == block
    assert card.is_finished


def test_a_card_that_promises_more_for_ever_is_refused() -> None:
    with pytest.raises(SignerError) as caught:
        applet(Applet.V1_7, ENTER_IDENTITY, ("00B0000000", "6110"), ("00C0000010", "6110")).read(CardFile.IDENTITY)
    assert caught.value.code is ErrorCode.CARD_REFUSED


@pytest.mark.parametrize(
    ("version", "script", "tries"),
    [
        (Applet.V1_8, [("80E400011F", (bytes(28) + b"\x02\x00\x00").hex() + "9000")], 2),
        (Applet.V1_8, [("80E400011F", (bytes(28) + b"\xa2\x00\x00").hex() + "9000")], None),
        (Applet.V1_7, [("00200001", "63C1")], 1),
        (Applet.V1_7, [("00200001", "6983")], 0),
        (Applet.V1_7, [("00200001", "9000")], None),
        (Applet.V1_1, [], None),  # an empty VERIFY would spend a try
    ],
)
def test_tries_are_counted_without_spending_one(
    version: Applet, script: list[tuple[str, str | ErrorCode]], tries: int | None
) -> None:
    card = ScriptedCard(*script)
    assert EidApplet(card, version).tries_left() == tries
    assert card.is_finished


def test_a_gempc_reader_gets_no_empty_verify() -> None:
    assert applet(Applet.V1_7, reader="Gemalto GemPC Pinpad 01").tries_left() is None


def test_signing_is_mse_verify_pso_and_gives_der() -> None:
    answer = (b"\x00" * 47 + b"\x05" + b"\x00" * 47 + b"\x07").hex()
    card = ScriptedCard(MSE_1_8, (VERIFY, "9000"), (PSO, "6160"), ("00C0000060", answer + "9000"))
    signature = EidApplet(card, Applet.V1_8).sign(
        CardKeyNumber.SIGNATURE, Mechanism.ECDSA_SHA384, DIGEST, typed("1234")
    )
    assert decode_dss_signature(signature) == (5, 7)
    assert card.is_finished


@pytest.mark.parametrize(
    ("status", "code", "tries"),
    [
        ("63C2", ErrorCode.PIN_WRONG, 2),
        ("63C1", ErrorCode.PIN_WRONG, 1),
        ("63C0", ErrorCode.PIN_BLOCKED, 0),
        ("6983", ErrorCode.PIN_BLOCKED, 0),
        ("6A80", ErrorCode.CARD_REFUSED, None),
        (ErrorCode.CARD_RESET, ErrorCode.CARD_RESET, None),
        (ErrorCode.CARD_REMOVED, ErrorCode.CARD_REMOVED, None),
    ],
)
def test_a_pin_that_is_not_accepted_is_sent_once_and_nothing_follows(
    status: str | ErrorCode, code: ErrorCode, tries: int | None
) -> None:
    card = ScriptedCard(MSE_1_8, (VERIFY, status))
    with pytest.raises(SignerError) as caught:
        EidApplet(card, Applet.V1_8).sign(CardKeyNumber.SIGNATURE, Mechanism.ECDSA_SHA384, DIGEST, typed("1234"))
    assert (caught.value.code, caught.value.tries_left) == (code, tries)
    assert card.is_finished


def test_a_short_pin_is_refused_before_anything_is_sent() -> None:
    card = ScriptedCard()
    with pytest.raises(SignerError) as caught:
        EidApplet(card, Applet.V1_8).sign(CardKeyNumber.SIGNATURE, Mechanism.ECDSA_SHA384, DIGEST, typed("123"))
    assert caught.value.code is ErrorCode.PIN_FORMAT


def test_an_applet_without_the_algorithm_is_too_old_before_anything_is_sent() -> None:
    with pytest.raises(SignerError) as caught:
        applet(Applet.V1_1).sign(CardKeyNumber.SIGNATURE, Mechanism.RSA_PKCS1_SHA256, bytes(32), typed("1234"))
    assert caught.value.code is ErrorCode.CARD_TOO_OLD


def test_a_card_that_another_program_reset_is_selected_again_before_the_pin() -> None:
    card = ScriptedCard(("BEGIN", ErrorCode.CARD_RESET), SELECT, MSE_1_8, (VERIFY, "9000"), (PSO, "00" * 96 + "9000"))
    EidApplet(card, Applet.V1_8).sign(CardKeyNumber.SIGNATURE, Mechanism.ECDSA_SHA384, DIGEST, typed("1234"))
    assert card.is_finished


def test_a_signature_of_another_length_is_garbled() -> None:
    with pytest.raises(SignerError) as caught:
        applet(Applet.V1_8, MSE_1_8, (VERIFY, "9000"), (PSO, "00" * 95 + "9000")).sign(
            CardKeyNumber.SIGNATURE, Mechanism.ECDSA_SHA384, DIGEST, typed("1234")
        )
    assert caught.value.code is ErrorCode.CARD_GARBLED


def test_the_authentication_key_is_logged_off_even_after_a_failure() -> None:
    mse = ("002241B60504800284" + "82", "9000")
    card = ScriptedCard(mse, (VERIFY, "9000"), (PSO, "6A80"), ("80E60000", "9000"))
    with pytest.raises(SignerError) as caught:
        EidApplet(card, Applet.V1_8).sign(CardKeyNumber.AUTHENTICATION, Mechanism.ECDSA_SHA384, DIGEST, typed("1234"))
    assert caught.value.code is ErrorCode.CARD_REFUSED
    assert card.is_finished
