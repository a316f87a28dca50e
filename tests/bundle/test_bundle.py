"""The built program (``make bundle``): started as a worker would, it signs a contract; and nothing is in it for nobody.

Keys are pressed by xdotool in a real X server, and the window's title tells which page it shows: the program has no
door for tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

from agency.office import Office
from eidcard.simulator.stack import PrivatePcscd
from tests.integration.conftest import RIGHT, Desk, demo, office
from tests.made_up_lists import GRANTED, ListSigner, MadeUpList, list_server
from tests.screen import screen
from ui.demo.world import DemoWorld
from ui.licences import _ROW

__all__ = ["demo", "office"]

pytestmark = pytest.mark.timeout(900)  # seconds: the first test may have to build the program

TOP = Path(__file__).parents[2]
FOLDER = TOP / "dist" / "paraph"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
DEADLINE_S = 60.0
MOST_MIB = 250
STRANGERS = {  # by the first part of their names
    *("agency", "fastapi", "uvicorn", "sqlalchemy", "reportlab", "PIL", "certomancer", "click", "rich"),
    *("pytest", "hypothesis", "mypy", "atheris", "setuptools", "tkinter", "unittest", "tests"),
}


@pytest.fixture(scope="session")
def program() -> Path:
    """The program, built now unless it is as new as its sources."""
    built = subprocess.run(
        ["make", "--no-print-directory", "bundle"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return FOLDER / "paraph"


_ITS_WINDOW = "search --onlyvisible --name ."  # nothing else is on this screen


class Screen:
    """A worker in front of the program: sees the window's title, and has a keyboard."""

    def __init__(self, display: str, program: subprocess.Popen[bytes]) -> None:
        self._environment = os.environ | {"DISPLAY": display}
        self._program = program

    @property
    def page(self) -> str:
        """What the window says that it shows."""
        return self._do(f"{_ITS_WINDOW} getwindowname %1").removesuffix(" — Paraph")

    def wait_for(self, page: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for a page; ``meanwhile`` is done again and again."""
        deadline = time.monotonic() + DEADLINE_S
        while (shown := self.page) != page:
            assert self._program.poll() is None, f"the program ended with {self._program.returncode}"
            assert time.monotonic() < deadline, f"{shown!r}, and not {page!r}"
            meanwhile()
            time.sleep(0.2)

    def press(self, *keys: str) -> None:
        """Press keys; what they are goes through a pipe, as one of them may be of a PIN."""
        self._do(f"{_ITS_WINDOW} windowfocus --sync %1 key {' '.join(keys)}")

    def _do(self, script: str) -> str:
        done = subprocess.run(
            ["xdotool", "-"],
            input=script,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()


@pytest.fixture
def desk(demo: DemoWorld, office: Office, pcscd: PrivatePcscd, tmp_path: Path) -> Iterator[Desk]:
    """A worker with an empty home and a fresh card."""
    desk = Desk(demo, tmp_path / "home", pcscd, office)
    yield desk
    desk.remove()


@pytest.fixture
def at_work(program: Path, desk: Desk) -> Iterator[tuple[Screen, str]]:
    """The program, opened by the link of the agency's page, and the contract's id."""
    task = desk.publish()
    without_python = {name: value for name, value in desk.environment.items() if not name.startswith("PYTHON")}
    with screen() as display:
        environment = without_python | {"DISPLAY": display, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        with subprocess.Popen([program, desk.link(task)], cwd="/", env=environment) as running:
            try:
                yield Screen(display, running), task
            finally:
                running.terminate()


def test_the_built_program_signs_a_contract_that_the_agency_accepts(at_work: tuple[Screen, str], desk: Desk) -> None:
    screen, task = at_work
    screen.wait_for("Contract")
    screen.wait_for("PIN", meanwhile=lambda: screen.press("ctrl+End", "Return"))
    screen.press(*RIGHT, "Return")
    screen.wait_for("Signed")

    [submission] = desk.submissions()
    assert (submission["task"], submission["state"]) == (task, "delivered")
    verdict = json.loads(desk.paraph("validate", str(submission["file"]), "--json").stdout)
    assert [(each["intact"], each["trusted"]) for each in verdict["signatures"]] == [(True, True)]


def test_the_built_program_fetches_and_verifies_the_trusted_lists(program: Path, tmp_path: Path) -> None:
    operator, state, home = ListSigner(), ListSigner(), tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (tmp_path / "operator.der").write_bytes(operator.certificate)
    with list_server() as server, screen() as display:
        pointers = (("BE", f"{server.url}/be.xml", state.certificate),)
        server.put("eu.xml", operator.sign(MadeUpList("EU", pointers=pointers).xml()))
        server.put("be.xml", state.sign(MadeUpList("BE", services=((state.certificate, GRANTED),)).xml()))
        trust = f'[trust]\nlist_of_lists = "{server.url}/eu.xml"\nlist_signers = ["{tmp_path}/operator.der"]\n'
        (home / "config" / "settings.toml").write_text(f"welcome = false\n{trust}")
        environment = {"PARAPH_HOME": str(home), "DISPLAY": display, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        with subprocess.Popen([program], cwd="/", env=environment) as running:
            deadline = time.monotonic() + DEADLINE_S
            try:
                while not (home / "cache" / "lists" / "BE.xml").exists():
                    assert running.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
            finally:
                running.terminate()


def test_a_child_of_the_built_program_tries_modules(program: Path) -> None:
    done = subprocess.run([program, "--paraph-module-child"], input=bytes(SOFTHSM), capture_output=True, check=True)
    told = json.loads(done.stdout)
    assert told["manufacturer"] == "SoftHSM"


def test_a_child_of_the_built_program_looks_at_documents(program: Path, demo: DemoWorld) -> None:
    request = {"task": "count", "path": str(demo.contract), "limits": {}}
    done = subprocess.run(
        [program, "--paraph-preflight-child"], input=json.dumps(request).encode(), capture_output=True, check=True
    )
    assert json.loads(done.stdout) == {"pages": 3}


def test_nothing_is_in_it_that_no_worker_needs(program: Path) -> None:
    archive = CArchiveReader(str(program))
    [modules] = [archive.open_embedded_archive(name).toc for name in archive.toc if name.startswith("PYZ")]
    files = [path.relative_to(FOLDER / "_internal") for path in (FOLDER / "_internal").rglob("*") if path.is_file()]
    inside = {name.split(".")[0] for name in modules} | {path.parts[0] for path in files}

    assert STRANGERS & inside == set()
    assert not [name for name in modules if name.startswith(("eidcard.simulator", "ui.cli", "ui.demo"))]
    assert {path.suffix for path in files if "locale" in path.parts} == {".mo"}
    assert {"signer.pades.child", "eidcard.module_probe", "ui.desktop.window"} <= set(modules)
    qt = {path.name.removeprefix("libQt6").partition(".")[0] for path in files if path.name.startswith("libQt6")}
    assert qt <= {"Core", "DBus", "Gui", "Network", "OpenGL", "PrintSupport", "Svg", "WaylandClient", "Widgets"} | {
        *("WlShellIntegration", "XcbQpa")
    }
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if not path.is_symlink()) < MOST_MIB << 20


def test_the_licence_of_everything_in_it_is_told(program: Path) -> None:
    told = (FOLDER / "LICENCES.txt").read_text()
    table = told.split("=" * 100)[0]
    shown = {name for name, _version, _licence in _ROW.findall(table)}  # as the window lists them

    for name in (
        "PySide6_Essentials",
        "pyHanko",
        "pykcs11",
        "pyscard",
        "pypdfium2",
        "cryptography",
        "libssl3",
        "Python",
    ):
        assert name in shown, name
    assert not [line for line in table.splitlines() if ": (" in line], "a package without a licence"
    assert "LGPL-3.0-only" in table
    assert "GNU LESSER GENERAL PUBLIC LICENSE\n                       Version 3" in told
    assert (FOLDER / "LICENSE").read_bytes() == (TOP / "LICENSE").read_bytes()
