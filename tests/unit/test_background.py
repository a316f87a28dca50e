"""What the system's scheduler is given: read back as the system would, and nothing left when it is taken away."""

from __future__ import annotations

import configparser
import os
import plistlib
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from signer.errors import ErrorCode, SignerError
from signer.paths import HOME_VARIABLE
from ui import background
from ui.cli.deliveries import outbox_command

HOME = Path("/home/jana")
AWKWARD = ["/opt/my program/paraph", "100% of $HOME", 'say "yes"', "back\\slash", "<&>"]
NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def plan(platform: str, command: list[str] = AWKWARD, home: Path = HOME) -> background.Plan:
    return background.plan(15, platform=platform, home=home, command=command, folder=home / "state")


def unit(made: background.Plan, suffix: str) -> configparser.ConfigParser:
    (content,) = (content for path, content in made.files.items() if path.suffix == suffix)
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(content.decode())
    return parsed


def test_linux_runs_a_timer_of_the_user_with_the_very_words_of_the_command() -> None:
    made = plan("linux")
    line = unit(made, ".service")["Service"]["ExecStart"]
    # systemd.syntax(7): % and $ are doubled; inside of quotes a backslash escapes
    assert [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)] == AWKWARD
    timer = unit(made, ".timer")["Timer"]
    assert timer["OnUnitInactiveSec"] == "15min"
    assert all(path.is_relative_to(HOME / ".config/systemd/user") for path in made.files)
    assert all(line[:2] == ("systemctl", "--user") for line in (*made.start, *made.stop, made.ask))


def test_macos_runs_an_agent_of_the_user() -> None:
    ((path, content),) = plan("darwin").files.items()
    read = plistlib.loads(content)
    assert path == HOME / "Library/LaunchAgents/be.paraph.deliver.plist"
    assert (read["ProgramArguments"], read["StartInterval"]) == (AWKWARD, 900)


def test_windows_runs_a_hidden_task_with_a_network() -> None:
    ((_, content),) = plan("win32").files.items()
    task = ET.fromstring(content)
    texts = {element.tag.partition("}")[2]: element.text for element in task.iter()}
    assert texts["Command"] == AWKWARD[0]
    assert texts["Arguments"] == subprocess.list2cmdline(AWKWARD[1:])
    assert {texts["Hidden"], texts["RunOnlyIfNetworkAvailable"], texts["StartWhenAvailable"]} == {"true"}
    assert "LogonTrigger" not in texts  # for any user's log-on, Windows asks for one
    assert {each.text for each in task.findall(".//t:Repetition/t:Interval", NAMESPACE)} == {"PT15M"}
    assert "RunLevel" not in texts  # nobody is asked for an administrator


Tool = Callable[[int], Path]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """A scheduler's command that notes what it is told, and ends as it is told."""

    def make(code: int) -> Path:
        notes, here = tmp_path / "notes", tmp_path / "bin"
        here.mkdir(exist_ok=True)
        command = here / "systemctl"
        command.write_text(f'#!/bin/sh\necho "$@" >> {shlex.quote(str(notes))}\nexit {code}\n')
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{here}:{os.environ['PATH']}")
        return notes

    return make


def test_the_scheduler_reads_what_was_written_and_forgets_it_again(tmp_path: Path, tool: Tool) -> None:
    notes, made = tool(0), plan("linux", home=tmp_path)
    background.schedule(made)
    assert all(path.read_bytes() == content for path, content in made.files.items())
    assert background.is_scheduled(made)
    background.unschedule(made)
    assert not any(path.exists() for path in made.files)
    told = [line.split()[1] for line in notes.read_text().splitlines()]
    assert told == ["daemon-reload", "enable", "is-enabled", "disable"]


def test_a_scheduler_that_does_not_work_is_told(tmp_path: Path, tool: Tool) -> None:
    tool(1)
    with pytest.raises(SignerError) as refusal:
        background.schedule(plan("linux", home=tmp_path))
    assert refusal.value.code is ErrorCode.NO_SCHEDULER


def test_a_system_without_the_tool_is_told_and_taking_away_is_harmless(tmp_path: Path) -> None:
    made = replace(plan("linux", home=tmp_path), ask=("no-such-tool", "status"))
    with pytest.raises(SignerError) as refusal:
        background.schedule(made)
    assert refusal.value.code is ErrorCode.NO_SCHEDULER
    assert not any(path.exists() for path in made.files)
    background.unschedule(made)
    assert not background.is_scheduled(made)


def test_the_command_says_what_it_did(tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(0)
    for name in ("HOME", HOME_VARIABLE):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    done = CliRunner().invoke(outbox_command, ["schedule", "--every", "30"])
    assert done.exit_code == 0, done.output
    assert "by itself, every 30 minutes." in done.output
    assert "OnUnitInactiveSec=30min" in (tmp_path / ".config/systemd/user/paraph-deliver.timer").read_text()
    assert CliRunner().invoke(outbox_command, ["schedule", "--remove"]).exit_code == 0
    assert not list((tmp_path / ".config/systemd/user").iterdir())


def test_the_run_needs_no_display_and_no_card_and_says_nothing_when_nothing_waits(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        background.own_command(),
        env=bare | {HOME_VARIABLE: str(tmp_path), "PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
