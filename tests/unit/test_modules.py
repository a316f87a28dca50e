"""Where PKCS#11 modules are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from eidcard.modules import KnownModule, choose, installed
from signer.errors import ErrorCode, SignerError


def as_it_is(path: str) -> str:
    return path


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("linux", "/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0"),
        ("linux", "/usr/lib/aarch64-linux-gnu/libbeidpkcs11.so.0"),
        ("linux", "/usr/lib64/libbeidpkcs11.so.0"),
        ("darwin", "/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib"),
    ],
)
def test_official_module_is_found_where_its_installer_puts_it(platform: str, path: str) -> None:
    found = installed(platform, exists={path}.__contains__, expand=as_it_is)

    assert found == (KnownModule("Belgium eID", path),)


def test_windows_folder_is_the_systems_own() -> None:
    path = r"D:\Windows\System32\beidpkcs11.dll"

    found = installed(
        "win32", exists={path}.__contains__, expand=lambda text: text.replace("%SystemRoot%", r"D:\Windows")
    )

    assert [module.path for module in found] == [path]


def test_unknown_system_has_no_known_module() -> None:
    assert installed("plan9", exists=lambda _: True, expand=as_it_is) == ()


def test_several_architectures_are_all_listed_the_first_being_chosen() -> None:
    found = installed("linux", exists=lambda path: path.startswith("/usr/lib/"), expand=as_it_is)

    assert len(found) > 1
    assert choose(None, found) == Path(found[0].path)


def test_module_that_the_user_names_goes_before_those_found() -> None:
    found = installed("linux", exists=lambda _: True, expand=as_it_is)

    assert choose(Path("mine.so"), found) == Path("mine.so")


def test_no_module_at_all_is_named() -> None:
    with pytest.raises(SignerError) as refusal:
        choose(None, ())

    assert refusal.value.code is ErrorCode.MODULE_NOT_FOUND
