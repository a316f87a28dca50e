"""What somebody chooses on the settings page counts at once, is kept, and never disturbs what is open."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from eidcard.known_cards import KnownCards
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer import workflow as w
from signer.clock import SystemClock
from signer.key_store import SystemKeyStore
from signer.paths import user_folders
from signer.settings import Settings
from signer.settings_file import Layers
from signer.way import ProxyLogin
from tests.gui.conftest import Open, Worker, until
from tests.gui.hands import CONTROL, focus, page_of, press, tab_to
from tests.gui.scenes import play, props, stage
from tests.integration.conftest import RIGHT
from ui.desktop import theme
from ui.desktop.app import Desktop
from ui.desktop.choosing import BY_DIALOG, Choices
from ui.desktop.pages.context import Context
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.settings import SettingsPage
from ui.desktop.pages.working import SigningPage
from ui.desktop.widgets.choices import Options, Switch
from ui.desktop.widgets.pieces import Label
from ui.words import language

_Part = TypeVar("_Part", bound=QWidget)

BY_HAND = "# Ask Els first.\nwelcome = false\n"


@pytest.fixture
def file(home: Path) -> Path:
    """The settings of somebody who answered the first questions."""
    path = home / "config" / "settings.toml"
    path.write_text(BY_HAND)
    return path


def at_settings(opened: Open, choose: Choices = BY_DIALOG) -> Desktop:
    """Open the program, and by keyboard its settings."""
    desktop = opened(choose)
    press(Qt.Key.Key_Comma, CONTROL)
    assert page_of(desktop) == "SettingsPage"
    until(lambda: focus() == "setting-language", "the first setting")
    return desktop


def kept(file: Path) -> dict[str, object]:
    return tomllib.loads(file.read_text())


def texts(desktop: Desktop) -> str:
    """Everything that can be read on the page."""
    page = desktop.window.page(SettingsPage)
    return "\n".join(each.text() for each in page.findChildren(Label) if each.isVisibleTo(page))


def part(desktop: Desktop, kind: type[_Part], name: str) -> _Part:
    found = desktop.window.page(SettingsPage).findChild(kind, name)
    assert found is not None
    return found


def test_language_look_and_size_are_seen_at_once_and_the_file_keeps_its_lines(file: Path, opened: Open) -> None:
    desktop = at_settings(opened)
    press(Qt.Key.Key_Up)  # from French to Dutch
    until(lambda: language() == "nl" and focus() == "setting-language", "Dutch, where one was")
    tab_to("setting-appearance")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Down)
    until(lambda: theme.shown() is theme.DARK and focus() == "setting-appearance", "the dark, where one was")
    before = QApplication.font().pointSize()
    tab_to("setting-text_percent")
    press(Qt.Key.Key_Down)
    until(lambda: QApplication.font().pointSize() > before and focus() == "setting-text_percent", "larger type")
    assert file.read_text().startswith(BY_HAND)
    assert kept(file) == {"welcome": False, "language": "nl", "appearance": "dark", "text_percent": 125}
    assert page_of(desktop) == "SettingsPage"
    assert desktop.window.page(SettingsPage).accessibleName() == "Instellingen"
    press(Qt.Key.Key_Escape)
    assert page_of(desktop) == "ToSignPage"


def test_a_key_that_comes_right_after_a_change_finds_its_place(file: Path, opened: Open) -> None:
    desktop = at_settings(opened)
    tab_to("setting-appearance")
    desktop.window.speak()  # everything is new, and nothing has been painted yet
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert focus() == "setting-text_percent"


def test_a_switch_is_turned_by_keyboard_and_back(file: Path, opened: Open) -> None:
    at_settings(opened)
    tab_to("setting-pin.shuffle")
    press(Qt.Key.Key_Space)
    assert kept(file)["pin"] == {"shuffle": True}
    press(Qt.Key.Key_Return)
    assert kept(file)["pin"] == {"shuffle": False}


def test_what_an_administrator_set_is_shown_as_such_and_cannot_be_changed(file: Path, home: Path, opened: Open) -> None:
    agency = "[[agencies]]\nid = 'noord'\nname = 'Noord Interim'\nurl = 'https://noord.example'\n"
    (home / "machine" / "settings.toml").write_text(f"shared = true\n{agency}[proxy]\nvia = 'none'\n")
    desktop = at_settings(opened)
    shared = part(desktop, Switch, "setting-shared")
    assert shared.isChecked()
    assert not shared.isEnabled()
    assert texts(desktop).count("Défini par l’administrateur de cet ordinateur") == 3
    assert "Noord Interim\nnoord.example" in texts(desktop)
    assert not part(desktop, QLineEdit, "setting-proxy.address").isVisible()
    assert part(desktop, Switch, "setting-pin.shuffle").isEnabled()


def test_many_people_means_that_nothing_is_kept_of_cards_any_more(
    file: Path, home: Path, opened: Open, test_pki: TestPki
) -> None:
    card = test_pki.person(ADULT)
    assert card.signature is not None
    folder = user_folders().cards
    KnownCards(folder).remember(b"card data", card.signature.certificate, card.chain)
    desktop = at_settings(opened)
    tab_to("setting-shared")
    press(Qt.Key.Key_Space)
    assert not list(folder.iterdir())
    assert "Ce qui était conservé de 1 carte est effacé." in texts(desktop)
    KnownCards(folder).remember(b"card data", card.signature.certificate, card.chain)
    tab_to("erase-cards")
    press(Qt.Key.Key_Return)
    assert not list(folder.iterdir())


def test_a_proxy_is_taken_only_when_it_is_written_well_and_never_with_a_password(file: Path, opened: Open) -> None:
    desktop = at_settings(opened)
    tab_to("option-system")
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Down)
    assert focus() == "option-manual"
    assert kept(file)["proxy"] == {"via": "none"}
    tab_to("setting-proxy.address")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.setText("http://marie:secret@proxy.example:3128")
    press(Qt.Key.Key_Return)
    assert kept(file)["proxy"] == {"via": "none"}
    field.setText("http://proxy.example:3128")
    press(Qt.Key.Key_Return)
    assert kept(file)["proxy"] == {"via": "manual", "address": "http://proxy.example:3128"}
    assert desktop.window._context.settings.proxy.via == "manual"


def test_who_one_is_to_the_proxy_is_for_it_alone_and_in_no_file(
    file: Path, home: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemKeyStore, "usable", False)
    file.write_text(f'{BY_HAND}[proxy]\nvia = "manual"\naddress = "http://proxy.example:3128"\n')
    desktop = at_settings(opened)
    tab_to("proxy-user")
    user, password = part(desktop, QLineEdit, "proxy-user"), part(desktop, QLineEdit, "proxy-password")
    user.setText("marie")
    password.setText("s3cret word")
    assert "s3cret" not in password.displayText()
    tab_to("proxy-password")
    press(Qt.Key.Key_Return)
    assert "Connu jusqu’à ce que vous fermiez Paraph" in texts(desktop)
    assert password.text() == ""
    known = desktop._app.proxy_logins
    assert known.of("http://proxy.example:3128") == ProxyLogin("marie", "s3cret word")
    assert known.of("http://other.example:3128") is None
    assert not any(b"s3cret" in each.read_bytes() for each in home.rglob("*") if each.is_file())


def test_the_way_to_the_card_and_a_module_are_chosen(file: Path, opened: Open, tmp_path: Path) -> None:
    choose = BY_DIALOG._replace(copies=lambda *_: tmp_path / "copies", module=lambda _: tmp_path / "module.so")
    desktop = at_settings(opened, choose)
    tab_to("setting-copies")
    press(Qt.Key.Key_Return)
    tab_to("setting-card.module")
    press(Qt.Key.Key_Return)
    page = desktop.window.page(SettingsPage)
    way = next(each for each in page.findChildren(Options) if "pkcs11" in each.buttons)
    way.buttons["pkcs11"].click()
    assert kept(file)["card"] == {"module": str(tmp_path / "module.so"), "via": "pkcs11"}
    assert kept(file)["copies"] == str(tmp_path / "copies")
    assert str(tmp_path / "module.so") in texts(desktop)


def test_copies_are_offered_in_the_folder_of_the_settings_while_it_is_there(tmp_path: Path) -> None:
    for copies, place in ((tmp_path, str(tmp_path / "contract.pdf")), (tmp_path / "gone", "contract.pdf")):
        context = Context(Layers(Settings(copies=copies)), SystemClock())
        assert context.place_of_copy("contract.pdf") == place


def test_where_nothing_can_be_saved_it_is_told_and_counts_until_the_end(home: Path, opened: Open) -> None:
    (home / "machine" / "settings.toml").write_text("welcome = false\n")
    (home / "config").rmdir()
    (home / "config").symlink_to("/sys")  # where nobody may write
    desktop = at_settings(opened)
    tab_to("setting-pin.shuffle")
    press(Qt.Key.Key_Space)
    assert "SET-003" in texts(desktop)
    assert desktop.window._context.settings.pin.shuffle


def test_a_file_that_was_broken_meanwhile_is_told_and_left_as_it_is(file: Path, opened: Open) -> None:
    desktop = at_settings(opened)
    file.write_text("language =")
    tab_to("setting-pin.shuffle")
    press(Qt.Key.Key_Space)
    assert "SET-001" in texts(desktop)
    assert file.read_text() == "language ="
    assert not part(desktop, Switch, "setting-pin.shuffle").isChecked()


def test_a_card_that_signs_is_not_left_for_the_settings(qt: QApplication, tmp_path: Path) -> None:
    del qt
    given = props(tmp_path)
    window, session = stage(given)
    name = next(name for name in play(window, session, given) if name == "signing")
    for leave in (window.bar.settings, window.bar.help, window.bar.diagnose, window.bar.about):
        leave.emit()
    assert name == "signing"
    assert isinstance(session.state, w.Signing)
    assert isinstance(window.stack.currentWidget(), SigningPage)
    assert not window.bar.more.isEnabled()
    window.close()
    window.deleteLater()


def test_settings_opened_in_the_middle_of_a_signing_lose_nothing_of_it(worker: Worker) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    worker.press(Qt.Key.Key_1)
    worker.press(Qt.Key.Key_Comma, CONTROL)
    assert page_of(worker.desktop) == "SettingsPage"
    assert len(worker.window.page(PinPage).dots._pin) == 0
    worker.comes_to(w.Reading)
    assert page_of(worker.desktop) == "SettingsPage"
    tab_to("setting-pin.shuffle")
    worker.press(Qt.Key.Key_Space)
    worker.press(Qt.Key.Key_Escape)
    assert page_of(worker.desktop) == "ContractPage"
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    assert [entry["state"] for entry in worker.desk.submissions()] == ["delivered"]


def test_a_card_that_comes_while_the_settings_are_open_is_there_afterwards(worker: Worker) -> None:
    worker.desk.remove()
    until(lambda: worker.window.bar.pill.text == "No card", "the empty reader")
    worker.read_and_sign()
    worker.comes_to(w.AwaitingCard)
    worker.press(Qt.Key.Key_Comma, CONTROL)
    worker.desk.insert()
    worker.comes_to(w.AwaitingPin)
    assert page_of(worker.desktop) == "SettingsPage"
    worker.press(Qt.Key.Key_Escape)
    assert page_of(worker.desktop) == "PinPage"
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
