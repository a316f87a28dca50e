"""What a worker wrote about a contract stays on the disk until the agency has it, and arrives once."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from signer.errors import ErrorCode, SignerError
from signer.model import Objection, Wrong
from signer.objections import Objections, send, tidy
from signer.ports import AgencyGateway
from tests.clocks import TurnedClock
from tests.outbox_world import ScriptedAgency


@dataclass
class ListeningAgency(ScriptedAgency):
    """Takes objections, or fails as it is told."""

    heard: list[UUID] = field(default_factory=list)

    def tell_wrong(self, objection: Objection) -> None:
        if self.always is not None:
            raise self.always
        self.heard.append(objection.id)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(datetime(2026, 11, 22, 21, 0, tzinfo=UTC))


@pytest.fixture
def box(tmp_path: Path, clock: TurnedClock) -> Objections:
    return Objections(tmp_path, clock)


def objection(contract_id: str = "C-1", text: str = "Not what we said.", agency_id: str = "demo") -> Objection:
    return Objection(uuid4(), agency_id, contract_id, (Wrong.PAY, Wrong.OTHER), text)


def to(*agencies: ListeningAgency) -> Callable[[str], AgencyGateway]:
    by_id: dict[str, AgencyGateway] = {each.agency_id: each for each in agencies}
    return lambda agency_id: by_id[agency_id]


def test_it_survives_the_program_word_for_word_for_this_user_alone(
    tmp_path: Path, box: Objections, clock: TurnedClock
) -> None:
    said = objection(text="Zaterdag kan ik niet.\nÉcrit à 21 h ✓")
    box.keep(said)
    assert [each.objection for each in Objections(tmp_path, clock).all()] == [said]
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in tmp_path.iterdir()} == {0}


def test_words_that_were_changed_before_they_left_replace_the_first(box: Objections) -> None:
    second = objection(text="Sorry: the pay is right, the hours are not.")
    for each in (objection(), second, objection("C-2")):
        box.keep(each)
    assert [each.objection.text for each in box.all()] == [second.text, "Not what we said."]


def test_what_the_agency_has_is_erased_here(box: Objections) -> None:
    agency, said = ListeningAgency(), objection()
    box.keep(said)
    assert send(box, box.all(), to(agency)) == [said]
    assert (agency.heard, box.all()) == ([said.id], [])


@pytest.mark.parametrize(
    "code",
    [ErrorCode.NETWORK_UNREACHABLE, ErrorCode.AGENCY_BUSY, ErrorCode.AGENCY_NOT_LOGGED_IN, ErrorCode.AGENCY_UNKNOWN],
)
def test_what_could_not_leave_is_tried_again_later_and_later(
    box: Objections, clock: TurnedClock, code: ErrorCode
) -> None:
    said = objection()
    box.keep(said)
    agency = ListeningAgency(always=SignerError(code))
    assert send(box, box.due(), to(agency)) == []
    assert (box.due(), [each.last_error for each in box.all()], box.all()[0].held) == ([], [code], False)
    clock.turn(timedelta(seconds=6))
    assert send(box, box.due(), to(agency)) == []
    clock.turn(timedelta(seconds=4))
    assert box.due() == []
    clock.turn(timedelta(seconds=10))
    agency.always = None
    assert send(box, box.due(), to(agency)) == [said]


def test_what_the_agency_does_not_take_is_held_with_its_words(box: Objections, clock: TurnedClock) -> None:
    box.keep(objection())
    send(box, box.all(), to(ListeningAgency(always=SignerError(ErrorCode.AGENCY_NO_SUCH_CONTRACT))))
    clock.turn(timedelta(days=30))
    (left,) = box.all()
    assert (left.held, left.objection.text, box.due()) == (True, "Not what we said.", [])


def test_an_agency_without_network_does_not_hold_up_another(box: Objections) -> None:
    gone = ListeningAgency("gone", always=SignerError(ErrorCode.NETWORK_TIMEOUT))
    here = ListeningAgency("here")
    for each in (
        objection("C-1", agency_id="gone"),
        objection("C-2", agency_id="gone"),
        objection("C-3", agency_id="here"),
    ):
        box.keep(each)
    assert [each.contract_id for each in send(box, box.all(), to(gone, here))] == ["C-3"]
    assert [each.attempts for each in box.all()] == [1, 0]


def test_a_wait_noted_by_a_wrong_clock_is_over(box: Objections, clock: TurnedClock) -> None:
    box.keep(objection())
    clock.turn(timedelta(days=365))
    send(box, box.due(), to(ListeningAgency(always=SignerError(ErrorCode.NETWORK_TIMEOUT))))
    clock.turn(timedelta(days=-365))
    assert len(box.due()) == 1


def test_what_no_keyboard_means_to_write_is_taken_out() -> None:
    assert tidy("  a\r\nb\rc\u2029d\x1b[2J\x00\te ") == "a\nb\nc\nd[2J\te"
