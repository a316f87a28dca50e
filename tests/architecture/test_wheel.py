"""The wheel holds the whole house and nothing of its workshop, and runs where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

from signer.i18n import LANGUAGES

TOP: Final = Path(__file__).resolve().parents[2]
HOUSES: Final = [(TOP, "agency"), (TOP, "signer"), (TOP, "ui"), (TOP / "pkcs11", "eidcard")]


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=TOP, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_has_every_room_and_every_catalogue(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    folders = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert folders == {"resources", *(package for _, package in HOUSES)}
    sources = {path.relative_to(home).as_posix() for home, package in HOUSES for path in (home / package).rglob("*.py")}
    catalogues = {f"resources/locale/{language}/LC_MESSAGES/paraph.mo" for language in LANGUAGES}
    assert (sources | catalogues) - set(names) == set()


def test_an_installed_wheel_runs_and_speaks_our_languages(wheel: Path, tmp_path: Path) -> None:
    run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", "--target", str(tmp_path), str(wheel))
    environment = {"PYTHONPATH": str(tmp_path), "PARAPH_HOME": str(tmp_path / "home"), "PARAPH_LANGUAGE": "nl"}
    assert run(str(tmp_path / "bin" / "paraph"), "--version", **environment).startswith("paraph")
    assert "Opdrachten" in run(str(tmp_path / "bin" / "paraph"), "--help", **environment)
