"""Delivery: what each mishap means, when to try again, and one round through the outbox."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.delivery import Decision, decide, deliver, drain, next_try
from signer.errors import ErrorCode, Kind, SignerError
from signer.outbox import EntryState, Outbox
from signer.ports import AgencyGateway
from tests.clocks import TurnedClock
from tests.outbox_world import START, ScriptedAgency, put_in, terms
from tests.outbox_world import contract as a_contract

NO_JITTER = 0.0


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(START)


@pytest.fixture
def outbox(tmp_path: Path, clock: TurnedClock) -> Outbox:
    return Outbox.open(tmp_path / "outbox", clock)


def only(*agencies: ScriptedAgency) -> dict[str, AgencyGateway]:
    return {agency.agency_id: agency for agency in agencies}


# ── when ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 5), (1, 5), (2, 10), (3, 20), (12, 10240), (13, 20480), (14, 21600), (10**9, 21600)]
)
def test_each_wait_is_twice_the_one_before_and_at_most_six_hours(attempts: int, seconds: float) -> None:
    assert next_try(attempts, START, NO_JITTER) - START == timedelta(seconds=seconds)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_jitter_never_leaves_five_seconds_to_six_hours(attempts: int, jitter: float) -> None:
    wait = next_try(attempts, START, jitter) - START

    assert timedelta(seconds=5) <= wait <= timedelta(hours=6)


def test_a_thousand_clients_do_not_come_back_in_the_same_second() -> None:
    rng = random.Random(1)

    moments = {next_try(10, START, rng.random()).replace(microsecond=0) for _ in range(1000)}

    assert len(moments) > 300


# ── what it means ─────────────────────────────────────────────────────────────────────────────────────────────────

WAITS = {ErrorCode.AGENCY_GARBLED, ErrorCode.AGENCY_BUSY, ErrorCode.AGENCY_UNKNOWN, ErrorCode.SETTINGS_BROKEN}
NEEDS_PEOPLE = {
    ErrorCode.AGENCY_REFUSED,
    ErrorCode.AGENCY_CONFLICT,
    ErrorCode.AGENCY_ALREADY_SIGNED,
    ErrorCode.AGENCY_WITHDRAWN,
    ErrorCode.SIGNED_WITHDRAWN,
    ErrorCode.AGENCY_NOT_LOGGED_IN,
    ErrorCode.AGENCY_NO_SUCH_CONTRACT,
    ErrorCode.FILE_MISSING,
    ErrorCode.STORE_DAMAGED,
}


@pytest.mark.parametrize("code", [code for code in ErrorCode if code.kind is Kind.NETWORK or code in WAITS])
def test_what_time_can_mend_is_tried_again(code: ErrorCode) -> None:
    assert decide(code) is Decision.RETRY


@pytest.mark.parametrize("code", [code for code in ErrorCode if code in NEEDS_PEOPLE])
def test_what_only_people_can_mend_is_parked(code: ErrorCode) -> None:
    assert decide(code) is Decision.PARK


# ── one round ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_due_is_delivered_oldest_first_and_once(outbox: Outbox, clock: TurnedClock) -> None:
    signed = [put_in(outbox, contract_id=f"c-{n}") for n in range(3)]
    agency = ScriptedAgency()

    first = drain(outbox, only(agency).__getitem__, clock)
    second = drain(outbox, only(agency).__getitem__, clock)

    assert agency.sent == [each.submission_id for each in signed]
    assert [each.delivered for each in first] == [True, True, True]
    assert second == []
    assert [each.state for each in outbox.all()] == [EntryState.DELIVERED] * 3


def test_one_refusal_does_not_stop_the_rest(outbox: Outbox, clock: TurnedClock) -> None:
    refused, fine = put_in(outbox), put_in(outbox)
    agency = ScriptedAgency(failures={refused.submission_id: SignerError(ErrorCode.AGENCY_REFUSED)})

    results = drain(outbox, only(agency).__getitem__, clock)

    assert [(each.submission_id, each.code) for each in results] == [
        (refused.submission_id, ErrorCode.AGENCY_REFUSED),
        (fine.submission_id, None),
    ]
    kept = outbox.entry(refused.submission_id)
    assert (kept.state, kept.last_error, kept.path.exists()) == (EntryState.PARKED, "AGY-005", True)


def test_a_mistake_of_ours_does_not_stop_the_rest(outbox: Outbox, clock: TurnedClock) -> None:
    odd, fine = put_in(outbox), put_in(outbox)
    agency = ScriptedAgency(failures={odd.submission_id: ZeroDivisionError()})

    results = drain(outbox, only(agency).__getitem__, clock)

    assert [each.code for each in results] == [ErrorCode.INTERNAL, None]
    assert outbox.entry(odd.submission_id).state is EntryState.QUEUED
    assert outbox.entry(fine.submission_id).state is EntryState.DELIVERED


@pytest.mark.parametrize("code", [ErrorCode.NETWORK_UNREACHABLE, ErrorCode.NETWORK_TIMEOUT, ErrorCode.AGENCY_BUSY])
def test_an_agency_out_of_reach_is_tried_once_a_round_and_another_all_the_same(
    outbox: Outbox, clock: TurnedClock, code: ErrorCode
) -> None:
    for _ in range(3):
        put_in(outbox, "away")
    there = put_in(outbox, "there")
    away, near = ScriptedAgency("away", always=SignerError(code)), ScriptedAgency("there")

    drain(outbox, only(away, near).__getitem__, clock)

    assert len(away.sent) == 1
    assert near.sent == [there.submission_id]
    assert [each.attempts for each in outbox.all()] == [1, 0, 0, 1]


def test_a_failed_try_waits_longer_each_time_and_keeps_everything(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    agency = ScriptedAgency(always=SignerError(ErrorCode.NETWORK_UNREACHABLE))
    waits = []

    for _ in range(4):
        drain(outbox, only(agency).__getitem__, clock, lambda: NO_JITTER)
        next_try_at = outbox.entry(signed.submission_id).next_try_at
        assert next_try_at
        waits.append((next_try_at - clock.now()).total_seconds())
        clock.turn(next_try_at - clock.now() - timedelta(milliseconds=1))
        assert drain(outbox, only(agency).__getitem__, clock) == []
        clock.turn(timedelta(milliseconds=1))

    assert waits == [5, 10, 20, 40]
    assert outbox.entry(signed.submission_id).signed == signed


def test_an_agency_that_left_the_settings_is_waited_for(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox, "gone")

    def gateway_for(agency_id: str) -> AgencyGateway:
        raise SignerError(ErrorCode.AGENCY_UNKNOWN, agency_id)

    results = drain(outbox, gateway_for, clock)

    assert [each.code for each in results] == [ErrorCode.AGENCY_UNKNOWN]
    kept = outbox.entry(signed.submission_id)
    assert (kept.state, kept.attempts) == (EntryState.QUEUED, 1)


def test_two_rounds_at_once_do_not_send_the_same(outbox: Outbox, clock: TurnedClock) -> None:
    put_in(outbox)
    put_in(outbox)
    second = ScriptedAgency()

    def another_round() -> None:
        drain(outbox, only(second).__getitem__, clock)

    first = ScriptedAgency(before_answer=another_round)

    drain(outbox, only(first).__getitem__, clock)

    assert len(first.sent) == 1
    assert set(first.sent).isdisjoint(second.sent)
    assert {each.state for each in outbox.all()} == {EntryState.DELIVERED}


def test_a_round_that_was_killed_holds_nothing_up_for_long(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    outbox.lease(signed.submission_id, clock.now())  # and then the power went
    agency = ScriptedAgency()

    assert drain(outbox, only(agency).__getitem__, clock) == []
    clock.turn(timedelta(minutes=5))

    assert [each.delivered for each in drain(outbox, only(agency).__getitem__, clock)] == [True]


def test_a_round_by_hand_takes_what_is_not_due(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    outbox.record_failure(signed.submission_id, ErrorCode.NETWORK_TIMEOUT, clock.now() + timedelta(hours=1))

    results = drain(outbox, only(ScriptedAgency()).__getitem__, clock, entries=outbox.all())

    assert [each.delivered for each in results] == [True]


# ── one at once ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_signature_is_delivered_at_once_due_or_not(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    outbox.record_failure(signed.submission_id, ErrorCode.NETWORK_TIMEOUT, clock.now() + timedelta(hours=1))

    receipt = deliver(outbox, outbox.entry(signed.submission_id), ScriptedAgency(), clock)

    assert receipt.submission_id == signed.submission_id
    assert outbox.receipt(signed.submission_id) == receipt


def test_a_parked_signature_can_be_delivered_by_hand(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    outbox.park(signed.submission_id, ErrorCode.AGENCY_REFUSED)

    deliver(outbox, outbox.entry(signed.submission_id), ScriptedAgency(), clock)

    assert outbox.entry(signed.submission_id).state is EntryState.DELIVERED


def test_what_was_delivered_is_not_sent_again(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    first = deliver(outbox, outbox.entry(signed.submission_id), ScriptedAgency(), clock)
    agency = ScriptedAgency()

    again = deliver(outbox, outbox.entry(signed.submission_id), agency, clock)

    assert (again, agency.sent) == (first, [])


def test_a_failure_is_noted_and_told(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    agency = ScriptedAgency(always=SignerError(ErrorCode.AGENCY_GARBLED))

    with pytest.raises(SignerError) as raised:
        deliver(outbox, outbox.entry(signed.submission_id), agency, clock)

    assert raised.value.code is ErrorCode.AGENCY_GARBLED
    kept = outbox.entry(signed.submission_id)
    assert (kept.state, kept.attempts, kept.last_error) == (EntryState.QUEUED, 1, "AGY-007")


def test_what_is_not_signed_is_not_delivered(outbox: Outbox, clock: TurnedClock) -> None:
    agreed = terms()
    outbox.begin(agreed, a_contract())
    agency = ScriptedAgency()

    with pytest.raises(SignerError) as raised:
        deliver(outbox, outbox.entry(agreed.submission_id), agency, clock)

    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert agency.sent == []


def test_a_delivery_that_somebody_stopped_can_go_on_at_once(outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    agency = ScriptedAgency(before_answer=ctrl_c)

    with pytest.raises(KeyboardInterrupt):
        deliver(outbox, outbox.entry(signed.submission_id), agency, clock)

    assert [each.submission_id for each in outbox.due(clock.now())] == [signed.submission_id]
