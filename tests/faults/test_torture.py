"""A small sample of ``make torture``: signings killed at a call, and the order of calls that no kill can show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.torture.ledger import open_files
from tests.torture.runs import torture

TOP: Final = Path(__file__).parents[2]
RUNS: Final = os.environ.get("TORTURE_RUNS", "4")


def test_signings_on_a_disk_that_fails_at_a_call_are_kept_or_said_to_be_none() -> None:
    command = [sys.executable, "-m", "tests.torture", RUNS, "--disk", "--json"]
    ran = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=110, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert (told["lost"], told["doubled"], told["unreadable"], told["with another receipt"]) == (0, 0, 0, 0)
    assert (told["disks of clients failed"], told["disks of servers failed"]) == (int(RUNS) // 2, int(RUNS) // 2)
    assert min(told["of a client's calls"], told["of a server's calls"]) > 10


@pytest.mark.parametrize("computer", ["own", "shared"])
def test_a_program_killed_before_the_pin_leaves_nothing_open_once_it_is_started_again(computer: str) -> None:
    with torture("B-B", computer) as ours:
        assert ours.kill_client_before_pin()
        assert len(list(open_files(ours.home))) == 2  # the contract, and what is prepared of it
        assert ours.verdict().left_open == ()


@pytest.mark.parametrize("computer", ["open", "own", "shared"])
def test_signings_killed_at_a_call_are_neither_lost_nor_doubled_and_on_disk_before_they_are_sent(
    computer: str,
) -> None:
    command = [sys.executable, "-m", "tests.torture", RUNS, "--json", "--computer", computer]
    ran = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=110, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert (told["lost"], told["doubled"], told["unreadable"], told["with another receipt"]) == (0, 0, 0, 0)
    assert (told["out of order"], told["left open"]) == ([], 0)
    assert told["clients killed"] > 0
    assert told["servers killed"] > 0
    assert told["signed and delivered"] > 0
