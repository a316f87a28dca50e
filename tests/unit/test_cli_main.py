"""The command's own edges: its language, its refusals for machines, and terminals that lack letters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ui.cli.main import _language


def paraph(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in {"LANGUAGE", "PARAPH_LANGUAGE"}}
    environment |= {"PARAPH_HOME": str(home), "LANG": "C.UTF-8"} | more
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments], capture_output=True, env=environment, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "wrong",
    [("tasks", "--colour"), ("sign",), ("nonsense",), ("sign", "c-1"), ("sign", "c-1", "--read", "12")],
    ids=["option", "argument", "command", "nothing read", "no hash"],
)
def test_a_command_line_that_is_not_understood_is_one_json_object_too(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    done = paraph(tmp_path, *wrong, "--json")
    assert done.returncode == 2
    assert done.stderr == b""
    assert json.loads(done.stdout)["error"]["title"]


def test_the_command_alone_lists_what_there_is(tmp_path: Path) -> None:
    done = paraph(tmp_path)
    assert done.returncode == 2
    assert b"outbox" in done.stderr
    assert b"Traceback" not in done.stderr


def test_nobody_at_the_keyboard_and_nothing_there_at_all_is_the_same(tmp_path: Path) -> None:
    closed = f"exec '{sys.executable}' -m ui.cli sign c-1 --read {'0' * 64} <&-"
    environment = os.environ | {"PARAPH_HOME": str(tmp_path), "PARAPH_LANGUAGE": "en"}
    done = subprocess.run(["sh", "-c", closed], capture_output=True, env=environment, timeout=60, check=False)
    assert done.returncode == 9, done.stderr
    assert b"AGY-001" in done.stderr


def test_a_result_that_finds_no_room_is_called_that(tmp_path: Path) -> None:
    environment = os.environ | {"PARAPH_HOME": str(tmp_path), "PARAPH_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ui.cli", "outbox", "list"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60, check=False)
    assert done.returncode == 7
    assert b"FILE-001" in done.stderr


def test_a_terminal_without_the_letters_gets_question_marks(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = paraph(tmp_path, "--lang", "fr", "outbox", "list", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"sign? sur cet ordinateur" in done.stdout


def test_the_language_is_asked_for_then_set_then_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    monkeypatch.delenv("PARAPH_LANGUAGE", raising=False)
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "de_BE.UTF-8")
    found = [_language([])]
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text('language = "nl"')
    found.append(_language([]))
    monkeypatch.setenv("PARAPH_LANGUAGE", "fr")
    found.append(_language([]))
    found.append(_language(["--lang", "en", "tasks"]))
    assert found == ["de", "nl", "fr", "en"]


@pytest.mark.parametrize("settings", ["language = 3", "language = [", "\xff"], ids=["number", "no TOML", "no UTF-8"])
def test_settings_that_are_broken_leave_the_systems_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    monkeypatch.delenv("PARAPH_LANGUAGE", raising=False)
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "de_BE.UTF-8")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_bytes(settings.encode("latin-1"))
    assert _language([]) == "de"
