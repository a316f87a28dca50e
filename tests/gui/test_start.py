"""The program's start: something to see at once, the rest after it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from signer.paths import HOME_VARIABLE
from tests.gui.conftest import Worker, until
from ui.desktop import start, theme

HEAVY = {"pydantic", "pyhanko", "pypdfium2", "requests", "smartcard", "cryptography", "signer", "eidcard"}
_WHAT_IS_LOADED_AT_THE_FIRST_PAINT = """
import sys
from ui.desktop import start
def load(begun):
    print(*{name.partition(".")[0] for name in sys.modules})
    begun._qt.quit()
start._Start.load = load
start.run()
"""


@pytest.mark.usefixtures("qt")
def test_the_first_paint_waits_for_nothing_but_qt(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WHAT_IS_LOADED_AT_THE_FIRST_PAINT],
        capture_output=True,
        text=True,
        env=os.environ | {HOME_VARIABLE: str(tmp_path)},
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"PySide6", "ui"} <= loaded
    assert loaded & HEAVY == set()


def test_the_name_gives_way_to_the_window(qt: QApplication, worker: Worker) -> None:
    sight = start.FirstSight(qt)
    sight.show()
    until(lambda: sight._is_painted, "the name")
    sight.give_way_to(worker.window)
    worker.window.update()
    until(lambda: not sight.isVisible(), "the window in its place")
    assert worker.window.isVisible()
    sight.deleteLater()


@pytest.mark.parametrize(("is_dark", "dress"), [(False, theme.LIGHT), (True, theme.DARK)])
def test_the_name_wears_the_window_s_colours(is_dark: bool, dress: theme.Colours) -> None:
    paper, ink = start._PAPER_AND_INK[is_dark]
    assert (QColor(paper), QColor(ink)) == (QColor(dress.paper), QColor(dress.ink))
