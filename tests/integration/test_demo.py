"""The demo goes the whole way, and Ctrl-C at any moment leaves no process and no folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from signer.model import Level
from signer.pades.extend import level_now

DEADLINE_S = 60.0


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start the demo in a session of its own; whatever it starts has ``folder`` in its environment."""
    (folder / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(folder / "tmp"), "PARAPH_LANGUAGE": "en"}
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "demo", "--out", str(folder / "out"), *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )


def left_behind(folder: Path) -> list[str]:
    """Name the processes that live in the folder's world."""
    mark, found = str(folder).encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            about = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if mark in about and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="demo-test-") as name:
        yield Path(name)


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "while the world is made": lambda folder: any((folder / "tmp").glob("paraph-demo-*/pki")),
    "while the agency starts": lambda folder: any((folder / "tmp").glob("paraph-demo-*/agency/server.log")),
    "while the reader starts": lambda folder: any((folder / "tmp").glob("paraph-pcscd-*")),
    "while signing": lambda folder: b"Opening the document" in (folder / "said").read_bytes(),
}


@pytest.mark.parametrize(
    ("number", "moment"),
    [*((signal.SIGINT, moment) for moment in MOMENTS), (signal.SIGTERM, "while the reader starts")],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else value,
)
def test_stopping_the_demo_leaves_nothing_behind(folder: Path, moment: str, number: signal.Signals) -> None:
    demo = start(folder)
    wait_until(lambda: MOMENTS[moment](folder))
    if number is signal.SIGINT:
        os.killpg(demo.pid, number)  # as a terminal does it: to everybody in the foreground
    else:
        demo.send_signal(number)
    assert demo.wait(DEADLINE_S) != 0
    assert left_behind(folder) == []
    assert list((folder / "tmp").iterdir()) == []


def test_a_killed_demo_leaves_no_process(folder: Path) -> None:
    demo = start(folder)
    wait_until(lambda: MOMENTS["while signing"](folder))
    demo.kill()
    demo.wait(DEADLINE_S)
    wait_until(lambda: left_behind(folder) == [])


def test_the_demo_goes_the_whole_way_without_a_reader(folder: Path) -> None:
    demo = start(folder, "--no-pcsc", "--language", "de", "--level", "B-LTA")
    assert demo.wait(DEADLINE_S) == 0, (folder / "said").read_text()
    out = folder / "out"
    assert (out / "contract-signed.pdf").read_bytes().startswith((out / "contract.pdf").read_bytes())
    receipt = json.loads((out / "receipt.json").read_text())
    assert (receipt["language"], receipt["test"], receipt["late"]) == ("de", True, False)
    assert (receipt["level"], receipt["levelAsked"]) == ("B-T", "B-LTA")  # when it was received
    assert level_now(out / "contract-signed.pdf") is Level.B_LTA
