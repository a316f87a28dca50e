"""``paraph sign`` on a real terminal: questions, the PIN, and Ctrl-C at its worst moments."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from eidcard.simulator.faults import Pull, Stall
from tests.integration.conftest import RIGHT, WRONG, Desk
from tests.integration.test_cli_signing import PSO

DEADLINE_S = 60.0
CTRL_C = "\x03"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class TypedSession:
    """A process on a terminal of its own, and what it has shown so far."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self._process, self._terminal = process, terminal
        self._shown = b""
        self._seen = 0

    @property
    def shown(self) -> str:
        """Everything, without colours."""
        return ANSI.sub("", self._shown.decode(errors="replace"))

    def expect(self, text: str) -> None:
        """Wait until something new is shown."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.shown[self._seen :]:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown
        self._seen = self.shown.index(text, self._seen) + len(text)

    def type(self, text: str) -> None:
        """Type at the keyboard."""
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """Read on to the end; gives the exit code."""
        while self._read():
            pass
        return self._process.wait(DEADLINE_S)

    def _read(self) -> bool:
        try:
            part = os.read(self._terminal, 4096)
        except OSError:  # Linux says so when the other side is closed
            return False
        self._shown += part
        return bool(part)


@contextmanager
def signing(desk: Desk, task: str) -> Iterator[TypedSession]:
    """Sign on a terminal, up to the question for the PIN."""
    with typing(desk, "sign", task) as session:
        session.expect("Have you read all 3 pages? [yes/no]: ")
        session.type("yes\r")
        session.expect("PIN of your eID: ")
        yield session


@contextmanager
def typing(desk: Desk, *arguments: str) -> Iterator[TypedSession]:
    """Run a command on a terminal."""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "ui.cli", *arguments],  # or Ctrl-C would be a letter
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=desk.environment | {"PAGER": "cat", "TERM": "xterm"},
    )
    os.close(inside)
    session = TypedSession(process, terminal)
    try:
        yield session
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(terminal)


def test_ctrl_c_while_the_card_signs_keeps_what_it_signs(desk: Desk) -> None:
    task = desk.open_contract()
    desk.card.plan(Stall(3.0, ins=PSO))
    with signing(desk, task) as session:
        session.type(f"{RIGHT}\r")
        session.expect("The document is prepared")
        session.type(CTRL_C)
        session.expect("this is finished first")
        assert session.end() == 11, session.shown
    assert [each["state"] for each in desk.submissions()] == ["queued"]
    assert desk.paraph("outbox", "deliver").returncode == 0


def test_a_wrong_pin_then_a_card_pulled_and_put_back_then_stopped(desk: Desk) -> None:
    task = desk.open_contract()
    with signing(desk, task) as session:
        session.type(f"{WRONG}\r")
        session.expect("Wrong PIN, 2 tries left")
        session.expect("PIN of your eID: ")
        desk.card.plan(Pull(ins=PSO))
        session.type(f"{RIGHT}\r")
        session.expect("Put the card back in")
        session.expect("Waiting for the card")
        desk.insert()
        session.expect("Card found")
        session.expect("PIN of your eID: ")
        session.type(f"12{CTRL_C}")
        assert session.end() == 12, session.shown
    assert session.shown.count("╭─ Put the card back in") == 1
    assert session.shown.rstrip().endswith("Stopped. Nothing was signed.")
    typed = session.shown.partition("PIN of your eID: ")[2]
    assert not any(pin in typed for pin in (WRONG, RIGHT))
    assert desk.submissions() == []
