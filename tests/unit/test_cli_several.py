"""A PIN that is lent goes to no other card, and to no other reader, than the one that it was typed for."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import KeyInfo, Mechanism, PinEntry, Signer
from tests.pins import typed
from ui.cli.several import _OneOfSeveral
from ui.cli.terminal import Wishes
from ui.hand import LendingHand

KEY = KeyInfo(
    signer=Signer("TEST", "TEST", "TEST", b"certificate", ()),
    mechanism=Mechanism.ECDSA_SHA384,
    pin_entry=PinEntry.OURS,
    place="reader",
    tries_left=3,
    test=True,
)


@pytest.mark.parametrize(
    ("key", "answer", "because"),
    [
        (KEY, w.PinEntered(), None),
        (replace(KEY, signer=replace(KEY.signer, certificate=b"other")), w.Cancel(), ErrorCode.CARD_OF_ANOTHER),
        (replace(KEY, place="another reader"), w.Cancel(), ErrorCode.CARD_OF_ANOTHER),
    ],
)
def test_a_lent_pin_is_for_its_card_alone(key: KeyInfo, answer: w.Event, because: ErrorCode | None) -> None:
    hand = LendingHand()
    hand.put(typed("1234"))
    hand.card = (KEY.signer.certificate, KEY.place)
    one = _OneOfSeveral(Mock(), Mock(), Mock(), hand, Wishes(None, None))

    assert one._ask_pin(w.AskPin(key)) == answer
    assert one.ending.because is because
