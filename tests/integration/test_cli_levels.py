"""Levels by the command line: reached, or said to be missing and added later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from signer.model import Level
from signer.pades.extend import level_now
from tests import papers
from tests.integration.conftest import RIGHT, Desk
from tests.signing_desk import bind

LEVEL_PENDING = 14


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return papers.contract(tmp_path / "mine.pdf")


def sign(desk: Desk, file: Path, *more: str) -> tuple[int, dict[str, object]]:
    read = ("--read", bind(file).sha256, "--pin-fd", "0", "--json")
    done = desk.paraph("sign", str(file), *read, *more, pins=(RIGHT,))
    return done.returncode, json.loads(done.stdout)


def test_a_file_of_one_s_own_gets_the_level_that_is_asked(desk: Desk, mine: Path) -> None:
    code, outcome = sign(desk, mine, "--level", "B-LTA")
    assert code == 0
    assert (outcome["state"], outcome["level"], outcome["pending"]) == ("done", "B-LTA", False)
    assert level_now(Path(str(outcome["signedFile"]))) is Level.B_LTA


def test_what_was_signed_without_a_service_says_so_and_is_extended_later(desk: Desk, mine: Path) -> None:
    settings = desk.home / "config" / "settings.toml"
    online = settings.read_text()
    settings.write_text("".join(f"{line}\n" for line in online.splitlines() if not line.startswith("time_stamps")))
    settings.write_text(settings.read_text().replace("[trust]", '[trust]\ntime_stamps = ["http://127.0.0.1:9/"]'))

    code, outcome = sign(desk, mine, "--level", "B-T")

    assert code == LEVEL_PENDING
    assert (outcome["state"], outcome["level"], outcome["pending"]) == ("done", "B-B", True)
    signed = str(outcome["signedFile"])
    still = desk.paraph("extend", signed)
    assert still.returncode == LEVEL_PENDING
    assert "NET-005" in still.stderr

    settings.write_text(online)
    done = desk.paraph("extend", signed)
    assert done.returncode == 0, done.stderr
    assert "Level B-LTA" in done.stderr
    renewed = desk.paraph("extend", signed, "--renew", "--json")
    assert json.loads(renewed.stdout)["level"] == "B-LTA"


def test_an_unsigned_file_is_not_extended(desk: Desk, mine: Path) -> None:
    done = desk.paraph("extend", str(mine))
    assert done.returncode == 6
    assert "DOC-013" in done.stderr
