"""Which descriptor counts: the administrator's, then the newest; and who may add and remove one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signer.errors import ErrorCode, SignerError
from signer.known_agencies import Place, Shelf, with_agencies
from signer.settings_file import load_layers
from tests.release_side import MADE_AT, ReleaseSide

NOW = MADE_AT + timedelta(days=10)


@pytest.fixture
def side(tmp_path: Path) -> ReleaseSide:
    return ReleaseSide(tmp_path / "home")


def shelf_of(side: ReleaseSide) -> Shelf:
    return Shelf(side.folders, load_layers(side.folders), side.home / "bundled")


def hosts(side: ReleaseSide) -> list[str]:
    return [each.descriptor.host for each in shelf_of(side).counting(NOW)]


def refusal(side: ReleaseSide, content: bytes) -> ErrorCode:
    with pytest.raises(SignerError) as refused:
        shelf_of(side).judge(content, NOW)
    return refused.value.code


def test_what_counts_is_an_agency_of_the_settings(side: ReleaseSide) -> None:
    side.put(side.folders.agencies, telephone="02 1", colours={"background": "#16324f", "text": "#ffffff"})
    layers = with_agencies(load_layers(side.folders), side.folders, NOW)
    agency = layers.settings.agencies[0]
    assert (agency.id, agency.url, agency.telephone) == ("noord", "https://noord.example", "02 1")
    assert agency.colours == ("#16324f", "#ffffff")
    assert layers.settings.agency("noord").url == "https://noord.example"


def test_the_newest_of_the_users_and_the_bundled_counts(side: ReleaseSide) -> None:
    side.put(side.home / "bundled", days=1, url="https://bundled.example")
    side.put(side.folders.agencies, url="https://user.example")
    assert hosts(side) == ["bundled.example"]
    side.put(side.folders.agencies, days=2, url="https://user.example")
    assert hosts(side) == ["user.example"]


def test_the_administrators_counts_before_newer_ones(side: ReleaseSide) -> None:
    side.put(side.folders.machine_agencies, url="https://machine.example")
    side.put(side.folders.agencies, days=2, url="https://user.example")
    side.put(side.folders.agencies, id="zuid", url="https://zuid.example")
    assert hosts(side) == ["machine.example", "zuid.example"]
    assert refusal(side, side.signed(issued_at=NOW)) is ErrorCode.AGENCIES_FIXED


def test_an_administrator_who_names_the_agencies_names_all_of_them(side: ReleaseSide) -> None:
    side.put(side.folders.agencies)
    side.put(side.home / "bundled", id="zuid")
    side.put(side.folders.machine_agencies, id="west", url="https://west.example")
    side.folders.managed_file.write_text('[[agencies]]\nid = "oost"\nname = "Oost"\nurl = "https://oost.example"\n')
    layers = with_agencies(load_layers(side.folders), side.folders, NOW)
    assert [each.id for each in layers.settings.agencies] == ["oost", "west"]
    assert refusal(side, side.signed()) is ErrorCode.AGENCIES_FIXED


def test_one_that_the_settings_name_is_not_replaced_by_a_descriptor(tmp_path: Path) -> None:
    named = '[[agencies]]\nid = "noord"\nname = "Noord"\nurl = "https://settings.example"\n'
    side = ReleaseSide(tmp_path / "home")
    side.folders.settings_file.write_text(side.folders.settings_file.read_text() + named)
    side.put(side.folders.agencies, days=2)
    layers = with_agencies(load_layers(side.folders), side.folders, NOW)
    assert [each.url for each in layers.settings.agencies] == ["https://settings.example"]


@pytest.mark.parametrize("days", [-1, 0], ids=["older", "as old, and different"])
def test_an_older_one_never_replaces_a_newer_one(side: ReleaseSide, days: int) -> None:
    side.put(side.folders.agencies)
    old = side.signed(issued_at=MADE_AT + timedelta(days=days), url="https://old.example")
    assert refusal(side, old) is ErrorCode.DESCRIPTOR_OLD


def test_a_newer_one_replaces_it_and_the_same_one_changes_nothing(side: ReleaseSide) -> None:
    shelf = shelf_of(side)
    for content in (side.signed(), side.signed(), side.signed(url="https://new.example", issued_at=NOW)):
        shelf.add(shelf.judge(content, NOW))
    assert hosts(side) == ["new.example"]
    assert len(list(side.folders.agencies.iterdir())) == 1


def test_one_whose_time_is_over_neither_counts_nor_is_added(side: ReleaseSide) -> None:
    ends = MADE_AT + timedelta(days=9)
    side.put(side.folders.agencies, not_after=ends)
    assert hosts(side) == []
    found = shelf_of(side).found(NOW)
    assert [(each.place, each.code) for each in found] == [(Place.USER, ErrorCode.DESCRIPTOR_OLD)]
    assert [each.descriptor.id for each in shelf_of(side).counting(MADE_AT)] == ["noord"]
    assert refusal(side, side.signed(id="zuid", not_after=ends)) is ErrorCode.DESCRIPTOR_OLD


def test_files_that_are_broken_or_of_another_key_count_for_nothing_and_harm_no_other(side: ReleaseSide) -> None:
    side.put(side.folders.agencies)
    (side.folders.agencies / "broken.paraph-agency").write_bytes(b"{")
    (side.folders.agencies / "folder.paraph-agency").mkdir()
    stranger = ReleaseSide(side.home / "stranger")
    stranger.put(side.folders.agencies, id="zuid")
    assert hosts(side) == ["noord.example"]
    assert {each.file.stem: each.code for each in shelf_of(side).found(NOW)} == {
        "noord": None,
        "broken": ErrorCode.DESCRIPTOR_BROKEN,
        "folder": ErrorCode.FILE_NOT_READABLE,
        "zuid": ErrorCode.DESCRIPTOR_NOT_SIGNED,
    }


def test_outside_a_test_world_a_key_of_the_settings_vouches_for_nobody(side: ReleaseSide) -> None:
    side.put(side.folders.agencies)
    layers = load_layers(side.folders)
    outside = replace(layers, settings=layers.settings.model_copy(update={"test": None}))
    found = Shelf(side.folders, outside, side.home / "bundled").found(NOW)
    assert [each.code for each in found] == [ErrorCode.DESCRIPTOR_NOT_SIGNED]


# ── removing ──


def removal(side: ReleaseSide, agency_id: str, *waiting: str) -> ErrorCode:
    with pytest.raises(SignerError) as refused:
        shelf_of(side).remove(agency_id, NOW, waiting)
    return refused.value.code


def test_an_agency_is_removed_by_who_added_it_when_nothing_waits_for_it(side: ReleaseSide) -> None:
    file = side.put(side.folders.agencies)
    assert removal(side, "noord", "noord") is ErrorCode.AGENCY_STILL_NEEDED
    assert hosts(side) == ["noord.example"]
    shelf_of(side).remove("noord", NOW, ["zuid"])
    assert not file.exists()
    assert removal(side, "noord") is ErrorCode.AGENCY_UNKNOWN


def test_what_others_set_up_is_not_removed_by_the_user(side: ReleaseSide) -> None:
    file = side.put(side.folders.machine_agencies)
    assert removal(side, "noord") is ErrorCode.AGENCIES_FIXED
    assert file.exists()


def test_where_nothing_can_be_written_nothing_is_added(side: ReleaseSide) -> None:
    side.folders.agencies.write_text("a file where the folder should be")
    shelf = shelf_of(side)
    with pytest.raises(SignerError) as refused:
        shelf.add(shelf.judge(side.signed(), NOW))
    assert refused.value.code is ErrorCode.SETTINGS_NOT_SAVED
