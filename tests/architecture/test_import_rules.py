"""The house's rules hold, and each of them can fail: a forbidden import is put into a copy of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

TOP: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("signer", "ui", "agency", "pkcs11")

BREACHES: Final = [  # the rule as pyproject.toml names it, the file, and an import that breaks it
    ("The house: ui, then eidcard, then signer", "signer/model.py", "import eidcard.pin"),
    ("The house: ui, then eidcard, then signer", "pkcs11/eidcard/apdu.py", "import ui.messages"),
    ("The agency server stands alone", "ui/messages.py", "import agency.tokens"),
    ("The agency server shares only the wire schema", "agency/tokens.py", "import signer.outbox"),
    ("pyscard has one door", "pkcs11/eidcard/applet.py", "import smartcard"),
    ("PyKCS11 has one door", "ui/bootstrap.py", "import PyKCS11"),
    ("requests has one door", "signer/agency/client.py", "import requests"),
    ("The pyHanko family enters by signer.pades and signer.trust", "signer/perform.py", "import pyhanko.sign"),
    ("The core is pure", "signer/workflow.py", "import signer.outbox"),
    ("Faces without Qt know no Qt", "ui/messages.py", "import PySide6"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder), str(folder / "pkcs11")))
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    return subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(TOP / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_rule_is_kept(house: Path) -> None:
    result = lint(house)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("rule", "file", "line"), BREACHES, ids=[f"{file}: {line}" for _, file, line in BREACHES])
def test_a_forbidden_import_breaks_its_rule(house: Path, rule: str, file: str, line: str) -> None:
    with (house / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint(house)
    assert result.returncode == 1
    broken = " ".join(result.stdout.replace("\n", " ").split())
    assert f"{rule}" in broken
    assert "BROKEN" in broken
    assert "1 broken" in broken


def test_every_rule_has_a_breach_above() -> None:
    named = (TOP / "pyproject.toml").read_text(encoding="utf-8").split('name = "')[2:]
    rules = {text.partition('"')[0] for text in named}
    assert {rule for rule in rules if not any(rule.startswith(breach) for breach, _, _ in BREACHES)} == set()


def test_the_pkcs11_folder_never_hides_the_python_pkcs11_library() -> None:
    assert not (TOP / "pkcs11" / "__init__.py").exists()


@pytest.mark.parametrize(
    "line",
    ["def f(x): return x", "x: int = 'a'", "import signer.model\nsigner.model.Level.B_X"],
    ids=["unannotated", "wrong type", "unknown attribute"],
)
def test_the_type_rules_refuse(tmp_path: Path, line: str) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(line + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(TOP / "pyproject.toml"), str(bad)]
    result = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout
    assert "bad.py:" in result.stdout
