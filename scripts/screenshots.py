"""Draw every page of the window in every language, light and dark, in three sizes, into screenshots-out/.

    python scripts/screenshots.py [LANGUAGE ...]   all of them, or those of these languages
    python scripts/screenshots.py --docs           the few that the README shows, into docs/screenshots/

On a screen of its own (Xvfb). People and companies are made up; the evening is always the same one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from signer.i18n import LANGUAGES
from tests.gui.faults import settle
from tests.gui.qt_world import until
from tests.gui.scenes import Props, play, props, stage
from tests.screen import screen
from ui.desktop import theme
from ui.desktop.app import application
from ui.desktop.pages.contract import ContractPage
from ui.desktop.speaking import speak

OUT: Final = Path("screenshots-out")
DOCS: Final = Path("docs/screenshots")
THEMES: Final = {"light": theme.LIGHT, "dark": theme.DARK}
SIZES: Final = {"small": (720, 520), "normal": (1100, 760), "large": (1600, 1000)}
SHOWN: Final = {  # in the README: how it is dressed, the scene, and the file's name
    ("light", "to-sign"): "to-sign",
    ("light", "contract"): "contract",
    ("dark", "contract"): "contract-dark",
    ("light", "pin"): "pin",
    ("light", "no-card"): "no-card",
    ("light", "done"): "done",
}


def draw(qt: QApplication, given: Props, size: tuple[int, int], place: Callable[[str], Path | None]) -> None:
    """Go through all scenes in the language and colours of now; ``place`` says where each goes, None nowhere."""
    window, session = stage(given)
    window.resize(*size)
    window.activateWindow()
    document = window.page(ContractPage).document
    for scene in play(window, session, given):
        path = place(scene)
        if path is None:
            continue
        settle(qt, window)
        if window.stack.currentWidget() is window.page(ContractPage):
            until(lambda: document.page and document.pages.is_sharp)
        path.parent.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(path))
    window.close()
    window.deleteLater()


def everything(qt: QApplication, given: Props, languages: list[str]) -> None:
    """Draw all, a folder for each language."""
    for language in languages:
        speak(qt, language)
        for dress, colours in THEMES.items():
            theme.apply(qt, colours)
            for name, size in SIZES.items():
                draw(qt, given, size, partial(_place, language, f"{dress}-{name}"))
        print(f"{language}: {len(list((OUT / language).glob('*.png')))} pictures in {OUT / language}/", flush=True)


def _place(language: str, mark: str, scene: str) -> Path:
    return OUT / language / f"{scene}-{mark}.png"


def the_few(qt: QApplication, given: Props) -> None:
    """Draw what the README shows."""
    speak(qt, "en")
    for dress, colours in THEMES.items():
        theme.apply(qt, colours)
        chosen = {scene: DOCS / f"{name}.png" for (wanted, scene), name in SHOWN.items() if wanted == dress}
        draw(qt, given, SIZES["normal"], chosen.get)


def main() -> None:
    """Draw what was asked for."""
    os.environ["TZ"] = "Europe/Brussels"
    time.tzset()
    with screen("1700x1100x24") as display, tempfile.TemporaryDirectory() as folder:
        os.environ["DISPLAY"], os.environ["QT_QPA_PLATFORM"] = display, "xcb"
        qt = application(["screenshots"])
        given = props(Path(folder))
        if sys.argv[1:] == ["--docs"]:
            the_few(qt, given)
        else:
            everything(qt, given, sys.argv[1:] or list(LANGUAGES))
        qt.quit()
        del qt


if __name__ == "__main__":
    main()
