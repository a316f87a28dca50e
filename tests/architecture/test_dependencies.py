"""What we stand on is written down three times, and all three agree: asked for, locked, and explained."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP: Final = Path(__file__).resolve().parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
LOCK: Final = (TOP / "requirements.lock").read_text("utf-8")
LOCKED: Final = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?P<rest>(?:.*\\\n)(?: +--hash=.*\n)*)", re.MULTILINE)


def wanted() -> list[Requirement]:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *groups.values(),
        PROJECT["build-system"]["requires"],
    ]
    return [Requirement(line) for lines in lists for line in lines]


def test_everything_that_is_asked_for_is_locked_at_a_version_that_will_do() -> None:
    locked = {canonicalize_name(found["name"]): found["version"] for found in LOCKED.finditer(LOCK)}
    unmet = [
        str(each)
        for each in wanted()
        if (version := locked.get(canonicalize_name(each.name))) is None or not each.specifier.contains(version)
    ]
    assert unmet == [], "run: make lock"


def test_everything_locked_has_hashes_and_no_address() -> None:
    entries = list(LOCKED.finditer(LOCK))
    assert len(entries) == len(re.findall("^[^ #\n]", LOCK, re.MULTILINE))
    assert [entry["name"] for entry in entries if "--hash=sha256:" not in entry["rest"]] == []
    assert "://" not in LOCK


def test_everything_that_is_asked_for_is_explained() -> None:
    page = (TOP / "docs" / "dependencies.md").read_text("utf-8").casefold()
    names = {each.name.casefold().removeprefix("pytest-").removeprefix("types-") for each in wanted()}
    assert sorted(name for name in names if name not in page) == []


def test_every_font_that_ships_is_named_beside_its_licence() -> None:
    page = (TOP / "docs" / "dependencies.md").read_text("utf-8")
    fonts = TOP / "resources" / "fonts"
    assert sorted(font.name for font in fonts.glob("*.ttf") if font.name not in page) == []
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "OFL.txt").read_text("utf-8")
    assert "resources/fonts/OFL.txt" in PROJECT["project"]["license-files"]
