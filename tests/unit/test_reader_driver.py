"""What a reader's driver tells of itself; vpcd tells nothing, so its answers are made here."""

from __future__ import annotations

from typing import Any

import pytest
from smartcard import scard

from eidcard.pcsc import PcscContext, ReaderDriver
from signer.errors import ErrorCode, SignerError

UNKNOWN: tuple[int, list[int]] = (scard.SCARD_E_INVALID_PARAMETER, [])


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[int, list[int]]]:
    """A reader whose driver gives these answers, by attribute."""
    told: dict[int, tuple[int, list[int]]] = {}
    calls: dict[str, Any] = {
        "SCardEstablishContext": lambda _scope: (scard.SCARD_S_SUCCESS, 1),
        "SCardConnect": lambda *_: (scard.SCARD_S_SUCCESS, 2, 0),
        "SCardGetAttrib": lambda _card, attribute: told.get(attribute, UNKNOWN),
        "SCardDisconnect": lambda *_: scard.SCARD_S_SUCCESS,
    }
    for name, call in calls.items():
        monkeypatch.setattr(scard, name, call)
    return told


def test_a_driver_tells_maker_model_and_version(answers: dict[int, tuple[int, list[int]]]) -> None:
    answers[scard.SCARD_ATTR_VENDOR_NAME] = (0, [*b"ACS\0"])
    answers[scard.SCARD_ATTR_VENDOR_IFD_TYPE] = (0, [*b"ACR39U ICC Reader\0"])
    answers[scard.SCARD_ATTR_VENDOR_IFD_VERSION] = (0, [0x03, 0x00, 0x05, 0x01])

    assert PcscContext().driver("a reader") == ReaderDriver("ACS", "ACR39U ICC Reader", "1.5.3")


@pytest.mark.parametrize("version", [[], [1, 2, 3]])
def test_what_a_driver_does_not_tell_is_empty(answers: dict[int, tuple[int, list[int]]], version: list[int]) -> None:
    answers[scard.SCARD_ATTR_VENDOR_IFD_VERSION] = (0, version)
    answers[scard.SCARD_ATTR_VENDOR_NAME] = (0, [0xFF, 0xFE])

    assert PcscContext().driver("a reader") == ReaderDriver("\ufffd\ufffd", "", "")


def test_a_reader_that_just_went_is_told(
    answers: dict[int, tuple[int, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scard, "SCardConnect", lambda *_: (scard.SCARD_E_UNKNOWN_READER, 0, 0))

    with pytest.raises(SignerError) as refusal:
        PcscContext().driver("a reader")

    assert refusal.value.code is ErrorCode.NO_READER
