"""The settings file is changed as a careful person would: one line, whole or not at all; the administrator decides."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import ErrorCode, SignerError
from signer.paths import Folders, user_folders
from signer.settings import Card, Proxy, is_proxy_address
from signer.settings_file import FIRST_QUESTIONS, change, load, load_layers, set_aside

BY_HAND = """\
# Put here by the agency; ask Els before you change it.
language = "fr"  # the boss's

[[agencies]]
id = "horizon"
name = "Horizon Interim"
url = "https://agency.example"  # not the old one

[card]
via = "pkcs11"
# the reader in the corner needs this one
module = "/opt/corner/module.so"

[trust]
extra_roots = ["/etc/corner.pem"]
"""
IN_A_TEST_WORLD = "[test]\n"
AFTER_A_CHANGE = BY_HAND.replace('language = "fr"', 'language = "nl"').replace('via = "pkcs11"', 'via = "card"')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(BY_HAND, "utf-8")
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A user and an administrator who both wrote nothing yet."""
    folders = user_folders({"PARAPH_HOME": str(tmp_path)})
    folders.config.mkdir()
    folders.machine.mkdir()
    return folders


def code_of(error: pytest.ExceptionInfo[SignerError]) -> ErrorCode:
    return error.value.code


# ── writing ──


def test_a_change_leaves_every_comment_and_every_other_line(file: Path) -> None:
    change(file, {"language": "nl", "card.via": "card"})
    assert file.read_text("utf-8") == AFTER_A_CHANGE


def test_the_first_change_makes_the_file_and_its_folder_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    change(path, {"shared": True, "pin.shuffle": True, "proxy.via": "none"})
    found = load(path)
    assert (found.shared, found.pin.shuffle, found.proxy) == (True, True, Proxy(via="none"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_setting_without_a_value_is_the_usual_one_again(file: Path) -> None:
    change(file, {"card.module": None, "card.via": None, "proxy.address": None})
    assert load(file).card == Card()
    assert "proxy" not in file.read_text("utf-8")


@pytest.mark.parametrize(
    "values",
    [{"language": "nl", "card.via": "magic"}, {"proxy.via": "manual"}, {"text_percent": 300}, {"colour": "pink"}],
)
def test_what_would_not_be_right_is_not_written_at_all(file: Path, values: dict[str, str | int]) -> None:
    with pytest.raises(SignerError) as refused:
        change(file, values)
    assert code_of(refused) is ErrorCode.SETTINGS_BROKEN
    assert file.read_text("utf-8") == BY_HAND


@pytest.mark.parametrize("text", ["language =", "\xff", "colour = 'pink'"])
def test_a_file_that_cannot_be_read_is_not_written_over(file: Path, text: str) -> None:
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SignerError) as refused:
        change(file, {"language": "nl"})
    assert code_of(refused) is ErrorCode.SETTINGS_BROKEN
    assert file.read_bytes() == text.encode("latin-1")


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.toml"
    link.symlink_to(file)
    change(link, {"language": "nl", "card.via": "card"})
    assert link.is_symlink()
    assert file.read_text("utf-8") == AFTER_A_CHANGE


@pytest.mark.parametrize("folder", [Path("/sys"), Path("/sys/paraph")], ids=["there", "to be made"])
def test_a_folder_that_nobody_may_write_in_is_told(folder: Path) -> None:
    with pytest.raises(SignerError) as refused:
        change(folder / "settings.toml", {"language": "nl"})
    assert code_of(refused) is ErrorCode.SETTINGS_NOT_SAVED


NAMES = {
    "language": st.sampled_from(["nl", "fr", "de", "en"]),
    "shared": st.booleans(),
    "notify": st.booleans(),
    "appearance": st.sampled_from(["system", "light", "dark"]),
    "text_percent": st.integers(100, 200),
    "copies": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    "pin.shuffle": st.booleans(),
    "card.via": st.sampled_from(["auto", "card", "pkcs11"]),
}


@given(
    before=st.sampled_from(["", BY_HAND, "[card]\n", "card.via = 'card'\n", "card = {via = 'auto'}\n[pin]\n[test]\n"]),
    values=st.fixed_dictionaries({}, optional=NAMES),
    gone=st.sets(st.sampled_from(sorted(NAMES))),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, before: str, values: dict[str, str | int], gone: set[str]
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    path.write_text(before, "utf-8")
    change(path, {**values, **dict.fromkeys(gone)})
    found = flat(tomllib.loads(path.read_text("utf-8")))
    expected = {**flat(tomllib.loads(before)), **values}
    assert found == {name: value for name, value in expected.items() if name not in gone}


def flat(table: dict[str, object], before: str = "") -> dict[str, object]:
    """Name every value by its place."""
    result: dict[str, object] = {}
    for name, value in table.items():
        result |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return result


def test_a_file_that_cannot_be_read_can_be_set_aside_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    for text in ("first", "second"):
        path.write_text(text)
        set_aside(path)
    assert sorted(each.read_text() for each in tmp_path.iterdir()) == ["first", "second"]
    assert not path.exists()


# ── the administrator's ──


def test_what_an_administrator_says_counts_and_the_rest_stays_the_users(folders: Folders) -> None:
    folders.settings_file.write_text(BY_HAND + IN_A_TEST_WORLD)
    folders.managed_file.write_text('shared = true\n[card]\nvia = "card"\n[proxy]\nvia = "none"\n')
    layers = load_layers(folders)
    assert (layers.settings.shared, layers.settings.language) == (True, "fr")
    assert layers.settings.card == Card(via="card", module=Path("/opt/corner/module.so"))
    assert layers.fixed == {"shared", "card.via", "proxy.via"}
    assert [layers.is_fixed(each) for each in ("card", "card.via", "card.module", "share")] == [
        True,
        True,
        False,
        False,
    ]


def test_whom_to_talk_to_is_not_in_the_users_own_file_but_in_a_test_world(folders: Folders) -> None:
    folders.settings_file.write_text(BY_HAND)
    with pytest.raises(SignerError) as refused:
        load_layers(folders)
    assert code_of(refused) is ErrorCode.SETTINGS_BROKEN
    assert refused.value.detail.startswith("agencies: ")
    folders.settings_file.write_text(BY_HAND + IN_A_TEST_WORLD)
    assert [each.id for each in load_layers(folders).settings.agencies] == ["horizon"]


def test_whose_certificates_count_for_connections_is_an_administrators_to_say(folders: Folders) -> None:
    roots = '[tls]\nroots = ["/etc/corner.pem"]\n'
    folders.managed_file.write_text(roots)
    assert load_layers(folders).settings.tls.roots == (Path("/etc/corner.pem"),)
    folders.settings_file.write_text(roots)
    with pytest.raises(SignerError) as refused:
        load_layers(folders)
    assert code_of(refused) is ErrorCode.SETTINGS_BROKEN


def test_agencies_of_the_administrator_replace_those_of_the_user(folders: Folders) -> None:
    folders.settings_file.write_text(BY_HAND + IN_A_TEST_WORLD)
    folders.managed_file.write_text('[[agencies]]\nid = "noord"\nname = "Noord"\nurl = "https://noord.example"\n')
    layers = load_layers(folders)
    assert [each.id for each in layers.settings.agencies] == ["noord"]
    assert layers.is_fixed("agencies")


@pytest.mark.parametrize("text", ["language =", "colour = 'pink'"])
def test_a_mistake_of_the_administrator_is_told_as_theirs(folders: Folders, text: str) -> None:
    folders.managed_file.write_text(text)
    with pytest.raises(SignerError) as refused:
        load_layers(folders)
    assert code_of(refused) is ErrorCode.SETTINGS_OF_MACHINE_BROKEN


# ── the first questions ──


@pytest.mark.parametrize(
    ("user", "managed", "left"),
    [
        ("", "", FIRST_QUESTIONS),
        ("welcome = false", "", ()),
        ("", "welcome = false", ()),
        ("", "language = 'nl'", ("shared",)),
        ("", "shared = true\nlanguage = 'nl'", ()),
        ("language = 'fr'", "", FIRST_QUESTIONS),
    ],
)
def test_the_first_questions_are_asked_once_and_not_where_somebody_answered_for_all(
    folders: Folders, user: str, managed: str, left: tuple[str, ...]
) -> None:
    folders.settings_file.write_text(user)
    folders.managed_file.write_text(managed)
    assert load_layers(folders).questions == left


# ── a proxy ──


@pytest.mark.parametrize("text", ["http://proxy.example:3128", "https://10.0.0.1:8080/", "http://[fd00::1]:3128"])
def test_a_proxy_is_written_with_host_and_port(text: str) -> None:
    assert is_proxy_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "proxy.example:3128", "http://proxy.example", "http://:3128", "http://proxy.example:99999"),
        *("http://marie:secret@proxy.example:3128", "socks5://proxy.example:1080", "http://proxy.example:3128/pac"),
        *("http://proxy example:3128", "http://proxy.example:3128\n"),
    ],
)
def test_a_proxy_is_not_written_otherwise_and_never_with_a_password(text: str) -> None:
    assert not is_proxy_address(text)
