"""The outbox: nothing that was signed is lost, doubled or unreadable, whatever happens around it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import uuid4

import pytest

from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.model import SignedContract, SigningTerms
from signer.outbox import EntryState, Outbox
from signer.outbox_rows import MIGRATIONS
from tests.clocks import TurnedClock
from tests.outbox_world import (
    SIGNED,
    START,
    contract,
    described,
    put_in,
    receipt_for,
    terms,
)

SOON = START + timedelta(minutes=1)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(START)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def outbox(folder: Path, clock: TurnedClock) -> Outbox:
    return Outbox.open(folder, clock)


def reopened(folder: Path, clock: TurnedClock) -> Outbox:
    return Outbox.open(folder, clock)


def refuse(_: SigningTerms, __: Path) -> SignedContract:
    raise SignerError(ErrorCode.SIGNATURE_INVALID)


def unable_now(_: SigningTerms, __: Path) -> SignedContract:
    raise SignerError(ErrorCode.DISK_FULL)


# ── the way of a submission ───────────────────────────────────────────────────────────────────────────────────────


def test_a_submission_comes_back_as_it_went_in(folder: Path, outbox: Outbox, clock: TurnedClock) -> None:
    agreed = terms()
    path = outbox.begin(agreed, contract())
    write_whole(path, SIGNED)
    signed = described(agreed, path)
    outbox.queue(signed)

    found = reopened(folder, clock).entry(agreed.submission_id)

    assert (found.terms, found.signed, found.state) == (agreed, signed, EntryState.QUEUED)
    assert (found.title, found.path, found.created_at) == ("Week 10, TEST", path, START)


def test_a_receipt_comes_back_as_it_was_given(folder: Path, outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    receipt = receipt_for(signed, proof='{"title": "Überlassung – TEST"}')

    outbox.record_delivery(signed.submission_id, receipt)

    again = reopened(folder, clock)
    assert again.receipt(signed.submission_id) == receipt
    assert again.entry(signed.submission_id).delivered_at == START
    assert again.due(SOON) == []
    assert signed.path.read_bytes() == SIGNED


def test_nothing_is_due_before_it_is_signed(outbox: Outbox) -> None:
    outbox.begin(terms(), contract())

    assert outbox.due(SOON) == []
    assert [each.signed for each in outbox.all()] == [None]


def test_a_wrong_pin_begins_the_same_submission_again(outbox: Outbox) -> None:
    agreed = terms()

    assert outbox.begin(agreed, contract()) == outbox.begin(agreed, contract())
    assert len(outbox.all()) == 1


def test_what_is_signed_cannot_begin_again(outbox: Outbox) -> None:
    signed = put_in(outbox)

    with pytest.raises(SignerError) as raised:
        outbox.begin(terms(submission_id=signed.submission_id), contract())

    assert raised.value.code is ErrorCode.AGENCY_ALREADY_SIGNED


def test_a_contract_that_is_signed_here_is_not_signed_again(outbox: Outbox) -> None:
    signed = put_in(outbox)

    with pytest.raises(SignerError) as waiting:
        outbox.require_new("demo", "c-1")
    outbox.record_delivery(signed.submission_id, receipt_for(signed))
    with pytest.raises(SignerError) as delivered:
        outbox.require_new("demo", "c-1")

    assert waiting.value.code is ErrorCode.SIGNED_NOT_DELIVERED
    assert delivered.value.code is ErrorCode.AGENCY_ALREADY_SIGNED
    outbox.require_new("demo", "c-2")
    outbox.require_new("another agency", "c-1")
    outbox.require_new("demo", "c-1", signed.submission_id)


def test_a_signed_file_without_its_second_row_counts_as_signed(outbox: Outbox) -> None:
    path = outbox.begin(terms(), contract())
    outbox.require_new("demo", "c-1")
    write_whole(path, SIGNED)

    with pytest.raises(SignerError) as raised:
        outbox.require_new("demo", "c-1")

    assert raised.value.code is ErrorCode.SIGNED_NOT_DELIVERED


def test_what_the_agency_did_not_take_may_be_signed_anew(outbox: Outbox) -> None:
    signed = put_in(outbox)

    outbox.park(signed.submission_id, ErrorCode.AGENCY_REFUSED)

    outbox.require_new("demo", "c-1")


def test_a_signing_that_came_to_nothing_is_forgotten_and_a_file_never_is(outbox: Outbox) -> None:
    stopped, half_way = terms(), terms(contract_id="c-2")
    outbox.begin(stopped, contract())
    write_whole(outbox.begin(half_way, contract("c-2")), SIGNED)
    signed = put_in(outbox, contract_id="c-3")

    for submission in (stopped.submission_id, half_way.submission_id, signed.submission_id, uuid4()):
        outbox.give_up(submission)

    assert [each.submission_id for each in outbox.all()] == [half_way.submission_id, signed.submission_id]


def test_queueing_twice_is_harmless_and_with_other_bytes_is_refused(outbox: Outbox) -> None:
    signed = put_in(outbox)

    outbox.queue(signed)
    with pytest.raises(SignerError) as raised:
        outbox.queue(replace(signed, sha256="0" * 64))

    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert [each.signed for each in outbox.all()] == [signed]


def test_the_first_receipt_stays(outbox: Outbox) -> None:
    signed = put_in(outbox)
    first = receipt_for(signed)
    outbox.record_delivery(signed.submission_id, first)

    outbox.record_delivery(signed.submission_id, receipt_for(signed, proof='{"second": true}'))

    assert outbox.receipt(signed.submission_id) == first


@pytest.mark.parametrize("late_word", ["failure", "refusal"])
def test_a_late_word_of_a_slower_copy_takes_nothing_back(outbox: Outbox, late_word: str) -> None:
    signed = put_in(outbox)
    outbox.record_delivery(signed.submission_id, receipt_for(signed))

    if late_word == "failure":
        outbox.record_failure(signed.submission_id, ErrorCode.NETWORK_TIMEOUT, SOON)
    else:
        outbox.park(signed.submission_id, ErrorCode.AGENCY_CONFLICT)

    kept = outbox.entry(signed.submission_id)
    assert (kept.state, kept.last_error) == (EntryState.DELIVERED, None)


def test_what_is_parked_keeps_its_reason_and_its_file_until_people_have_spoken(outbox: Outbox) -> None:
    signed = put_in(outbox)

    outbox.park(signed.submission_id, ErrorCode.AGENCY_WITHDRAWN)
    parked, due = outbox.entry(signed.submission_id), outbox.due(SOON)
    outbox.unpark(signed.submission_id)

    assert (parked.state, parked.last_error, parked.signed, due) == (EntryState.PARKED, "AGY-009", signed, [])
    assert [each.submission_id for each in outbox.due(SOON)] == [signed.submission_id]


def test_an_unknown_submission_is_named(outbox: Outbox) -> None:
    with pytest.raises(SignerError) as raised:
        outbox.entry(terms().submission_id)

    assert raised.value.code is ErrorCode.FILE_MISSING


# ── clocks and copies ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_that_was_a_year_ahead_delays_nothing_once_it_is_right(outbox: Outbox) -> None:
    signed = put_in(outbox)
    wrong = START + timedelta(days=365)
    assert outbox.lease(signed.submission_id, wrong)
    outbox.record_failure(signed.submission_id, ErrorCode.NETWORK_TIMEOUT, wrong)
    outbox.lease(signed.submission_id, wrong)

    assert [each.submission_id for each in outbox.due(START)] == [signed.submission_id]
    assert outbox.lease(signed.submission_id, START)


def test_only_one_copy_has_the_lease(folder: Path, outbox: Outbox, clock: TurnedClock) -> None:
    signed = put_in(outbox)
    other = reopened(folder, clock)

    assert outbox.lease(signed.submission_id, START)
    assert not other.lease(signed.submission_id, START + timedelta(minutes=4))
    assert other.due(START + timedelta(minutes=4)) == []
    assert other.lease(signed.submission_id, START + timedelta(minutes=5))


def _put_in_from(folder: Path, count: int) -> None:
    for _ in range(count):
        put_in(Outbox.open(folder))


def test_copies_that_start_and_sign_at_once_lose_nothing(folder: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    copies = [spawning.Process(target=_put_in_from, args=(folder, 5)) for _ in range(3)]

    for each in copies:
        each.start()
    for each in copies:
        each.join(60)

    assert [each.exitcode for each in copies] == [0, 0, 0]
    assert len(Outbox.open(folder).due(datetime.now(UTC))) == 15


def _make_together(places: list[Path], together: Barrier) -> None:
    for each in places:
        together.wait(60)
        Outbox.open(each)


def test_copies_that_make_the_outbox_at_the_same_moment_all_have_it(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    places, together = [tmp_path / str(number) for number in range(30)], spawning.Barrier(2)
    copies = [spawning.Process(target=_make_together, args=(places, together)) for _ in range(2)]

    for each in copies:
        each.start()
    for each in copies:
        each.join(60)

    assert [each.exitcode for each in copies] == [0, 0]


def test_opening_it_again_takes_no_lock_from_who_is_writing(folder: Path, outbox: Outbox) -> None:
    put_in(outbox)
    titles = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1])\n"
        "print(*base.execute('SELECT title FROM submission').fetchone()); base.close()"
    )
    another_copy = [sys.executable, "-c", titles, str(folder / "outbox.sqlite3")]

    with outbox._database._connected() as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE submission SET title = 'written last'")
        outbox._database._make()
        before = subprocess.run(another_copy, check=True, capture_output=True, text=True).stdout
        database.execute("COMMIT")
        after = subprocess.run(another_copy, check=True, capture_output=True, text=True).stdout

    assert before != after == "written last\n"


def test_who_signs_in_another_copy_is_waited_for(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as other:
        other.enter_context(outbox.one_signing())
        monkeypatch.setattr("signer.files.time.sleep", lambda _: other.close())  # it ends while one waits

        with outbox.one_signing():
            entered = True

    assert entered


def test_who_signs_in_another_copy_for_long_is_named(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signer.outbox._PATIENCE_TO_SIGN_S", 0)

    with outbox.one_signing(), pytest.raises(SignerError) as raised, outbox.one_signing():
        pass

    assert raised.value.code is ErrorCode.CARD_IN_USE


# ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_file_without_its_second_row_is_found_and_queued(
    folder: Path, outbox: Outbox, clock: TurnedClock
) -> None:
    agreed = terms()
    write_whole(outbox.begin(agreed, contract()), SIGNED)

    again = reopened(folder, clock)
    found = again.recover(described)

    assert found == [agreed.submission_id]
    assert [each.submission_id for each in again.due(SOON)] == [agreed.submission_id]
    assert again.recover(described) == []


def test_a_found_file_that_is_no_good_signature_is_kept_as_evidence(outbox: Outbox) -> None:
    agreed = terms()
    path = outbox.begin(agreed, contract())
    write_whole(path, SIGNED)

    assert outbox.recover(refuse) == []
    kept = outbox.entry(agreed.submission_id)
    assert (kept.state, kept.last_error, path.read_bytes()) == (EntryState.PARKED, "SIGN-001", SIGNED)


def test_evidence_without_a_second_row_is_looked_at_again_when_people_ask(outbox: Outbox) -> None:
    agreed = terms()
    write_whole(outbox.begin(agreed, contract()), SIGNED)
    outbox.recover(refuse)

    outbox.unpark(agreed.submission_id)

    assert outbox.recover(described) == [agreed.submission_id]


def test_who_signed_knows_better_than_another_copy_that_found_the_file_too_early(outbox: Outbox) -> None:
    agreed = terms()
    path = outbox.begin(agreed, contract())
    write_whole(path, SIGNED)
    outbox.recover(refuse)  # the other copy

    outbox.queue(described(agreed, path))

    assert [(each.state, each.last_error) for each in outbox.all()] == [(EntryState.QUEUED, None)]


def test_a_found_file_that_cannot_be_checked_now_waits_for_the_next_start_however_late(
    outbox: Outbox, clock: TurnedClock
) -> None:
    agreed = terms()
    write_whole(outbox.begin(agreed, contract()), SIGNED)
    clock.turn(timedelta(days=30))

    assert outbox.recover(unable_now) == []
    assert outbox.recover(described) == [agreed.submission_id]


def test_a_signing_in_another_copy_is_left_alone_and_an_abandoned_one_is_dropped(
    outbox: Outbox, clock: TurnedClock
) -> None:
    outbox.begin(terms(), contract())

    clock.turn(timedelta(hours=24))
    outbox.recover(described)
    while_it_may_be_going_on = len(outbox.all())
    clock.turn(timedelta(seconds=1))
    outbox.recover(described)

    assert (while_it_may_be_going_on, len(outbox.all())) == (1, 0)


def test_nothing_but_signings_without_a_file_is_ever_dropped(outbox: Outbox, clock: TurnedClock) -> None:
    queued, parked, delivered = put_in(outbox), put_in(outbox), put_in(outbox)
    outbox.park(parked.submission_id, ErrorCode.AGENCY_REFUSED)
    outbox.record_delivery(delivered.submission_id, receipt_for(delivered))
    queued.path.unlink()  # even a file that somebody took away leaves its row
    clock.turn(timedelta(days=1000))

    outbox.recover(described)

    assert [each.state for each in outbox.all()] == [EntryState.QUEUED, EntryState.PARKED, EntryState.DELIVERED]


def test_halves_of_files_are_cleared_away_when_nobody_can_be_writing_them(folder: Path, outbox: Outbox) -> None:
    old, young = folder / ".a.pdf.x.part", folder / ".b.pdf.y.part"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    two_days_ago = time.time() - 48 * 3600
    os.utime(old, (two_days_ago, two_days_ago))

    outbox.recover(described)

    assert (old.exists(), young.exists()) == (False, True)


# ── the disk ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_else_can_look_in(folder: Path, outbox: Outbox) -> None:
    put_in(outbox)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}

    assert modes.pop("outbox") == 0o700
    assert set(modes.values()) == {0o600}
    assert len(modes) >= 2


def test_every_commit_is_synced(outbox: Outbox) -> None:
    with outbox._database.writing() as database:
        assert database.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert database.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_transaction_that_fails_was_never_there(outbox: Outbox) -> None:
    put_in(outbox)

    with suppress(ZeroDivisionError), outbox._database.writing() as database:
        database.execute("DELETE FROM submission")
        raise ZeroDivisionError

    assert len(outbox.all()) == 1


@pytest.mark.parametrize("damage", [b"no database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_database_that_is_none_is_named_and_left_as_it_is(folder: Path, clock: TurnedClock, damage: bytes) -> None:
    folder.mkdir()
    (folder / "outbox.sqlite3").write_bytes(damage)

    with pytest.raises(SignerError) as raised:
        Outbox.open(folder, clock)

    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert (folder / "outbox.sqlite3").read_bytes() == damage


def test_a_page_that_the_disk_lost_is_noticed_at_the_start(folder: Path, outbox: Outbox, clock: TurnedClock) -> None:
    for _ in range(30):
        put_in(outbox)
    file = folder / "outbox.sqlite3"
    content = bytearray(file.read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xa5" * 8192
    file.write_bytes(content)

    with pytest.raises(SignerError) as raised:
        Outbox.open(folder, clock)

    assert raised.value.code is ErrorCode.STORE_DAMAGED


def test_a_row_that_makes_no_sense_is_damage_and_its_text_is_not_repeated(outbox: Outbox) -> None:
    put_in(outbox)
    with outbox._database.writing() as database:
        database.execute('UPDATE submission SET terms = \'{"upload_capability": "s3cret"}\'')

    with pytest.raises(SignerError) as raised:
        outbox.all()

    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert "s3cret" not in str(raised.value)


def test_a_writer_that_does_not_finish_is_waited_for_and_then_named(
    folder: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signer.sqlite._PATIENCE_S", 0.1)
    with closing(sqlite3.connect(folder / "outbox.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(SignerError) as raised:
            put_in(outbox)

    assert raised.value.code is ErrorCode.FILE_NOT_WRITABLE


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clock: TurnedClock) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SignerError) as raised:
        Outbox.open(tmp_path / "file" / "outbox", clock)

    assert raised.value.code is ErrorCode.FILE_NOT_WRITABLE


# ── versions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_older_schema_is_brought_up_to_date_with_everything_in_it(
    folder: Path, outbox: Outbox, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = put_in(outbox)
    newer = (*MIGRATIONS, "ALTER TABLE submission ADD COLUMN sealed TEXT", "CREATE TABLE more (id TEXT) STRICT")
    monkeypatch.setattr("signer.outbox.MIGRATIONS", newer)

    again = Outbox.open(folder, clock)

    assert [each.signed for each in again.all()] == [signed]
    assert _version(folder) == len(newer)


def test_a_schema_of_a_newer_program_is_not_touched(folder: Path, outbox: Outbox, clock: TurnedClock) -> None:
    with outbox._database.writing() as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")

    with pytest.raises(SignerError) as raised:
        Outbox.open(folder, clock)

    assert raised.value.code is ErrorCode.STORE_DAMAGED
    assert _version(folder) == len(MIGRATIONS) + 1


def _version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "outbox.sqlite3")) as database:
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        return version
