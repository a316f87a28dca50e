"""p11-kit's list of modules is read as p11-kit reads it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidcard.p11kit import ListedModule, P11KitFolders, choose, listed, locate, merge, parse, user_mode


def test_fields_are_names_and_values_without_the_space_around_them() -> None:
    text = "# a comment\n\n  module :  /usr/lib/a:b.so  \nx-custom: # no comment here\nsetting.2:\n"

    assert parse(text) == {"module": "/usr/lib/a:b.so", "x-custom": "# no comment here", "setting.2": ""}


@pytest.mark.parametrize("text", ["module", "[section]\nmodule: a.so", "mo dule: a.so", ": a.so"])
def test_a_file_that_is_none_of_p11_kits_is_left_out_as_a_whole(text: str) -> None:
    assert parse(f"priority: 1\n{text}") is None


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    found = parse(text)

    assert found is None or all(name == name.strip() and value == value.strip() for name, value in found.items())


@pytest.mark.parametrize(
    ("system", "user", "mode"),
    [
        ({}, {}, "merge"),
        ({"user-config": "none"}, {"user-config": "only"}, "none"),
        ({}, {"user-config": "none"}, "none"),
        ({"user-config": "only"}, {}, "only"),
        ({"user-config": "merge"}, {"user-config": "override"}, "only"),
    ],
)
def test_the_user_decides_unless_the_system_shuts_the_user_out(
    system: dict[str, str], user: dict[str, str], mode: str
) -> None:
    assert user_mode(system, user) == mode


@pytest.mark.parametrize(
    ("mode", "module", "priority"),
    [("merge", "mine.so", "5"), ("none", "shipped.so", "5"), ("only", "mine.so", None)],
)
def test_a_users_line_goes_before_the_systems_and_that_before_the_packages(
    mode: str, module: str, priority: str | None
) -> None:
    user, system = {"a": {"module": "mine.so"}}, {"a": {"priority": "5"}}
    package = {"a": {"module": "shipped.so", "priority": "1"}}

    merged = merge(user, system, package, mode)

    assert (merged["a"]["module"], merged["a"].get("priority")) == (module, priority)


def test_the_highest_priority_goes_first_then_the_alphabet() -> None:
    configs = {
        "c": {"module": "c.so"},
        "b": {"module": "b.so", "priority": "rubbish"},
        "last": {"module": "last.so", "priority": "-1"},
        "first": {"module": "first.so", "priority": "10"},
    }

    assert [each.name for each in choose(configs)] == ["first", "b", "c", "last"]


@pytest.mark.parametrize(
    "config",
    [
        {"module": ""},
        {"remote": "|ssh host p11-kit remote a.so"},
        {"module": "trust.so", "trust-policy": "yes"},
        {"module": "a.so", "enable-in": "firefox, thunderbird"},
        {"module": "a.so", "disable-in": "firefox paraph"},
    ],
    ids=["blank", "remote", "trust anchors", "for others", "not for us"],
)
def test_a_module_that_is_not_for_us_is_passed_over(config: dict[str, str]) -> None:
    assert choose({"a": config}) == ()


@pytest.mark.parametrize("config", [{"enable-in": "firefox,paraph"}, {"disable-in": "firefox"}])
def test_a_module_that_names_us_or_only_others_is_ours(config: dict[str, str]) -> None:
    assert choose({"a": {"module": "a.so", **config}}) == (ListedModule("a", "a.so"),)


@pytest.fixture
def folders(tmp_path: Path) -> P11KitFolders:
    folders = P11KitFolders((tmp_path / "share",), (tmp_path / "etc",), tmp_path / "home")
    for folder in (folders.package[0], folders.system[0] / "modules", folders.user / "modules"):
        folder.mkdir(parents=True)
    return folders


def test_the_machines_files_are_found_in_all_three_places(folders: P11KitFolders) -> None:
    (folders.package[0] / "a.module").write_text("module: a.so\n")
    (folders.system[0] / "modules" / "b.module").write_text("module: b.so\n")
    (folders.user / "modules" / "c.module").write_text("module: c.so\npriority: 1\n")

    assert [each.module for each in listed(folders)] == ["c.so", "a.so", "b.so"]


def test_the_system_can_shut_the_users_files_out(folders: P11KitFolders) -> None:
    (folders.user / "modules" / "c.module").write_text("module: c.so\n")
    (folders.system[0] / "pkcs11.conf").write_text("user-config: none\n")

    assert listed(folders) == ()


def test_a_user_turns_a_module_of_the_package_off(folders: P11KitFolders) -> None:
    (folders.package[0] / "a.module").write_text("module: a.so\n")
    (folders.user / "modules" / "a.module").write_text("module:\n")

    assert listed(folders) == ()


@pytest.mark.parametrize("name", ["a.module~", ".a.module", "README", "a b.module"])
def test_other_files_beside_them_are_not_read(folders: P11KitFolders, name: str) -> None:
    (folders.package[0] / name).write_text("module: a.so\n")

    assert listed(folders) == ()


def test_what_cannot_be_read_hides_no_other(folders: P11KitFolders) -> None:
    (folders.package[0] / "a.module").mkdir()
    (folders.package[0] / "b.module").write_bytes(b"module: \xff\xfe\n")
    (folders.package[0] / "c.module").write_text("module: c.so\n")

    assert [each.name for each in listed(folders)] == ["c"]


def test_a_machine_without_p11_kit_has_no_list(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"

    assert listed(P11KitFolders((nowhere,), (nowhere,), nowhere)) == ()


def test_a_huge_file_is_soon_refused(folders: P11KitFolders) -> None:
    (folders.package[0] / "a.module").write_bytes(b"x" * 10_000_000)
    begun = time.monotonic()

    assert listed(folders) == ()
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("module", "there", "path"),
    [
        ("/opt/a.so", {"/opt/a.so"}, "/opt/a.so"),
        ("/opt/a.so", set[str](), None),
        ("a.so", {"/usr/lib64/pkcs11/a.so", "/usr/lib/pkcs11/a.so"}, "/usr/lib64/pkcs11/a.so"),
        ("a.so", {"/usr/lib64/a.so"}, None),
    ],
)
def test_a_bare_name_is_in_the_folder_of_modules(module: str, there: set[str], path: str | None) -> None:
    assert locate(module, ("/usr/lib64", "/usr/lib"), there.__contains__) == path
