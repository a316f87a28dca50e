"""The entry that a Linux desktop reads: it starts what is installed, and takes links and PDFs (Desktop Entry 1.5)."""

from __future__ import annotations

import tomllib
from configparser import ConfigParser
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from signer.i18n import LANGUAGES
from signer.known_agencies import SUFFIX
from signer.paths import resource

_MIME: Final = "{http://www.freedesktop.org/standards/shared-mime-info}"


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


def test_it_takes_links_pdfs_and_agencies_files(entry: dict[str, str]) -> None:
    kinds = ["x-scheme-handler/paraph", "application/pdf", "application/vnd.paraph.agency+json"]
    assert entry["MimeType"].rstrip(";").split(";") == kinds


def test_an_agencys_file_is_known_by_its_name_in_every_language() -> None:
    (kind,) = ET.parse(resource("linux", "paraph.xml")).getroot()
    assert kind.get("type") == "application/vnd.paraph.agency+json"
    assert [each.get("pattern") for each in kind.iter(f"{_MIME}glob")] == [f"*{SUFFIX}"]
    spoken = {each.get("{http://www.w3.org/XML/1998/namespace}lang", "en") for each in kind.iter(f"{_MIME}comment")}
    assert spoken == set(LANGUAGES)


def test_it_speaks_every_language(entry: dict[str, str]) -> None:
    for key in ("GenericName", "Comment"):
        assert {each for each in LANGUAGES if each != "en" and f"{key}[{each}]" not in entry} == set()
