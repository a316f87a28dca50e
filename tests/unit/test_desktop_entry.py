"""The entry that a Linux desktop reads: it starts what is installed, and takes links and PDFs (Desktop Entry 1.5)."""

from __future__ import annotations

import tomllib
from configparser import ConfigParser

import pytest

from signer.i18n import LANGUAGES
from signer.paths import resource


@pytest.fixture
def entry() -> dict[str, str]:
    parser = ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign] # keys have capitals
    parser.read(resource("linux", "paraph.desktop"), "utf-8")
    return dict(parser["Desktop Entry"])


def test_it_starts_the_installed_program_with_one_address(entry: dict[str, str]) -> None:
    project = tomllib.loads((resource().parent / "pyproject.toml").read_text("utf-8"))["project"]
    program, argument = entry["Exec"].split()
    assert program in project.get("gui-scripts", {}) | project["scripts"]
    assert argument == "%u"


def test_it_takes_links_and_pdfs(entry: dict[str, str]) -> None:
    assert entry["MimeType"].rstrip(";").split(";") == ["x-scheme-handler/paraph", "application/pdf"]


def test_it_speaks_every_language(entry: dict[str, str]) -> None:
    for key in ("GenericName", "Comment"):
        assert {each for each in LANGUAGES if each != "en" and f"{key}[{each}]" not in entry} == set()
