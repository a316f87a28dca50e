"""An agency is added by its file: somebody sees who it is and where; the answer that changes nothing comes first."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tests.gui.conftest import Open, until
from tests.gui.hands import CONTROL, focus, page_of, press, tab_to
from tests.release_side import ReleaseSide
from ui.desktop.app import Desktop
from ui.desktop.choosing import BY_DIALOG
from ui.desktop.pages.agency import AgencyPage
from ui.desktop.pages.settings import SettingsPage
from ui.desktop.widgets.pieces import Label


@pytest.fixture
def side(home: Path) -> ReleaseSide:
    """A home that pins a key, in a TEST world."""
    for each in ("config", "machine"):
        (home / each).rmdir()
    return ReleaseSide(home, settings="language = 'en'\n")


def at_settings(opened: Open, file: Path) -> Desktop:
    """Open the settings, where this file will be chosen."""
    desktop = opened(BY_DIALOG._replace(descriptor=lambda _: file))
    press(Qt.Key.Key_Comma, CONTROL)
    until(lambda: focus() == "setting-language", "the first setting")
    tab_to("setting-agency-add")
    press(Qt.Key.Key_Return)
    return desktop


def texts(page: QWidget) -> str:
    return "\n".join(each.text() for each in page.findChildren(Label) if each.isVisibleTo(page))


def known(desktop: Desktop) -> list[str]:
    return [each.url for each in desktop._app.settings.agencies]


def test_an_agency_is_added_when_somebody_who_saw_it_says_so(side: ReleaseSide, tmp_path: Path, opened: Open) -> None:
    colours = {"background": "#16324f", "text": "#ffffff"}
    desktop = at_settings(opened, side.put(tmp_path / "mail", colours=colours))
    assert page_of(desktop) == "AgencyPage"
    said = texts(desktop.window.page(AgencyPage))
    assert "Noord Interim\nAddress: noord.example\nFingerprint: " in said
    assert "Until now" not in said
    press(Qt.Key.Key_Return)  # the keyboard is at "Do not add"
    assert (page_of(desktop), known(desktop)) == ("ToSignPage", [])

    desktop.open([str(tmp_path / "mail" / "noord.paraph-agency")])
    assert page_of(desktop) == "AgencyPage"
    tab_to("agency-add")
    press(Qt.Key.Key_Return)
    assert (page_of(desktop), known(desktop)) == ("ToSignPage", ["https://noord.example"])
    assert "Noord Interim is added." in desktop.window.notice.label.text()


def test_an_agency_that_moves_is_shown_with_the_old_address(side: ReleaseSide, tmp_path: Path, opened: Open) -> None:
    side.put(side.folders.agencies)
    desktop = at_settings(opened, side.put(tmp_path / "mail", days=1, url="https://new.noord.example"))
    assert "Address: new.noord.example\nUntil now: noord.example" in texts(desktop.window.page(AgencyPage))
    assert known(desktop) == ["https://noord.example"]


def test_a_file_that_nobody_vouches_for_is_told_where_it_was_chosen(
    side: ReleaseSide, tmp_path: Path, opened: Open
) -> None:
    stranger = ReleaseSide(tmp_path / "stranger")
    desktop = at_settings(opened, stranger.put(tmp_path / "mail"))
    assert page_of(desktop) == "SettingsPage"
    assert "AGY-031" in texts(desktop.window.page(SettingsPage))
    assert known(desktop) == []
