"""A window that opens for the first time asks two questions; with settings that cannot be read it guesses nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.conftest import Open, until
from tests.gui.hands import CONTROL, focus, page_of, press
from ui.words import language


def test_both_questions_are_answered_by_keyboard_and_never_asked_again(home: Path, opened: Open) -> None:
    desktop = opened()
    assert page_of(desktop) == "WelcomePage"
    assert not desktop.window.bar.isVisible()
    assert language() == "fr"
    until(lambda: focus() == "option-fr", "the language of the system")
    press(Qt.Key.Key_Left)
    until(lambda: language() == "nl" and focus() == "option-nl", "Dutch, where one was")
    press(Qt.Key.Key_Tab)
    assert focus() == "option-alone"
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Tab)
    assert focus() == "welcome-start"
    press(Qt.Key.Key_Return)
    until(lambda: page_of(desktop) == "ToSignPage", "the list")
    assert desktop.window.bar.isVisible()
    kept = tomllib.loads((home / "config" / "settings.toml").read_text())
    assert kept == {"language": "nl", "shared": True, "welcome": False}
    assert page_of(opened()) == "ToSignPage"


def test_nothing_leads_away_from_the_questions_and_a_link_waits_behind_them(opened: Open) -> None:
    desktop = opened()
    desktop.open(["paraph://evil.example/horizon/0123456789abcdef0123"])
    until(lambda: focus() == "option-fr", "the first question")
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_F1):
        press(key)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Comma):
        press(key, CONTROL)
    assert page_of(desktop) == "WelcomePage"
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Return):
        press(key)
    assert page_of(desktop) == "TroublePage"


def test_start_is_there_once_the_question_is_answered(opened: Open) -> None:
    desktop = opened()
    start = desktop.window.findChild(QWidget, "welcome-start")
    assert isinstance(start, QWidget)
    assert not start.isEnabled()
    until(lambda: focus() == "option-fr", "the first question")
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    assert start.isEnabled()


@pytest.mark.parametrize("managed", ["welcome = false", "language = 'de'\nshared = false"])
def test_an_administrator_who_answered_leaves_nothing_to_ask(home: Path, opened: Open, managed: str) -> None:
    (home / "machine" / "settings.toml").write_text(managed)
    assert page_of(opened()) == "ToSignPage"


def test_only_the_question_that_is_open_is_asked(home: Path, opened: Open) -> None:
    (home / "machine" / "settings.toml").write_text("language = 'de'")
    desktop = opened()
    assert language() == "de"
    until(lambda: focus() == "option-alone", "the open question")
    assert not desktop.window.findChild(QWidget, "option-fr").isVisible()  # type: ignore[union-attr]


def test_settings_that_cannot_be_read_are_told_and_looked_at_again(home: Path, opened: Open) -> None:
    file = home / "config" / "settings.toml"
    file.write_text("welcome = false\n[card]\nvia = 'magic'\n")
    desktop = opened()
    assert page_of(desktop) == "SettingsBrokenPage"
    page = desktop.window.stack.currentWidget()
    assert page is not None
    texts = [each.text() for each in page.findChildren(QWidget) if hasattr(each, "text")]
    assert any("card.via" in text for text in texts)
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_Return)  # look again: nobody mended it
    assert page_of(desktop) == "SettingsBrokenPage"
    file.write_text("welcome = false\nlanguage = 'nl'\n")
    press(Qt.Key.Key_Return)
    until(lambda: page_of(desktop) == "ToSignPage" and language() == "nl", "the list")


def test_settings_that_cannot_be_read_can_be_put_aside_and_none_is_lost(home: Path, opened: Open) -> None:
    file = home / "config" / "settings.toml"
    file.write_text("langage = 'nl'\n")
    desktop = opened()
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Return)
    until(lambda: page_of(desktop) == "WelcomePage", "the first questions")
    assert not file.exists()
    assert (home / "config" / "settings-unreadable.toml").read_text() == "langage = 'nl'\n"


def test_a_mistake_of_the_administrator_cannot_be_put_aside_here(home: Path, opened: Open) -> None:
    (home / "machine" / "settings.toml").write_text("langage = 'nl'\n")
    desktop = opened()
    assert page_of(desktop) == "SettingsBrokenPage"
    until(lambda: QApplication.focusWidget() is not None, "a focus")
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Return)
    assert page_of(desktop) == "SettingsBrokenPage"
    assert (home / "machine" / "settings.toml").exists()


def test_answers_that_cannot_be_saved_count_all_the_same_and_it_is_told(home: Path, opened: Open) -> None:
    (home / "config").rmdir()
    (home / "config").symlink_to("/sys")  # where nobody may write
    desktop = opened()
    until(lambda: focus() == "option-fr", "the first question")
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Return):
        press(key)
    assert page_of(desktop) == "TroublePage"
    assert desktop.window._context.settings.shared
    press(Qt.Key.Key_Escape)
    assert page_of(desktop) == "ToSignPage"
