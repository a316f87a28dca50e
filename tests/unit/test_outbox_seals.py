"""What waits lies sealed; a crash between any two steps loses nothing and leaves nothing open."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agency.sealing import SealingKey, SealingKeys
from signer import outbox as outbox_module
from signer import outbox_seals
from signer.agency.client import _submission
from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.model import SignedContract, SigningTerms
from signer.outbox import EntryState, Keeping, Outbox
from signer.outbox_seals import Seals
from signer.sealing import KEY_BYTES, HomeKey
from tests.clocks import TurnedClock
from tests.outbox_world import INCREMENT, ORIGINAL, SIGNED, START, contract, described, receipt_for, terms


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> SealingKey:
    return SealingKeys(tmp_path_factory.mktemp("agency") / "sealing", "TEST").make()


@pytest.fixture(scope="module")
def home() -> HomeKey:
    return HomeKey(secrets.token_bytes(KEY_BYTES))


@pytest.fixture
def own(tmp_path: Path, home: HomeKey) -> Outbox:
    """The outbox of somebody's own computer."""
    return opened(tmp_path, home)


@pytest.fixture
def shared(tmp_path: Path) -> Outbox:
    """The outbox of a computer that many people use."""
    return opened(tmp_path, None)


def opened(folder: Path, home: HomeKey | None) -> Outbox:
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    return Outbox.open(
        folder / "outbox", TurnedClock(START), Seals(workspace, shared=home is None, find_key=lambda: home)
    )


def signed_in(outbox: Outbox, agency: SealingKey | None) -> SignedContract:
    agreed = replace(terms(), sealing_key=agency.der if agency else None)
    path = outbox.begin(agreed, contract())
    write_whole(path, SIGNED)
    signed = described(agreed, path)
    outbox.queue(signed)
    return signed


def sealed_in(outbox: Outbox, agency: SealingKey) -> SignedContract:
    signed = signed_in(outbox, agency)
    outbox.seal(signed.submission_id)
    return signed


def lying(outbox: Outbox) -> dict[str, bytes]:
    """What lies in the folder beside the database."""
    return {path.name: path.read_bytes() for path in outbox._folder.iterdir() if "sqlite3" not in path.name}


def sent(outbox: Outbox, agency: SealingKey) -> bytes:
    """What the agency finds in what would be sent now."""
    (entry,) = outbox.all()
    assert entry.signed
    request = _submission(entry.signed, entry.terms)
    assert request.increment is None
    assert request.sealed_increment
    return SealingKeys(agency.file.parent, "TEST").open(request.sealed_increment)


def code(action: Callable[[], object]) -> ErrorCode:
    with pytest.raises(SignerError) as caught:
        action()
    return caught.value.code


def whole(outbox: Outbox) -> bytes:
    (entry,) = outbox.all()
    with outbox.opened(entry) as signed:
        return signed.path.read_bytes()


# ── how it lies ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "files", "keeping"), [("own", 2, Keeping.SEALED), ("shared", 1, Keeping.AGENCY)])
def test_nothing_of_what_waits_can_be_read_and_the_agency_gets_it(
    kind: str, files: int, keeping: Keeping, agency: SealingKey, request: pytest.FixtureRequest
) -> None:
    outbox: Outbox = request.getfixturevalue(kind)
    sealed_in(outbox, agency)
    found = lying(outbox)
    assert len(found) == files
    assert not any(secret in content for content in found.values() for secret in (ORIGINAL[:8], INCREMENT[4:12]))
    assert outbox.all()[0].keeping is keeping
    assert sent(outbox, agency) == INCREMENT


def test_on_ones_own_computer_it_can_be_read(own: Outbox, agency: SealingKey, tmp_path: Path) -> None:
    sealed_in(own, agency)
    assert whole(own) == SIGNED
    assert list((tmp_path / "workspace").iterdir()) == []


def test_on_a_shared_computer_it_cannot_and_does_not_say_whose_it_is(shared: Outbox, agency: SealingKey) -> None:
    sealed_in(shared, agency)
    assert code(lambda: whole(shared)) is ErrorCode.SEAL_NOT_OURS
    (entry,) = shared.all()
    assert entry.signed
    assert (entry.signed.signer_name, entry.is_readable) == ("", False)
    assert b"Voorbeeld" not in (shared._folder / "outbox.sqlite3").read_bytes()


def test_another_key_opens_nothing_and_it_is_delivered_all_the_same(
    own: Outbox, agency: SealingKey, tmp_path: Path
) -> None:
    sealed_in(own, agency)
    other = opened(tmp_path, HomeKey(secrets.token_bytes(KEY_BYTES)))
    assert code(lambda: whole(other)) is ErrorCode.SEAL_NOT_OURS
    assert code(lambda: whole(Outbox.open(own._folder))) is ErrorCode.SEAL_NOT_OURS
    assert sent(other, agency) == INCREMENT


def test_a_sealed_file_that_was_changed_is_noticed_before_it_is_sent(own: Outbox, agency: SealingKey) -> None:
    sealed_in(own, agency)
    (entry,) = own.all()
    assert entry.signed
    assert entry.signed.sealed
    content = bytearray(entry.signed.sealed.read_bytes())
    content[-1] ^= 1
    entry.signed.sealed.write_bytes(content)
    assert code(lambda: sent(own, agency)) is ErrorCode.STORE_DAMAGED


def test_an_agency_without_a_key_is_served_as_before(own: Outbox) -> None:
    signed = signed_in(own, None)
    own.seal(signed.submission_id)
    assert own.all()[0].keeping is Keeping.OPEN
    assert list(lying(own).values()) == [SIGNED]


def test_somebody_without_a_key_store_is_served_as_before(agency: SealingKey, tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox", TurnedClock(START), Seals(tmp_path))
    sealed_in(outbox, agency)
    assert outbox.recover(never) == []
    assert (outbox.all()[0].keeping, list(lying(outbox).values())) == (Keeping.OPEN, [SIGNED])


def test_what_changed_since_it_was_signed_is_not_sealed_over(own: Outbox, agency: SealingKey) -> None:
    signed = signed_in(own, agency)
    signed.path.write_bytes(SIGNED + b"!")
    assert code(lambda: own.seal(signed.submission_id)) is ErrorCode.STORE_DAMAGED
    assert list(lying(own).values()) == [SIGNED + b"!"]


# ── afterwards ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_delivered_from_a_shared_computer_nothing_is_left_of_it(shared: Outbox, agency: SealingKey) -> None:
    signed = sealed_in(shared, agency)
    shared.record_delivery(signed.submission_id, receipt_for(signed, proof='{"signerName": "Alex Voorbeeld"}'))
    assert lying(shared) == {}
    (entry,) = shared.all()
    assert (entry.state, entry.keeping, entry.pending) == (EntryState.DELIVERED, Keeping.ERASED, None)
    assert entry.receipt
    assert entry.receipt.proof == ""
    assert code(lambda: shared.require_new("demo", "c-1")) is ErrorCode.AGENCY_ALREADY_SIGNED


def test_delivered_from_ones_own_it_stays_and_can_be_read(own: Outbox, agency: SealingKey) -> None:
    signed = sealed_in(own, agency)
    own.record_delivery(signed.submission_id, receipt_for(signed))
    assert whole(own) == SIGNED


def test_a_computer_that_becomes_shared_keeps_nothing_readable(own: Outbox, agency: SealingKey, tmp_path: Path) -> None:
    delivered, waiting = signed_in(own, agency), signed_in(own, agency)
    own.record_delivery(delivered.submission_id, receipt_for(delivered))
    own.seal(waiting.submission_id)
    now_shared = opened(tmp_path, None)
    now_shared.recover(never)
    assert [entry.keeping for entry in now_shared.all()] == [Keeping.ERASED, Keeping.AGENCY]
    assert len(lying(now_shared)) == 1


def never(_: SigningTerms, __: Path) -> SignedContract:
    raise AssertionError("nothing was left to be described")


# ── crashes ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Crash(BaseException):
    """The program ends here."""


class Steps:
    """Counts what is done to the disk, and ends the program before one of these."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
        self.left = last
        for module, name in ((outbox_seals, "write_whole"), (outbox_module, "erase"), (Outbox, "_change")):
            monkeypatch.setattr(module, name, self._counted(getattr(module, name)))

    def _counted(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any, **values: Any) -> object:
            self.left -= 1
            if self.left < 0:
                raise Crash
            return deed(*args, **values)

        return do


def crashes(outbox: Outbox, deed: Callable[[], object]) -> Iterator[None]:
    """Do a deed with a crash before its first step, its second, and so on, until it goes through."""
    for last in range(20):
        with pytest.MonkeyPatch.context() as patch:
            steps = Steps(patch, last)
            try:
                deed()
            except Crash:
                pass
            else:
                assert last > 1, "nothing was counted"
                return
            assert steps.left < 0
        yield
    raise AssertionError("it never went through")


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_a_crash_while_it_is_sealed_is_mended_by_the_next_start(
    kind: str, agency: SealingKey, home: HomeKey, tmp_path: Path
) -> None:
    mine = home if kind == "own" else None
    for number, _ in enumerate(crashing_seals(tmp_path, mine, agency)):
        outbox = opened(tmp_path / str(number), mine)
        assert outbox.recover(never) == []
        assert sent(outbox, agency) == INCREMENT
        assert len(lying(outbox)) == (2 if mine else 1)
        if mine:
            assert whole(outbox) == SIGNED


def crashing_seals(folder: Path, mine: HomeKey | None, agency: SealingKey) -> Iterator[None]:
    number = 0

    def seal_one() -> None:
        place = folder / str(number)
        place.mkdir()
        with pytest.MonkeyPatch.context() as unhurt:
            unhurt.setattr(Outbox, "_change", _CHANGE)
            signed = signed_in(outbox := opened(place, mine), agency)
        outbox.seal(signed.submission_id)

    for _ in crashes(opened(folder, mine), seal_one):
        yield
        number += 1


_CHANGE = Outbox._change


def test_a_crash_while_the_last_of_it_is_erased_is_mended_by_the_next_start(agency: SealingKey, tmp_path: Path) -> None:
    outbox = opened(tmp_path, None)
    signed = sealed_in(outbox, agency)
    for _ in crashes(outbox, lambda: outbox.record_delivery(signed.submission_id, receipt_for(signed))):
        again = opened(tmp_path, None)
        again.recover(never)
        (entry,) = again.all()
        assert (lying(again) == {}) is (entry.state is EntryState.DELIVERED)
    assert lying(outbox) == {}


def test_two_that_seal_the_same_at_once_do_it_once(agency: SealingKey, home: HomeKey, tmp_path: Path) -> None:
    signed = signed_in(opened(tmp_path, home), agency)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: opened(tmp_path, home).seal(signed.submission_id), range(8)))
    outbox = opened(tmp_path, home)
    assert len(lying(outbox)) == 2
    assert (whole(outbox), sent(outbox, agency)) == (SIGNED, INCREMENT)
