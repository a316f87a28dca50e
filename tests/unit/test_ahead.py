"""What was fetched ahead is there whole or not at all, until its day is over."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signer.ahead import Ahead, Kept, nobody_answers
from signer.errors import ErrorCode, SignerError
from tests.clocks import TurnedClock
from tests.outbox_world import ORIGINAL, START, contract, terms


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(START)


@pytest.fixture
def ahead(tmp_path: Path, clock: TurnedClock) -> Ahead:
    return Ahead(tmp_path, clock)


def kept(contract_id: str = "c-1", agency_id: str = "demo", ends_in: timedelta = timedelta(days=1)) -> Kept:
    agreed = replace(terms(agency_id, contract_id), expires_at=START + ends_in, clock_offset=timedelta(0))
    return Kept(contract(contract_id), agreed, None, START)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "sqlite3" not in path.name)


def test_what_is_kept_is_found_again_by_another_copy_of_the_program(
    ahead: Ahead, tmp_path: Path, clock: TurnedClock
) -> None:
    before = contract("c-0")
    given = replace(kept(), before=before)
    ahead.keep(given, ORIGINAL)
    other = Ahead(tmp_path, clock)
    assert other.find("demo", "c-1") == given
    other.bring(given, tmp_path / "shown.pdf")
    assert (tmp_path / "shown.pdf").read_bytes() == ORIGINAL


def test_the_files_are_for_this_user_alone(ahead: Ahead, tmp_path: Path) -> None:
    ahead.keep(kept(), ORIGINAL)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in files(tmp_path)} == {0o600}


def test_soonest_comes_first_and_agencies_stay_apart(ahead: Ahead) -> None:
    later = kept("c-1")
    sooner = replace(kept("c-2"), contract=replace(contract("c-2"), starts_at=START + timedelta(hours=2)))
    other = kept("c-1", "other")
    for each in (later, sooner, other):
        ahead.keep(each, ORIGINAL)
    assert [each.contract.id for each in ahead.all()] == ["c-2", "c-1", "c-1"]
    assert ahead.find("other", "c-1") == other
    assert ahead.find("other", "c-2") is None


def test_what_is_fetched_anew_takes_the_place_of_what_was_there(ahead: Ahead, tmp_path: Path) -> None:
    ahead.keep(kept(), ORIGINAL)
    newer = kept()
    ahead.keep(newer, ORIGINAL)
    assert ahead.all() == [newer]
    assert files(tmp_path) == sorted(f"{newer.terms.submission_id}.{kind}" for kind in ("json", "pdf"))


def test_what_is_over_is_not_given_and_is_erased(ahead: Ahead, tmp_path: Path, clock: TurnedClock) -> None:
    ahead.keep(kept(ends_in=timedelta(hours=1)), ORIGINAL)
    clock.turn(timedelta(hours=1))
    assert ahead.find("demo", "c-1") is None
    assert ahead.all() == []
    assert ahead.purge() == 1
    assert files(tmp_path) == []


def test_a_clock_that_is_ahead_does_not_take_contracts_away(ahead: Ahead, clock: TurnedClock) -> None:
    given = kept(ends_in=timedelta(hours=1))
    day = timedelta(days=1)
    clock.turn(day)
    ahead.keep(replace(given, terms=replace(given.terms, clock_offset=-day)), ORIGINAL)
    assert ahead.find("demo", "c-1") is not None
    clock.turn(timedelta(hours=1))
    assert ahead.find("demo", "c-1") is None


def test_one_agency_can_be_forgotten_or_all(ahead: Ahead, tmp_path: Path) -> None:
    for each in (kept(), kept(agency_id="other"), kept("c-2", "other")):
        ahead.keep(each, ORIGINAL)
    assert ahead.forget("other") == 2
    assert [each.terms.agency_id for each in ahead.all()] == ["demo"]
    ahead.drop("demo", "c-9")
    assert ahead.forget() == 1
    assert files(tmp_path) == []


def test_a_document_that_was_changed_on_the_disk_is_not_shown(ahead: Ahead, tmp_path: Path) -> None:
    given = kept()
    ahead.keep(given, ORIGINAL)
    (tmp_path / f"{given.terms.submission_id}.pdf").write_bytes(ORIGINAL + b" and more")
    with pytest.raises(SignerError) as raised:
        ahead.bring(given, tmp_path / "shown.pdf")
    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert not (tmp_path / "shown.pdf").exists()


def test_a_row_whose_file_cannot_be_read_is_dropped_and_hides_no_other(ahead: Ahead, tmp_path: Path) -> None:
    broken, whole = kept("c-1"), kept("c-2")
    for each in (broken, whole):
        ahead.keep(each, ORIGINAL)
    (tmp_path / f"{broken.terms.submission_id}.json").write_text("{")
    assert ahead.all() == [whole]
    assert files(tmp_path) == sorted(f"{whole.terms.submission_id}.{kind}" for kind in ("json", "pdf"))


def test_a_database_that_cannot_be_read_is_begun_anew(ahead: Ahead, tmp_path: Path, clock: TurnedClock) -> None:
    ahead.keep(kept(), ORIGINAL)
    for each in tmp_path.glob("*.sqlite3*"):
        each.write_bytes(b"no database at all, TEST" * 40)
    lock = tmp_path / "ahead.sqlite3-opening"
    with lock.open("rb") as waiting:
        anew = Ahead(tmp_path, clock)
        assert os.path.samestat(os.fstat(waiting.fileno()), lock.stat())  # erased, it would keep nobody out
    assert anew.all() == []
    anew.keep(kept(), ORIGINAL)
    assert len(anew.all()) == 1


def test_what_a_kill_left_between_file_and_row_is_swept_away_once_it_is_old(ahead: Ahead, tmp_path: Path) -> None:
    given = kept()
    ahead.keep(given, ORIGINAL)
    old, new = tmp_path / "old.pdf", tmp_path / "new.json"
    for each in (old, new):
        each.write_bytes(b"TEST")
    two_hours_ago = time.time() - 7200
    for each in (old, *tmp_path.glob(f"{given.terms.submission_id}.*")):
        os.utime(each, (two_hours_ago, two_hours_ago))
    ahead.purge()
    assert set(files(tmp_path)) == {"new.json", *(f"{given.terms.submission_id}.{kind}" for kind in ("json", "pdf"))}


class Turning:
    """Turns every byte, so that what lies on the disk can be told from what it says."""

    def seal(self, content: bytes) -> bytes:
        return bytes(255 - each for each in content)

    def open(self, sealed: bytes) -> bytes:
        return self.seal(sealed)


def test_nothing_of_it_lies_on_the_disk_unsealed(tmp_path: Path, clock: TurnedClock) -> None:
    ahead = Ahead(tmp_path, clock, Turning())
    given = kept()
    ahead.keep(given, ORIGINAL)
    on_the_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for told in (ORIGINAL, given.terms.upload_capability.encode(), given.contract.company.encode()):
        assert told not in on_the_disk
    ahead.note(replace(given, contract=replace(given.contract, place="Aalst, TEST")))
    assert b"Aalst, TEST" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    (found,) = ahead.all()
    assert found.contract.place == "Aalst, TEST"
    ahead.bring(found, tmp_path / "shown.pdf")
    assert (tmp_path / "shown.pdf").read_bytes() == ORIGINAL


@pytest.mark.parametrize(
    ("code", "silent"),
    [
        (ErrorCode.NETWORK_UNREACHABLE, True),
        (ErrorCode.AGENCY_BUSY, True),
        (ErrorCode.AGENCY_GARBLED, True),
        (ErrorCode.AGENCY_WITHDRAWN, False),
        (ErrorCode.AGENCY_NOT_LOGGED_IN, False),
    ],
)
def test_only_where_the_agency_has_not_spoken_counts_what_is_here(code: ErrorCode, *, silent: bool) -> None:
    assert nobody_answers(code) is silent
