"""What PKCS#11 return values are said to mean."""

from __future__ import annotations

import PyKCS11
import pytest

from eidcard.ckr import Ckr, code_for, error_for
from signer.errors import ErrorCode, Kind
from signer.model import PinEntry

ENTRIES = [None, *PinEntry]


@pytest.mark.parametrize("ckr", list(Ckr))
def test_numbers_are_those_of_the_standard(ckr: Ckr) -> None:
    assert PyKCS11.CKR[f"CKR_{ckr.name}"] == ckr


@pytest.mark.parametrize("entry", ENTRIES)
def test_only_pin_incorrect_is_ever_called_a_wrong_pin(entry: PinEntry | None) -> None:
    named_wrong = [value for value in range(0x300) if code_for(value, entry) is ErrorCode.PIN_WRONG]

    assert named_wrong == [0xA0]


@pytest.mark.parametrize(
    ("value", "entry", "code"),
    [
        (0xA4, PinEntry.DIALOG, ErrorCode.PIN_BLOCKED),
        (0x50, PinEntry.DIALOG, ErrorCode.PIN_CANCELLED),
        (0x06, PinEntry.DIALOG, ErrorCode.PIN_CANCELLED),
        (0x50, PinEntry.PINPAD, ErrorCode.PIN_TIMEOUT),
        (0x06, PinEntry.OURS, ErrorCode.MODULE_FAILED),
        (0x06, None, ErrorCode.MODULE_FAILED),
        (0x05, PinEntry.DIALOG, ErrorCode.MODULE_FAILED),
        (0x32, PinEntry.OURS, ErrorCode.CARD_REMOVED),
        (0xB3, PinEntry.OURS, ErrorCode.CARD_REMOVED),
        (0xA2, PinEntry.OURS, ErrorCode.PIN_FORMAT),
        (0x80000001, None, ErrorCode.MODULE_FAILED),
    ],
)
def test_meaning_depends_on_who_was_asking_for_the_pin(value: int, entry: PinEntry | None, code: ErrorCode) -> None:
    assert code_for(value, entry) is code


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_value_has_a_meaning_of_the_kinds_that_a_key_may_raise(entry: PinEntry | None) -> None:
    kinds = {code_for(value, entry).kind for value in range(1, 0x300)}

    assert kinds <= {Kind.CARD, Kind.PIN, Kind.MODULE}


def test_blocked_pin_has_no_tries_left() -> None:
    assert error_for("C_Login", 0xA4).tries_left == 0


def test_detail_names_function_and_value_for_support() -> None:
    assert error_for("C_Sign", 0x05).detail == "C_Sign CKR_GENERAL_ERROR (0x5)"
    assert error_for("C_Sign", 0x80000001).detail == "C_Sign CKR 0x80000001"
