"""What the session of several contracts decides, by the workflow's own events; the real window is in test_several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from eidcard.pin import Pin
from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import KeyInfo, PinEntry
from tests.gui.scenes import Props, props
from tests.pins import typed
from ui.desktop.together import next_of
from ui.hand import LendingHand
from ui.qt.several import Phase, SeveralSession


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(Path(tmp_path_factory.mktemp("several")))


class Desk:
    """A session with two contracts read, at the PIN, and what it wants of the worker."""

    def __init__(self, given: Props, key: KeyInfo) -> None:
        assert given.paper.terms
        self.given, self.key, self.hand = given, key, LendingHand()
        self.session = SeveralSession(self.hand)
        self.wanted: list[w.Effect] = []
        self.session.wanted.connect(self.wanted.append)
        self.paper = replace(given.paper, terms=replace(given.paper.terms, one_pin=True))
        self.session.open(self.paper.target, "horizon")
        self.session.post(w.Opened(self.paper))

    def read_both(self) -> None:
        self.session.read_next(self.paper.document.sha256, "C-2")
        self.session.post(w.Opened(replace(self.paper, target=w.AgencyTarget("C-2"))))

    def type_pin(self) -> Pin:
        self.session.post(w.ReadToTheEnd(self.paper.document.sha256))
        self.session.post(w.KeyFound(self.key))
        pin = typed("1234")
        self.session.enter_pin(pin if self.key.pin_entry is PinEntry.OURS else None)
        return pin

    def signs(self, number: int) -> None:
        self.session.post(w.Signed(replace(self.given.signed, submission_id=UUID(int=number))))

    def asked_for(self, kind: type[w.Effect]) -> int:
        return sum(isinstance(each, kind) for each in self.wanted)


At = Callable[..., Desk]


@pytest.fixture
def at(given: Props) -> At:
    """Give a desk where two contracts were read; some of the card's key can be changed."""

    def prepare(**changes: object) -> Desk:
        desk = Desk(given, replace(given.key, **changes))  # type: ignore[arg-type] # a field of KeyInfo each
        desk.read_both()
        return desk

    return prepare


def test_a_pin_for_one_contract_is_not_lent(given: Props) -> None:
    desk = Desk(given, given.key)
    pin = desk.type_pin()

    assert desk.hand.take() is pin
    assert desk.hand.take() is None


def test_the_lent_pin_is_wiped_when_the_last_is_signed_and_before_anything_is_delivered(at: At) -> None:
    desk = at()
    pin = desk.type_pin()
    desk.signs(1)
    desk.session.post(w.KeyFound(desk.key))
    assert (desk.asked_for(w.Sign), desk.asked_for(w.Deliver), len(pin)) == (2, 0, 4)

    desk.signs(2)

    assert (desk.asked_for(w.Deliver), len(pin)) == (1, 0)


@pytest.mark.parametrize("other", ["certificate", "place"])
def test_the_pin_is_given_to_no_other_card_than_the_one_that_it_was_typed_for(at: At, other: str) -> None:
    desk = at()
    pin = desk.type_pin()
    desk.signs(1)
    changed = (
        replace(desk.key, place="another reader")
        if other == "place"
        else replace(desk.key, signer=replace(desk.key.signer, certificate=b"another card"))
    )

    desk.session.post(w.KeyFound(changed))

    assert (desk.asked_for(w.Sign), len(pin)) == (1, 0)
    assert desk.session.several
    assert desk.session.several.because is ErrorCode.CARD_REMOVED


def test_after_a_card_went_nobody_looks_for_it_whose_answer_would_be_taken_for_the_deliverys(at: At) -> None:
    desk = at()
    desk.type_pin()
    desk.signs(1)
    desk.session.post(w.KeyFound(desk.key))
    looked = desk.asked_for(w.FindKey)

    desk.session.post(w.Failed(ErrorCode.CARD_REMOVED))

    assert desk.asked_for(w.FindKey) == looked
    assert (desk.session.phase, desk.asked_for(w.Deliver)) == (Phase.DELIVERING, 1)


def test_an_agency_that_does_not_answer_for_one_is_not_asked_for_each(at: At) -> None:
    desk = at()
    desk.type_pin()
    desk.signs(1)
    desk.session.post(w.KeyFound(desk.key))
    desk.signs(2)

    desk.session.post(w.Failed(ErrorCode.NETWORK_UNREACHABLE))

    assert (desk.session.phase, desk.asked_for(w.Deliver)) == (Phase.ENDED, 1)
    assert desk.session.several
    assert [type(each) for each in desk.session.several.signed] == [w.AwaitingNetwork] * 2


def test_a_reader_with_keys_asks_again_for_each_contract(at: At) -> None:
    desk = at(pin_entry=PinEntry.PINPAD)
    desk.type_pin()
    desk.signs(1)
    desk.session.post(w.KeyFound(desk.key))

    assert desk.asked_for(w.Sign) == 2
    assert desk.hand.take() is None


def test_escape_stops_nothing_between_two_signatures(at: At) -> None:
    desk = at()
    desk.type_pin()
    desk.signs(1)
    assert isinstance(desk.session.state, w.LookingForCard)

    desk.session.post(w.Cancel())

    assert isinstance(desk.session.state, w.LookingForCard)


def test_what_was_put_aside_is_left_out_when_something_else_is_opened(at: At) -> None:
    desk, told = at(), list[int]()
    desk.session.left_out.connect(told.append)

    desk.session.open(w.AgencyTarget("C-9"), "horizon")

    assert (told, desk.session.aside) == ([1], ())


def test_the_next_one_is_of_the_same_agency_not_signed_and_not_complained_of(given: Props) -> None:
    assert given.paper.terms
    paper = replace(given.paper, terms=replace(given.paper.terms, one_pin=True))
    late, this, told, _withdrawn = given.lists.tasks
    foreign = replace(late, agency_id="other", contract=replace(late.contract, id="C-7"))
    lists = replace(given.lists, tasks=(foreign, told, this, late))

    assert next_of(paper, (), lists) == late
    assert next_of(paper, (replace(paper, contract=late.contract),), lists) is None
    assert next_of(given.paper, (), lists) is None, "its agency wants a PIN for each"
