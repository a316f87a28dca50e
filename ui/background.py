"""Delivering while Paraph is closed: a run that the system starts every few minutes, for this user, without a window.

Each system has a scheduler of its own, and a definition of its own for it: written here as pure text, one row a system.
None of them needs an administrator, none holds a secret, and taking it away leaves nothing behind.
"""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from ui.bootstrap import App

USUAL_MINUTES: Final = 15
DELIVER: Final = "--paraph-deliver"  # to the built program (ui.desktop.__main__), which has no commands

_NAME: Final = "paraph-deliver"
_LABEL: Final = "be.paraph.deliver"  # launchd's custom: the domain, backwards
_PATIENCE_S: Final = 30.0

Line = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scheduler is given: its files, and the commands that make it read them or forget them."""

    files: Mapping[Path, bytes]
    start: tuple[Line, ...]
    stop: tuple[Line, ...]
    ask: Line  # ends with 0 when it is scheduled

    @property
    def tool(self) -> str:
        """The program of the system that all this needs."""
        return self.ask[0]


def deliver(app: App) -> None:
    """Deliver, tell and raise what is due by now; quietly, since nobody is there."""
    app.recovered_outbox()
    app.deliver_due()
    app.send_objections(due_only=True)
    app.extend_delivered()


def own_command() -> list[str]:
    """Give the command that delivers what is due: of the built program, or of this Python."""
    if getattr(sys, "frozen", False):
        return [sys.executable, DELIVER]
    windowless = Path(sys.executable).with_name("pythonw.exe")  # Windows: no console flashes up
    python = str(windowless) if windowless.exists() else sys.executable
    return [python, "-m", "ui.cli", "outbox", "deliver", "--due"]


def plan(minutes: int, *, platform: str, home: Path, command: Sequence[str], folder: Path) -> Plan:
    """Write what the scheduler of a platform (``sys.platform``) needs; ``folder`` is for what it reads only once."""
    make = _PLANS.get(platform, _systemd)
    return make(minutes, home, command, folder)


def schedule(made: Plan) -> None:
    """Write the files and have the scheduler read them; raises SignerError NO_SCHEDULER, or of the kind FILE."""
    _require(made)
    for path, content in made.files.items():
        with file_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    for line in made.start:
        _run(line)


def unschedule(made: Plan) -> None:
    """Have the scheduler forget it and take the files away; harmless when it is not there."""
    if shutil.which(made.tool):
        for line in made.stop:
            _tried(line)
    for path in made.files:
        with file_errors():
            path.unlink(missing_ok=True)


def is_scheduled(made: Plan) -> bool:
    """Ask the scheduler."""
    return bool(shutil.which(made.tool)) and _tried(made.ask)


def _require(made: Plan) -> None:
    if shutil.which(made.tool) is None:
        raise SignerError(ErrorCode.NO_SCHEDULER, f"{made.tool} is not there")


def _run(line: Line) -> None:
    if not _tried(line):
        raise SignerError(ErrorCode.NO_SCHEDULER, f"{line[0]} {line[1]}")


def _tried(line: Line) -> bool:
    try:
        done = subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False)  # noqa: S603 - our own lines
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


# ── one row a system ──────────────────────────────────────────────────────────────────────────────────────────────


def _systemd(minutes: int, home: Path, command: Sequence[str], _: Path) -> Plan:
    """A timer of the user's own systemd (systemd.timer(5)); a turn that was slept through is made up for."""
    units = home / ".config" / "systemd" / "user"
    words = " ".join(_quoted(word) for word in command)
    service = (
        "[Unit]\nDescription=Deliver what was signed with Paraph\n\n"
        f"[Service]\nType=oneshot\nExecStart={words}\nNice=10\n"
    )
    timer = (
        "[Unit]\nDescription=Deliver what was signed with Paraph, every few minutes\n\n"
        f"[Timer]\nOnStartupSec=2min\nOnUnitInactiveSec={minutes}min\nRandomizedDelaySec=1min\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    user = ("systemctl", "--user")
    return Plan(
        {units / f"{_NAME}.service": service.encode(), units / f"{_NAME}.timer": timer.encode()},
        ((*user, "daemon-reload"), (*user, "enable", "--now", f"{_NAME}.timer")),
        ((*user, "disable", "--now", f"{_NAME}.timer"),),
        (*user, "is-enabled", f"{_NAME}.timer"),
    )


def _quoted(word: str) -> str:
    """Write a word for ExecStart (systemd.service(5), systemd.syntax(7)): quoted, nothing in it expanded."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") + '"'


def _launchd(minutes: int, home: Path, command: Sequence[str], _: Path) -> Plan:
    """An agent of the user's launchd (launchd.plist(5))."""
    path = home / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
    described = {
        "Label": _LABEL,
        "ProgramArguments": list(command),
        "StartInterval": minutes * 60,
        "RunAtLoad": True,
        "ProcessType": "Background",
        "LowPriorityIO": True,
    }
    return Plan(
        {path: plistlib.dumps(described)},
        (("launchctl", "load", "-w", str(path)),),
        (("launchctl", "unload", "-w", str(path)),),
        ("launchctl", "list", _LABEL),
    )


def _task_scheduler(minutes: int, _: Path, command: Sequence[str], folder: Path) -> Plan:
    """A task of this user (Task Scheduler schema 1.2), when there is a network; without a console, on battery too."""
    program, *arguments = command
    task = _TASK.format(minutes=minutes, program=escape(program), arguments=escape(subprocess.list2cmdline(arguments)))
    path = folder / f"{_NAME}.xml"
    name = "Paraph\\Deliver"
    return Plan(
        {path: task.encode("utf-16")},
        (("schtasks", "/Create", "/F", "/TN", name, "/XML", str(path)),),
        (("schtasks", "/Delete", "/F", "/TN", name),),
        ("schtasks", "/Query", "/TN", name),
    )


_TASK: Final = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Deliver what was signed with Paraph</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger><StartBoundary>2026-01-01T00:00:00</StartBoundary>
      <Repetition><Interval>PT{minutes}M</Interval></Repetition></TimeTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <Hidden>true</Hidden>
    <ExecutionTimeLimit>PT10M</ExecutionTimeLimit>
    <Priority>8</Priority>
  </Settings>
  <Actions><Exec><Command>{program}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>
"""

_PLANS: Final[Mapping[str, Callable[[int, Path, Sequence[str], Path], Plan]]] = {
    "linux": _systemd,
    "darwin": _launchd,
    "win32": _task_scheduler,
}
