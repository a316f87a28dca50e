"""``paraph pin change`` with a card in a real reader: three lines in, one command out, words for the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eidcard.simulator.pin_state import pin_block
from signer.paths import HOME_VARIABLE
from tests.readers import InsertCard

OLD, NEW, OTHER = "1234", "271828182845", "9999"


def change(home: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", "--lang", "en", "-vvv", "pin", "change", "--json", "--pin-fd", "0"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        env=os.environ | {HOME_VARIABLE: str(home)},
        timeout=60,
        check=False,
    )


def test_the_pin_is_changed_and_mishaps_are_told_apart(insert_card: InsertCard, tmp_path: Path) -> None:
    card = insert_card().card

    not_repeated = change(tmp_path, OLD, NEW, OTHER)
    wrong = change(tmp_path, OTHER, NEW, NEW)
    stopped = change(tmp_path, OLD)
    changed = change(tmp_path, OLD, NEW, NEW)
    card.pin.tries_left = 0
    blocked = change(tmp_path, NEW, OLD, OLD)

    ends = [not_repeated, wrong, stopped, changed, blocked]
    assert [end.returncode for end in ends] == [4, 4, 4, 0, 4], [end.stderr for end in ends]
    codes = [json.loads(end.stdout).get("error", {}).get("supportId") for end in ends]
    assert codes == ["PIN-006", "PIN-001", "PIN-003", None, "PIN-002"]
    card.pin.tries_left = 3
    assert card.pin.check(pin_block(NEW))
    assert not [end for end in ends if NEW[:6] in end.stderr + end.stdout]
    assert "CHANGE PIN" in changed.stderr


def test_without_a_terminal_nobody_is_asked(insert_card: InsertCard, tmp_path: Path) -> None:
    insert_card()
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--lang", "en", "pin", "change"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=os.environ | {HOME_VARIABLE: str(tmp_path)},
        timeout=60,
        check=False,
    )
    assert ended.returncode == 12
    assert "3 tries left" in ended.stderr


@pytest.mark.parametrize("words", [["pin", "--help"]])
def test_the_help_tells_where_a_blocked_pin_is_mended(words: list[str], tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--lang", "en", *words],
        capture_output=True,
        text=True,
        env=os.environ | {HOME_VARIABLE: str(tmp_path)},
        check=True,
    ).stdout
    assert "municipality" in said
