"""Answers of trust services are kept until they are old, and no longer; a broken store is as good as none."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signer.trust.answers import Answers

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_answer_is_found_by_another_process_until_it_is_old(tmp_path: Path) -> None:
    Answers(tmp_path).keep("ocsp a", b"good", NOW + HOUR, NOW)
    assert Answers(tmp_path).find("ocsp a", NOW + HOUR / 2) == b"good"
    assert Answers(tmp_path).find("ocsp b", NOW) is None
    assert Answers(tmp_path).find("ocsp a", NOW + HOUR) is None


def test_without_a_folder_it_is_kept_in_memory_alone(tmp_path: Path) -> None:
    answers = Answers()
    answers.keep("ocsp a", b"good", NOW + HOUR, NOW)
    assert answers.find("ocsp a", NOW) == b"good"
    assert Answers().find("ocsp a", NOW) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("until", [None, NOW, NOW - HOUR])
def test_what_has_no_end_or_has_ended_is_not_kept(tmp_path: Path, until: datetime | None) -> None:
    answers = Answers(tmp_path)
    answers.keep("ocsp a", b"good", until, NOW)
    assert answers.find("ocsp a", NOW - 2 * HOUR) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_kept_longer_than_a_week_whatever_it_says(tmp_path: Path) -> None:
    Answers(tmp_path).keep("crl a", b"list", NOW + timedelta(days=400), NOW)
    assert Answers(tmp_path).find("crl a", NOW + timedelta(days=6)) == b"list"
    assert Answers(tmp_path).find("crl a", NOW + timedelta(days=7)) is None


def test_a_clock_that_went_back_makes_nothing_live_longer(tmp_path: Path) -> None:
    Answers(tmp_path).keep("ocsp a", b"good", NOW + HOUR, NOW)
    assert Answers(tmp_path).find("ocsp a", NOW - timedelta(days=30)) is None


def test_old_and_broken_files_are_cleared_away(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    answers.keep("ocsp a", b"good", NOW + HOUR, NOW)
    (tmp_path / "broken.answer").write_bytes(b"\xff\x00")
    answers.keep("ocsp b", b"good", NOW + 3 * HOUR, NOW + 2 * HOUR)
    [left] = tmp_path.iterdir()
    assert left.read_bytes().endswith(b"good")
    assert stat.S_IMODE(left.stat().st_mode) == 0o600


def test_a_folder_that_is_none_costs_only_the_memory_of_it(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "nowhere")
    answers.keep("ocsp a", b"good", NOW + HOUR, NOW)
    assert answers.find("ocsp a", NOW) == b"good"
    assert Answers(tmp_path / "nowhere").find("ocsp a", NOW) is None
