"""The card's files of identity and address; every person in them is made up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidcard.identity import is_card_number, is_national_number, parse_address, parse_identity
from signer.errors import ErrorCode, SignerError

NUMBER = "85073003328"  # the well-known number of examples
CARD_NUMBER = "592000000182"


def tlv(tag: int, value: bytes) -> bytes:
    more, last = divmod(len(value), 0xFF)
    return bytes((tag, *[0xFF] * more, last)) + value


def test_the_identity_file_becomes_fields_and_unknown_tags_are_kept() -> None:
    content = (
        tlv(0x00, b"04")
        + tlv(0x01, CARD_NUMBER.encode())
        + tlv(0x03, b"01.02.2024")
        + tlv(0x04, b"31.01.2034")
        + tlv(0x06, NUMBER.encode())
        + tlv(0x07, "Vandenbroucke-Škoda".encode())
        + tlv(0x11, bytes(48))
        + tlv(0x7E, b"of tomorrow")
    )
    identity = parse_identity(content)
    assert identity.name == "Vandenbroucke-Škoda"
    assert (identity.valid_from, identity.valid_to) == (date(2024, 2, 1), date(2034, 1, 31))
    assert identity.photo_hash == bytes(48)
    assert identity.unknown == {0x7E: b"of tomorrow"}
    assert identity.nationality == ""


@given(st.binary(max_size=700))
def test_values_of_any_length_come_back_whole(value: bytes) -> None:
    assert parse_identity(tlv(0x7E, value) + tlv(0x7D, b"x")).unknown == {0x7E: value, 0x7D: b"x"}


@given(st.binary(max_size=300))
def test_rubbish_is_garbled_or_harmless(content: bytes) -> None:
    try:
        parse_identity(content)
    except SignerError as error:
        assert error.code is ErrorCode.CARD_GARBLED  # noqa: PT017 - one of two right outcomes


def test_the_addresss_padding_is_no_field() -> None:
    address = parse_address(tlv(0x00, b"0") + tlv(0x01, b"Teststraat 1") + tlv(0x02, b"9999") + bytes(117))
    assert (address.street, address.zip_code, address.municipality) == ("Teststraat 1", "9999", "")
    assert address.unknown == {}


@pytest.mark.parametrize("content", [b"\x06", b"\x06\xff", b"\x06\x05abcd", b"\x06\xff\x01" + b"a" * 255])
def test_a_length_that_leads_out_of_the_file_is_garbled(content: bytes) -> None:
    with pytest.raises(SignerError) as caught:
        parse_identity(content)
    assert caught.value.code is ErrorCode.CARD_GARBLED


def test_a_date_that_is_none_is_left_out() -> None:
    assert parse_identity(tlv(0x03, b"00.00.0000")).valid_from is None


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        (NUMBER, True),
        ("17073003384", True),  # born in 2017: a 2 before the nine
        ("85073003329", False),
        ("8507300332", False),
        ("8507300332x", False),
    ],
)
def test_a_national_number_has_check_digits(number: str, valid: bool) -> None:
    assert is_national_number(number) is valid


@pytest.mark.parametrize(
    ("number", "valid"), [(CARD_NUMBER, True), ("592000000183", False), ("000000009797", True), ("B12345678901", False)]
)
def test_a_card_number_has_check_digits(number: str, valid: bool) -> None:
    assert is_card_number(number) is valid


def test_numbers_are_masked_and_stay_out_of_the_repr() -> None:
    identity = parse_identity(
        tlv(0x01, CARD_NUMBER.encode())
        + tlv(0x06, NUMBER.encode())
        + tlv(0x07, b"Peeters")
        + tlv(0x7E, NUMBER.encode())
    )
    assert identity.masked_national_number == "•••••••••28"
    assert identity.masked_card_number == "••••••••0182"
    assert not any(secret in repr(identity) for secret in (NUMBER, CARD_NUMBER, "Peeters"))
