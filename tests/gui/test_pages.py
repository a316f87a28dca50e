"""Every page, in every language and in some that nobody speaks: nothing is cut off, mixed up or left in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from gettext import NullTranslations
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from signer import workflow as w
from signer.i18n import LANGUAGES
from signer.model import Withdrawal
from signer.settings import Settings
from signer.settings_file import Layers
from tests.gui.faults import layout_faults, place_of, settle, texts
from tests.gui.scenes import Props, StoppedClock, play, props, stage
from tests.pseudo import Pseudo
from ui import licences
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.pin import PinPage
from ui.desktop.speaking import speak
from ui.desktop.window import Window

Speak = Callable[[str, NullTranslations | None], None]

RIGHT_TO_LEFT = "ar"
SMALL, NORMAL = (720, 520), (1100, 760)
_SLACK = 12  # logical pixels: "AR" is not as wide as "EN"
_OTHERS = (  # names, and what the contract, its receipt and the calendar say
    *("Paraph", "Magazijnmedewerker", "Orderpicker", "Delfour Logistics", "Bakkerij Lindenhof", "Halle", "Aalst"),
    *("Marie Peeters", "Horizon Interim", "help@horizon.example", "horizon.example", "EN ▾", "week 48"),
    *("contract.pdf", "contract-signed.pdf", "horizon", "(data)", "TEST", "PAdES", "B-B"),
    *("Mon", "Tue", "Thu", "Fri", "Sun", "MON", "TUE", "THU", "FRI", "Nov"),
)
_OF_THE_MACHINE = re.compile(r"Paraph \d\S+ · |/\S+/settings\.toml")
_FINGERPRINT = re.compile(r"([0-9a-f]{8} ?){8}")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(Path(tmp_path_factory.mktemp("scenes")))


@pytest.fixture
def spoken(qt: QApplication) -> Iterator[Speak]:
    yield lambda language, catalogue: speak(qt, language, catalogue)
    speak(qt, "en")


def walk(qt: QApplication, given: Props, size: tuple[int, int]) -> Iterator[tuple[str, Window]]:
    window, session = stage(given)
    window.resize(*size)
    for scene in play(window, session, given):
        settle(qt, window)
        assert (window.width(), window.height()) == size
        yield scene, window
    window.close()
    window.deleteLater()
    qt.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # or each new style is put on dead windows too


def faults(qt: QApplication, given: Props, size: tuple[int, int]) -> list[str]:
    return [f"{scene}: {fault}" for scene, window in walk(qt, given, size) for fault in layout_faults(window)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_in_the_smallest_window(
    qt: QApplication, given: Props, spoken: Speak, language: str
) -> None:
    spoken(language, None)
    assert faults(qt, given, SMALL) == []


def test_a_language_with_long_words_fits_the_smallest_window(qt: QApplication, given: Props, spoken: Speak) -> None:
    spoken("en", Pseudo())
    assert faults(qt, given, SMALL) == []


@pytest.mark.parametrize("language", ["de", "pl"])  # the longest words
def test_nothing_is_lost_with_letters_of_twice_the_size(
    qt: QApplication, given: Props, spoken: Speak, language: str
) -> None:
    spoken(language, None)
    theme.apply(qt, theme.LIGHT, 2.0)
    try:
        assert faults(qt, given, NORMAL) == []
    finally:
        theme.apply(qt, theme.LIGHT)


def test_every_text_on_the_screen_is_of_the_catalogue_or_of_the_contract(
    qt: QApplication, given: Props, spoken: Speak
) -> None:
    spoken("en", Pseudo())
    plain = {_outside(each.text()) for _, window in walk(qt, given, NORMAL) for each in texts(window)}
    assert {text for text in plain if not _is_of_others(text)} == set()


def _outside(text: str) -> str:
    """Leave what is outside of the brackets that every text of the catalogue has here; they may hold one another."""
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = shorter
    return text.strip()


def _is_of_others(text: str) -> bool:
    """Whether no letter is left of a text without what others said in it."""
    if _FINGERPRINT.fullmatch(text) or text in _made_with() or _OF_THE_MACHINE.match(text):
        return True
    for known in sorted((*_OTHERS, *LANGUAGES.values()), key=len, reverse=True):
        text = text.replace(known, "")
    return not any(map(str.isalpha, text))


@cache
def _made_with() -> frozenset[str]:
    """What the page about Paraph lists: the names of others, and of their licences."""
    found = licences.libraries()
    names = (f"{each.name} {each.version}" for each in found)
    return frozenset((*licences.FONTS, *names, *(each.licence for each in found)))


def test_a_language_from_right_to_left_mirrors_every_page(qt: QApplication, given: Props, spoken: Speak) -> None:
    spoken("en", Pseudo())
    straight = {scene: _middles(window) for scene, window in walk(qt, given, NORMAL)}
    spoken(RIGHT_TO_LEFT, Pseudo())
    off = []
    for scene, window in walk(qt, given, NORMAL):
        assert [(scene, each) for each in layout_faults(window)] == []
        there = _middles(window)
        assert there
        off += [
            (scene, text, x, straight[scene][text])
            for text, x in there.items()
            if text in straight[scene] and abs(window.width() - x - straight[scene][text]) > _SLACK
        ]
    assert off == []


def _middles(window: Window) -> dict[str, int]:
    """Give where the middle of each text's line is that reads the same in both languages."""
    return {each.text(): place_of(each, window).center().x() for each in texts(window) if _is_mirrored(each)}


def _is_mirrored(widget: QWidget) -> bool:
    """Whether it has its own width, and is no key of the keypad, which stand as on every telephone."""
    return widget.property("kind") != "key" and not (isinstance(widget, QLabel) and widget.wordWrap())


def test_the_pin_page_says_what_could_not_be_checked(qt: QApplication, given: Props) -> None:
    page = PinPage(Context(Layers(Settings()), StoppedClock()))
    for withdrawal in (Withdrawal.UNKNOWN, Withdrawal.NONE):
        key = replace(given.key, withdrawal=withdrawal)
        page.show_state(w.AwaitingPin(given.paper, key))
        assert page._unchecked.isVisibleTo(page) is (withdrawal is Withdrawal.UNKNOWN)
    assert page._unchecked.text().startswith("We could not check now")
    page.deleteLater()
