"""Where PKCS#11 modules are looked for, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from eidcard.modules import KnownModule, available, installed, library_folders
from eidcard.p11kit import ListedModule

OFFICIAL = KnownModule("Belgium eID", "/usr/lib/libbeidpkcs11.so.0")
MACHINES = ["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "i386-linux-gnu", "riscv64-linux-gnu"]


def as_it_is(path: str) -> str:
    return path


def official_at(*paths: str, platform: str = "linux", own: str = "x86_64-linux-gnu") -> list[str]:
    found = installed(platform, exists=set(paths).__contains__, expand=as_it_is, own=own)
    assert {module.name for module in found} <= {"Belgium eID"}
    return [module.path for module in found]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("own", [*MACHINES, "an-unheard-of-machine"])
def test_official_module_of_every_architecture_is_found_on_every_other(machine: str, own: str) -> None:
    path = f"/usr/lib/{machine}/libbeidpkcs11.so.0"

    assert official_at(path, own=own) == [path]


@pytest.mark.parametrize("folder", ["/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/lib/an-unheard-of-machine"])
def test_distributions_without_such_folders_and_new_machines_are_looked_at_too(folder: str) -> None:
    path = f"{folder}/libbeidpkcs11.so.0"

    assert official_at(path, own="an-unheard-of-machine") == [path]


def test_module_of_ones_own_architecture_goes_first_then_the_common_folders() -> None:
    paths = [f"{folder}/libbeidpkcs11.so.0" for folder in library_folders("linux", "aarch64-linux-gnu")]

    found = official_at(*paths, own="aarch64-linux-gnu")

    assert found[:3] == [
        "/usr/lib/aarch64-linux-gnu/libbeidpkcs11.so.0",
        "/usr/lib64/libbeidpkcs11.so.0",
        "/usr/lib/libbeidpkcs11.so.0",
    ]
    assert len(found) == len(set(found)) == len(paths)


def test_mac_has_the_installers_bundle() -> None:
    path = "/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib"

    assert official_at(path, platform="darwin") == [path]


def test_windows_folder_is_the_systems_own() -> None:
    path = r"D:\Windows\System32\beidpkcs11.dll"

    found = installed(
        "win32", exists={path}.__contains__, expand=lambda text: text.replace("%SystemRoot%", r"D:\Windows")
    )

    assert [module.path for module in found] == [path]


def test_unknown_system_has_no_known_module() -> None:
    assert installed("plan9", exists=lambda _: True, expand=as_it_is) == ()


def test_official_module_goes_before_those_of_p11_kit() -> None:
    others = (ListedModule("softhsm2", "/opt/softhsm.so"),)

    found = available(None, (OFFICIAL,), others, exists=lambda _: True)

    assert found == (OFFICIAL, KnownModule("softhsm2", "/opt/softhsm.so"))


def test_official_module_that_p11_kit_lists_too_is_tried_once() -> None:
    others = (ListedModule("beid", OFFICIAL.path),)

    assert available(None, (OFFICIAL,), others, exists=lambda _: True) == (OFFICIAL,)


def test_module_that_is_listed_but_not_installed_is_not_tried() -> None:
    assert available(None, (), (ListedModule("gone", "/opt/gone.so"),), exists=lambda _: False) == ()


def test_module_that_somebody_named_is_the_only_one_tried_even_when_it_is_not_there() -> None:
    named = Path("/opt/mine.so")

    assert available(named, (OFFICIAL,), (), exists=lambda _: True) == (KnownModule("mine.so", str(named)),)
