"""Draw every page of the window in four languages, light and dark, into screenshots-out/; for eyes, and for the README.

    python scripts/screenshots.py [LANGUAGE ...]

Runs on any platform plugin; without a screen: QT_QPA_PLATFORM=offscreen. People and companies are made up.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEventLoop, QTimer

from signer.i18n import LANGUAGES
from tests.gui.scenes import Props, play, props, stage
from ui import words
from ui.desktop import theme
from ui.desktop.app import application

OUT: Final = Path("screenshots-out")
THEMES: Final = {"light": theme.LIGHT, "dark": theme.DARK}


def wait(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def draw(given: Props, mark: str) -> None:
    """Go through all scenes in the language and colours of now."""
    window, session = stage(given)
    window.activateWindow()
    for name in play(window, session, given):
        wait(700 if name == "contract" else 60)
        window.grab().save(str(OUT / f"{mark}-{name}.png"))
    window.close()
    window.deleteLater()


def main() -> None:
    """Draw everything."""
    os.environ["TZ"] = "Europe/Brussels"
    time.tzset()
    OUT.mkdir(exist_ok=True)
    qt = application(["screenshots"])
    with tempfile.TemporaryDirectory() as folder:
        given = props(Path(folder))
        for language in sys.argv[1:] or LANGUAGES:
            words.use(language)
            for name, colours in THEMES.items():
                theme.apply(qt, colours)
                draw(given, f"{language}-{name}")
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}/")


if __name__ == "__main__":
    main()
