"""``paraph card --record``: the real command, on a real pcscd, with a simulated card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eidcard.simulator.faults import Answer, Pull
from eidcard.simulator.people import ADULT
from eidcard.trace import Trace
from signer.paths import HOME_VARIABLE
from tests.readers import InsertCard


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "card.jsonl"


def record(target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    own = {HOME_VARIABLE: str(target.parent / "home"), "PARAPH_LANGUAGE": "en"}
    command = [sys.executable, "-m", "ui.cli", "card", "--record", str(target), *more]
    return subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)


def test_a_card_is_recorded_without_its_holder(insert_card: InsertCard, target: Path) -> None:
    card = insert_card("1.7").card
    done = record(target)
    assert done.returncode == 0, done.stderr
    trace = Trace.parse(target.read_text())
    said = b"".join(line.answer for line in trace.lines)
    assert f"{len(trace.lines)} commands are recorded" in done.stderr
    assert len(trace.lines) == len(card.headers)
    assert not any(word.encode() in said for word in (ADULT.surname, ADULT.national_number, ADULT.street))
    assert not any(header[1] == 0x20 and line.lc for header, line in zip(card.headers, trace.lines, strict=True))
    assert all(line.milliseconds > 0 for line in trace.lines)


def test_a_file_that_is_there_is_not_overwritten(target: Path) -> None:
    target.write_text("mine")
    done = record(target)
    assert (done.returncode, target.read_text()) == (2, "mine")


@pytest.mark.parametrize(
    ("mishap", "support_id", "lines"),
    [(Answer(b"\x6a\x82", ins=0xA4), "CARD-005", 1), (Pull(at=7), "CARD-007", 7)],
    ids=["no eID", "pulled"],
)
def test_what_was_heard_is_written_also_when_the_card_ends_it(
    insert_card: InsertCard, target: Path, mishap: Answer | Pull, support_id: str, lines: int
) -> None:
    insert_card("1.8").card.plan(mishap)
    done = record(target, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["supportId"] == support_id
    assert len(Trace.parse(target.read_text()).lines) == lines
