"""The workflow is a pure function: every way through it is told here, and every pair of state and event decided."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer import workflow as w
from signer.errors import ErrorCode, Kind
from signer.model import (
    Document,
    KeyInfo,
    Level,
    Mechanism,
    PinEntry,
    Receipt,
    SignedContract,
    Signer,
)

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
SHA = "ab" * 32
SUBMISSION = UUID(int=7)
DOCUMENT = Document(Path("contract.pdf"), SHA, 1000, 3)
PAPER = w.Paper(w.AgencyTarget("c-1"), DOCUMENT)
LOCAL = w.Paper(w.FileTarget(Path("a.pdf"), Path("a-signed.pdf")), DOCUMENT)
DOOR = w.Door(PAPER.target, ("eid", "code"))
MAIL = "w…@post.example"
KEY = KeyInfo(
    signer=Signer("Test Person", "Test", "Person", b"", ()),
    mechanism=Mechanism.ECDSA_SHA384,
    pin_entry=PinEntry.OURS,
    place="reader",
    tries_left=3,
    test=True,
)
SIGNED = SignedContract(SUBMISSION, Path("s.pdf"), "cd" * 32, SHA, 1000, 2000, "Test Person", NOW, Level.B_B, test=True)
RECEIPT = Receipt(SUBMISSION, "c-1", "cd" * 32, NOW + timedelta(seconds=2), late=False, proof="{}")

STATES: tuple[w.State, ...] = (
    w.Idle(),
    w.Opening(PAPER.target),
    w.Unavailable(PAPER.target, ErrorCode.NETWORK_UNREACHABLE),
    w.LookingForLogin(DOOR),
    w.AwaitingLoginCard(DOOR, ErrorCode.NO_CARD),
    w.AwaitingLoginPin(DOOR, KEY),
    w.SendingCode(DOOR),
    w.AwaitingCode(DOOR, MAIL),
    w.LoggingIn(DOOR, KEY),
    w.Reading(PAPER),
    w.LookingForCard(PAPER),
    w.AwaitingCard(PAPER, ErrorCode.NO_CARD),
    w.AwaitingPin(PAPER, KEY),
    w.Signing(PAPER, KEY),
    w.Delivering(PAPER, SIGNED),
    w.AwaitingNetwork(PAPER, SIGNED, ErrorCode.NETWORK_UNREACHABLE),
    w.NotAccepted(PAPER, SIGNED, ErrorCode.AGENCY_REFUSED),
    w.Done(PAPER, SIGNED, RECEIPT),
    w.Refused(PAPER.target, ErrorCode.DOCUMENT_XFA),
    w.Stopped(PAPER.target),
)
EVENTS: tuple[w.Event, ...] = (
    w.Open(PAPER.target),
    w.Opened(PAPER),
    w.LoginNeeded(("eid", "code")),
    w.CodeWanted(),
    w.CardWanted(),
    w.CodeSent(MAIL),
    w.CodeEntered("123456"),
    w.LoggedIn(),
    w.ReadToTheEnd(SHA),
    w.KeyFound(KEY),
    w.CardChanged(),
    w.PinEntered(),
    w.StepDone(w.Step.PREPARED),
    w.Signed(SIGNED),
    w.Delivered(RECEIPT),
    w.Failed(ErrorCode.CARD_REMOVED),
    w.Retry(),
    w.Cancel(),
)


def play(state: w.State, *events: w.Event) -> w.State:
    for event in events:
        state, _ = w.handle(state, event)
    return state


def effects_of(state: w.State, event: w.Event) -> tuple[type[w.Effect], ...]:
    return tuple(type(effect) for effect in w.handle(state, event)[1])


def test_the_samples_above_are_all_the_states_and_events_there_are() -> None:
    assert {type(state) for state in STATES} == set(w.State.__args__)
    assert {type(event) for event in EVENTS} == set(w.Event.__args__)


def test_every_pair_of_state_and_event_is_decided_exactly_once() -> None:
    decided = [*w.TRANSITIONS, *itertools.chain.from_iterable(w.IGNORED.values())]
    everything = set(itertools.product(w.State.__args__, w.Event.__args__))
    assert set(decided) == everything
    assert len(decided) == len(everything)


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_ignored_event_changes_nothing_and_a_decided_one_does_something(state: w.State, event: w.Event) -> None:
    result = w.handle(state, event)
    if (type(state), type(event)) in w.TRANSITIONS:
        assert result != (state, ())
    else:
        assert result == (state, ())


def test_the_whole_way_with_an_agency() -> None:
    state = play(
        w.Idle(),
        w.Open(PAPER.target),
        w.Opened(PAPER),
        w.ReadToTheEnd(SHA),
        w.KeyFound(KEY),
        w.PinEntered(),
        w.StepDone(w.Step.PREPARED),
        w.StepDone(w.Step.CARD_SIGNED),
        w.StepDone(w.Step.CHECKED),
        w.Signed(SIGNED),
        w.Delivered(RECEIPT),
    )
    assert state == w.Done(PAPER, SIGNED, RECEIPT)


def test_a_contract_that_asks_for_a_log_in_is_opened_again_after_it() -> None:
    state = play(w.Idle(), w.Open(PAPER.target), w.LoginNeeded(("eid",)), w.KeyFound(KEY), w.PinEntered())
    assert state == w.LoggingIn(w.Door(PAPER.target, ("eid",)), KEY)
    state, effects = w.handle(state, w.LoggedIn())
    assert state == w.Opening(PAPER.target)
    assert effects == (w.LetGo(), w.OpenPaper(PAPER.target))


def test_the_first_way_that_is_open_is_taken_and_without_any_it_is_said() -> None:
    opening = w.Opening(PAPER.target)
    assert w.handle(opening, w.LoginNeeded(("code",)))[1] == (w.LetGo(), w.SendCode())
    assert w.handle(opening, w.LoginNeeded(("code", "eid")))[1] == (w.FindLoginKey(),)
    assert play(opening, w.LoginNeeded(("itsme",))) == w.Refused(PAPER.target, ErrorCode.AGENCY_NO_LOGIN)


def test_a_code_is_not_asked_for_where_the_agency_sends_none() -> None:
    waiting = w.AwaitingLoginCard(w.Door(PAPER.target, ("eid",)), ErrorCode.NO_CARD)
    assert w.handle(waiting, w.CodeWanted()) == (waiting, ())


def test_a_code_instead_of_the_card_lets_go_of_the_card() -> None:
    state, effects = w.handle(w.AwaitingLoginPin(DOOR, KEY), w.CodeWanted())
    assert (state, effects) == (w.SendingCode(DOOR), (w.LetGo(), w.SendCode()))
    assert play(state, w.CodeSent(MAIL), w.CardWanted()) == w.LookingForLogin(DOOR)


def test_a_wrong_code_is_asked_again_and_never_sent_again() -> None:
    state, effects = w.handle(w.AwaitingCode(DOOR, MAIL), w.CodeEntered("123456"))
    assert effects == (w.LogInByCode("123456"),)
    assert w.handle(state, w.Failed(ErrorCode.AGENCY_CODE_WRONG)) == (
        w.AwaitingCode(DOOR, MAIL, ErrorCode.AGENCY_CODE_WRONG),
        (),
    )


def test_a_code_is_in_no_text_of_an_event_or_effect() -> None:
    assert "123456" not in f"{w.CodeEntered('123456')} {w.LogInByCode('123456')}"


AFTER_A_FAILED_LOGIN: dict[ErrorCode, type[w.State]] = {
    ErrorCode.PIN_WRONG: w.AwaitingLoginPin,
    ErrorCode.PIN_BLOCKED: w.AwaitingLoginCard,
    ErrorCode.CARD_REMOVED: w.LookingForLogin,
    ErrorCode.CARD_OF_ANOTHER: w.AwaitingLoginCard,
    ErrorCode.CERTIFICATE_EXPIRED: w.AwaitingLoginCard,
    ErrorCode.MODULE_FAILED: w.LookingForLogin,
    ErrorCode.NETWORK_UNREACHABLE: w.Unavailable,
    ErrorCode.AGENCY_BUSY: w.Unavailable,
    ErrorCode.AGENCY_LOGIN_REFUSED: w.Unavailable,
    ErrorCode.AGENCY_NOT_LOGGED_IN: w.Refused,
    ErrorCode.INTERNAL: w.Refused,
}


@pytest.mark.parametrize(("code", "after"), AFTER_A_FAILED_LOGIN.items(), ids=lambda each: getattr(each, "name", ""))
def test_after_a_failed_log_in_the_card_gets_no_pin_by_itself(code: ErrorCode, after: type[w.State]) -> None:
    state, effects = w.handle(w.LoggingIn(DOOR, KEY), w.Failed(code, 2))
    assert type(state) is after
    assert w.LogIn() not in effects


def test_a_local_file_is_done_without_delivery() -> None:
    state, effects = w.handle(w.Signing(LOCAL, KEY), w.Signed(SIGNED))
    assert state == w.Done(LOCAL, SIGNED, None)
    assert effects == (w.LetGo(),)


def test_what_was_not_shown_is_never_signed() -> None:
    state, effects = w.handle(w.Reading(PAPER), w.ReadToTheEnd("00" * 32))
    assert state == w.Refused(PAPER.target, ErrorCode.DOCUMENT_NOT_AS_SHOWN)
    assert effects == ()


def test_a_wrong_pin_asks_again_with_the_tries_that_are_left() -> None:
    state, effects = w.handle(w.Signing(PAPER, KEY), w.Failed(ErrorCode.PIN_WRONG, tries_left=2))
    again = dataclasses.replace(KEY, tries_left=2)
    assert state == w.AwaitingPin(PAPER, again, ErrorCode.PIN_WRONG)
    assert effects == (w.AskPin(again),)


def test_a_blocked_pin_waits_for_another_card() -> None:
    state = play(w.Signing(PAPER, KEY), w.Failed(ErrorCode.PIN_BLOCKED))
    assert state == w.AwaitingCard(PAPER, ErrorCode.PIN_BLOCKED)


def test_a_card_pulled_while_signing_is_waited_for_and_the_pin_is_asked_again() -> None:
    waiting = play(w.Signing(PAPER, KEY), w.Failed(ErrorCode.CARD_REMOVED), w.Failed(ErrorCode.NO_CARD))
    assert waiting == w.AwaitingCard(PAPER, ErrorCode.CARD_REMOVED)
    back = play(waiting, w.CardChanged(), w.KeyFound(KEY))
    assert back == w.AwaitingPin(PAPER, KEY, ErrorCode.CARD_REMOVED)


def test_a_full_disk_keeps_everything_and_asks_the_pin_again() -> None:
    state = play(w.Signing(PAPER, KEY), w.Failed(ErrorCode.DISK_FULL))
    assert state == w.AwaitingPin(PAPER, KEY, ErrorCode.DISK_FULL)


def test_a_result_that_does_not_validate_is_never_called_signed() -> None:
    state = play(w.Signing(PAPER, KEY), w.Failed(ErrorCode.SIGNATURE_INVALID), w.Signed(SIGNED))
    assert state == w.Refused(PAPER.target, ErrorCode.SIGNATURE_INVALID)


def test_no_network_after_signing_keeps_the_signature_and_delivers_on_demand() -> None:
    waiting = play(w.Delivering(PAPER, SIGNED), w.Failed(ErrorCode.NETWORK_UNREACHABLE))
    assert waiting == w.AwaitingNetwork(PAPER, SIGNED, ErrorCode.NETWORK_UNREACHABLE)
    assert effects_of(waiting, w.Retry()) == (w.Deliver,)
    assert play(waiting, w.Retry(), w.Delivered(RECEIPT)) == w.Done(PAPER, SIGNED, RECEIPT)


def test_a_refusal_by_the_agency_keeps_the_signed_file() -> None:
    state = play(w.Delivering(PAPER, SIGNED), w.Failed(ErrorCode.AGENCY_REFUSED))
    assert state == w.NotAccepted(PAPER, SIGNED, ErrorCode.AGENCY_REFUSED)


def test_a_receipt_for_another_submission_does_not_end_this_one() -> None:
    other = dataclasses.replace(RECEIPT, submission_id=UUID(int=8))
    assert play(w.Delivering(PAPER, SIGNED), w.Delivered(other)) == w.Delivering(PAPER, SIGNED)


def test_a_late_document_of_another_contract_is_not_shown() -> None:
    other = w.Opening(w.AgencyTarget("c-2"))
    assert play(other, w.Opened(PAPER)) == other


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_every_failure_of_a_signing_leads_to_a_state_that_tells_it(code: ErrorCode) -> None:
    state = play(w.Signing(PAPER, KEY), w.Failed(code))
    assert getattr(state, "because", None) is code


@pytest.mark.parametrize("code", [code for code in ErrorCode if code.retriable], ids=lambda code: code.name)
@pytest.mark.parametrize(
    "state_of",
    [
        lambda: w.Opening(PAPER.target),
        lambda: w.LookingForCard(PAPER),
        lambda: w.Signing(PAPER, KEY),
        lambda: w.Delivering(PAPER, SIGNED),
    ],
    ids=["opening", "looking-for-card", "signing", "delivering"],
)
def test_a_failure_that_can_be_mended_never_ends_the_visit(state_of: Callable[[], w.State], code: ErrorCode) -> None:
    state = play(state_of(), w.Failed(code))
    ends_a_signing = code.kind in {Kind.AGENCY, Kind.DOCUMENT}  # neither can come from a card at work
    assert not isinstance(state, w.NotAccepted | w.Stopped | w.Done)
    assert not isinstance(state, w.Refused) or ends_a_signing


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_a_pin_is_spent_only_after_it_was_asked_for_and_never_twice(events: list[w.Event]) -> None:
    state: w.State = w.Idle()
    asked = 0
    for event in events:
        state, effects = w.handle(state, event)
        for effect in effects:
            if isinstance(effect, w.AskPin):
                asked = 1
            if isinstance(effect, w.Sign):
                assert asked == 1
                asked = 0


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_nothing_is_signed_that_was_not_read(events: list[w.Event]) -> None:
    state: w.State = w.Idle()
    read = False
    for event in events:
        before = state
        state, effects = w.handle(state, event)
        read = (read and not isinstance(event, w.Open)) or (
            isinstance(before, w.Reading) and isinstance(event, w.ReadToTheEnd)
        )
        assert read or not any(isinstance(effect, w.Sign) for effect in effects)
