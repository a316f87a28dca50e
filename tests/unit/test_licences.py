"""What Paraph is made of is told whole: every library that it needs, its licence, and the licence's text."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from signer.paths import resource
from ui import licences
from ui.licences import as_text, font_licence, libraries, program

PYPROJECT = resource().parent / "pyproject.toml"


def direct() -> set[str]:
    """Name what the program with windows asks for by itself."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["desktop"]]
    return {plain(re.split(r"[\[<>=!;]", line)[0]) for line in lines}


def plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def test_every_library_that_is_asked_for_is_told_and_those_that_come_with_it() -> None:
    told = {plain(each.name) for each in libraries()}
    assert direct() <= told
    assert {"urllib3", "asn1crypto", "shiboken6", "lxml"} <= told


def test_what_only_developers_and_the_agency_use_is_not_told() -> None:
    told = {plain(each.name) for each in libraries()}
    assert told.isdisjoint({"pytest", "mypy", "fastapi", "sqlalchemy", "certomancer", "paraph"})


def test_each_has_a_version_a_licence_in_short_and_its_text() -> None:
    for each in libraries():
        assert each.version, each.name
        assert 0 < len(each.licence) <= 60, each
        assert "\n" not in each.licence
    assert [each.name for each in libraries() if not each.texts] == []


def test_qt_is_told_with_the_lesser_licence_that_its_wheel_does_not_bring() -> None:
    qt = next(each for each in libraries() if each.name == "PySide6_Essentials")
    assert "LESSER GENERAL PUBLIC LICENSE" in qt.texts[0]


def test_the_whole_text_has_the_licence_of_the_type_too() -> None:
    text = as_text()
    assert font_licence().strip() in text
    assert "SIL OPEN FONT LICENSE" in font_licence()
    assert "asn1crypto" in text


def test_paraph_itself_is_told_with_its_version() -> None:
    assert program().version == tomllib.loads(PYPROJECT.read_text())["project"]["version"]


def test_a_program_without_metadata_still_tells_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(licences, "distribution", missing)
    assert (program().name, program().licence, libraries()) == ("Paraph", "GPL-3.0-or-later", ())
    assert font_licence().strip() in as_text()


def test_a_frozen_program_reads_the_list_that_was_made_with_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(PYPROJECT.parent / "scripts"))
    made = importlib.import_module("bundle_licences").licences(["click", "pyhanko.sign"])
    (tmp_path / "LICENCES.txt").write_text(made)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "paraph"))
    assert {"click", "pyhanko", "pyinstaller", "python"} <= {each.name.lower() for each in libraries()}
    assert {each.name: each.licence for each in libraries()}["click"] == "BSD-3-Clause"
    assert as_text().startswith(made.rstrip())
    assert font_licence().strip() in as_text()
