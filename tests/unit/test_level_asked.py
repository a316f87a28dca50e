"""The level that the agency asks: reached before the first delivery or after it, else openly pending."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from signer.delivery import deliver
from signer.errors import ErrorCode, SignerError
from signer.extending import ExtensionResult, extend_delivered
from signer.model import Holding, Level, SignedContract
from signer.outbox import LONGEST_WAIT, Entry, Outbox
from tests.clocks import TurnedClock
from tests.outbox_world import INCREMENT, START, ScriptedAgency, ScriptedExtender, put_in

OFFLINE = SignerError(ErrorCode.NETWORK_UNREACHABLE)
NO_STAMP = SignerError(ErrorCode.TIMESTAMP_UNAVAILABLE)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(START)


@pytest.fixture
def outbox(tmp_path: Path, clock: TurnedClock) -> Outbox:
    return Outbox.open(tmp_path / "outbox", clock)


class Desk:
    """One signature on its way, and everybody whom it meets."""

    def __init__(self, outbox: Outbox, clock: TurnedClock, level: Level) -> None:
        self.outbox, self.clock = outbox, clock
        self.agency, self.extender = ScriptedAgency(), ScriptedExtender()
        self.signed: SignedContract = put_in(outbox, level=level)

    @property
    def entry(self) -> Entry:
        return self.outbox.entry(self.signed.submission_id)

    def deliver(self) -> None:
        deliver(self.outbox, self.entry, self.agency, self.clock, extender=self.extender)
        self.agency.has = Holding(self.entry.receipt.level, 0) if self.entry.receipt else self.agency.has

    def extend(self) -> ExtensionResult:
        (result,) = extend_delivered(
            self.outbox, lambda _: self.agency, self.extender, self.clock, entries=[self.entry]
        )
        return result


@pytest.fixture
def desk(outbox: Outbox, clock: TurnedClock) -> Desk:
    return Desk(outbox, clock, Level.B_LTA)


# ── before the first delivery ─────────────────────────────────────────────────────────────────────────────────────


def test_a_time_stamp_goes_in_before_anybody_has_the_file(desk: Desk) -> None:
    desk.deliver()
    assert desk.entry.signed
    assert desk.entry.signed.level is Level.B_T
    assert b"TEST stamped" in desk.signed.path.read_bytes()
    assert desk.entry.pending is Level.B_LTA


def test_no_time_stamp_is_asked_where_the_agency_asks_none(outbox: Outbox, clock: TurnedClock) -> None:
    desk = Desk(outbox, clock, Level.B_B)
    desk.deliver()
    assert desk.extender.stamped == []
    assert desk.entry.pending is None


def test_no_service_answers_and_the_contract_is_delivered_all_the_same(desk: Desk) -> None:
    desk.extender.failure = NO_STAMP
    desk.deliver()
    assert desk.entry.receipt
    assert desk.entry.receipt.level is Level.B_B
    assert desk.entry.pending is Level.B_LTA


def test_offline_nothing_counts_as_sent_so_the_next_try_stamps(desk: Desk) -> None:
    desk.extender.failure, desk.agency.nobody_there = NO_STAMP, OFFLINE
    with pytest.raises(SignerError):
        desk.deliver()
    assert desk.agency.sent == []

    desk.extender.failure = desk.agency.nobody_there = None
    desk.deliver()

    assert desk.entry.signed
    assert desk.entry.signed.level is Level.B_T


def test_what_may_have_arrived_keeps_its_bytes(desk: Desk) -> None:
    desk.extender.failure = NO_STAMP
    desk.agency.always = SignerError(ErrorCode.NETWORK_TIMEOUT)  # after it was sent
    with pytest.raises(SignerError):
        desk.deliver()
    before = desk.signed.path.read_bytes()

    desk.extender.failure = desk.agency.always = None
    desk.deliver()

    assert desk.signed.path.read_bytes() == before
    assert len(desk.extender.stamped) == 1


def test_a_kill_between_the_stamped_file_and_the_note_of_it_loses_nothing(desk: Desk) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    desk.extender.before_return = killed
    with pytest.raises(KeyboardInterrupt):
        desk.deliver()
    assert b"TEST stamped" in desk.signed.path.read_bytes()

    desk.extender.before_return = lambda: None
    desk.deliver()

    assert desk.entry.receipt
    assert desk.entry.receipt.level is Level.B_T


@pytest.fixture
def waiting_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts who has asked for a turn, before they get it."""
    asked, one_raising = threading.Semaphore(0), Outbox.one_raising

    def counted(outbox: Outbox) -> AbstractContextManager[None]:
        asked.release()
        return one_raising(outbox)

    monkeypatch.setattr(Outbox, "one_raising", counted)
    return asked


def test_two_who_deliver_at_once_stamp_once_and_send_the_same_bytes(
    desk: Desk, waiting_for_a_turn: threading.Semaphore
) -> None:
    stamping, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        stamping.set()
        assert go_on.wait(20)

    desk.extender.before_return = wait
    both = [threading.Thread(target=desk.deliver) for _ in range(2)]
    both[0].start()
    assert stamping.wait(20)
    both[1].start()
    assert [waiting_for_a_turn.acquire(timeout=10) for _ in both] == [True, True]
    assert desk.agency.sent == []
    go_on.set()
    for each in both:
        each.join(20)

    assert len(desk.extender.stamped) == 1
    assert len(set(desk.agency.sent_bytes)) == 1
    assert desk.entry.receipt
    assert desk.entry.receipt.level is Level.B_T


# ── after it ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_delivery_the_rest_is_appended_and_sent(desk: Desk) -> None:
    desk.deliver()
    delivered = desk.signed.path.read_bytes()

    assert desk.extend().reached

    assert desk.signed.path.read_bytes().startswith(delivered)
    (sent,) = desk.agency.extensions
    assert (sent.number, sent.start, sent.end) == (1, len(delivered), desk.signed.path.stat().st_size)
    assert desk.entry.pending is None
    assert desk.outbox.to_extend(desk.clock.now()) == []


def test_part_of_it_is_sent_too_and_the_rest_stays_pending(desk: Desk) -> None:
    desk.deliver()
    desk.extender.stops_at, desk.extender.because = Level.B_LT, ErrorCode.TIMESTAMP_UNAVAILABLE

    result = desk.extend()

    assert (result.level, result.code) == (Level.B_LT, ErrorCode.TIMESTAMP_UNAVAILABLE)
    assert desk.entry.pending is Level.B_LTA
    desk.extender.stops_at = Level.B_LTA
    assert desk.extend().reached
    assert [each.number for each in desk.agency.extensions] == [1, 2]


def test_an_extension_whose_answer_was_lost_is_sent_again_to_the_byte(desk: Desk) -> None:
    desk.deliver()
    desk.agency.extension_refused = SignerError(ErrorCode.NETWORK_TIMEOUT)
    assert not desk.extend().reached

    desk.agency.extension_refused = None
    desk.agency.has = Holding(Level.B_LT, 1)  # it did arrive
    assert desk.extend().reached

    first, second = desk.agency.extensions
    assert first == second


def test_a_kill_between_the_appended_file_and_the_note_of_it_loses_nothing(desk: Desk) -> None:
    desk.deliver()
    desk.extender.stops_at = Level.B_LT

    def killed() -> None:
        raise KeyboardInterrupt

    desk.extender.before_return = killed
    with pytest.raises(KeyboardInterrupt):
        desk.extend()

    desk.extender.before_return, desk.extender.stops_at = lambda: None, Level.B_LTA
    assert desk.extend().reached
    (sent,) = desk.agency.extensions
    assert sent.end == desk.signed.path.stat().st_size


def test_two_who_extend_at_once_append_once(desk: Desk, waiting_for_a_turn: threading.Semaphore) -> None:
    desk.deliver()
    assert waiting_for_a_turn.acquire(timeout=10)
    appending, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        appending.set()
        assert go_on.wait(20)

    desk.extender.before_return = wait
    entries = [desk.entry]

    def extend() -> None:
        extend_delivered(desk.outbox, lambda _: desk.agency, desk.extender, desk.clock, entries=entries)

    both = [threading.Thread(target=extend) for _ in range(2)]
    both[0].start()
    assert appending.wait(20)
    both[1].start()
    assert [waiting_for_a_turn.acquire(timeout=10) for _ in both] == [True, True]
    go_on.set()
    for each in both:
        each.join(20)

    assert len(desk.agency.extensions) == 1
    assert desk.entry.pending is None


def test_what_the_agency_did_itself_counts_and_nothing_is_sent(desk: Desk) -> None:
    desk.deliver()
    desk.agency.has = Holding(Level.B_LTA, 2)
    assert desk.extend().reached
    assert desk.agency.extensions == []
    assert desk.entry.level is Level.B_LTA


def test_where_the_agency_went_on_by_itself_the_rest_is_left_to_it(desk: Desk) -> None:
    desk.deliver()
    desk.agency.has = Holding(Level.B_LT, 1)
    assert desk.extend().level is Level.B_LT
    assert desk.agency.extensions == []
    assert desk.entry.pending is Level.B_LTA


def test_the_agency_was_quicker_by_a_moment(desk: Desk) -> None:
    desk.deliver()
    desk.agency.extension_refused = SignerError(ErrorCode.AGENCY_CONFLICT)
    result = desk.extend()
    assert result.code is None
    assert desk.entry.pending is Level.B_LTA


def test_a_file_that_changed_is_neither_extended_nor_sent(desk: Desk) -> None:
    desk.deliver()
    content = desk.signed.path.read_bytes()
    desk.signed.path.write_bytes(content.replace(INCREMENT[:4], b"XXXX"))
    assert desk.extend().code is ErrorCode.STORE_DAMAGED
    assert desk.agency.extensions == []


def test_what_is_pending_is_tried_again_later_and_not_all_the_time(desk: Desk) -> None:
    desk.deliver()
    assert [each.submission_id for each in desk.outbox.to_extend(desk.clock.now())] == [desk.signed.submission_id]
    desk.extender.failure = NO_STAMP
    desk.extend()
    assert desk.outbox.to_extend(desk.clock.now()) == []
    desk.clock.turn(LONGEST_WAIT)
    assert len(desk.outbox.to_extend(desk.clock.now())) == 1
