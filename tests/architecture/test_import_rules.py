"""The house's rules hold, and each of them can fail: a forbidden import is put into a copy of the house."""

from __future__ import annotations

import os
import re
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


def test_each_forbidden_import_breaks_its_rule(house: Path) -> None:
    for _, file, line in BREACHES:
        with (house / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    result = lint(house)
    assert result.returncode == 1
    told = sections(result.stdout.partition("Broken contracts")[2])
    missed = [line for rule, file, line in BREACHES if breach(file, line) not in told[rule]]
    assert missed == []


def sections(report: str) -> dict[str, str]:
    """Cut the report at the rules' names."""
    starts = sorted({report.index(rule) for rule, _, _ in BREACHES})
    ends = [*starts[1:], len(report)]
    parts = [report[start:end] for start, end in zip(starts, ends, strict=True)]
    return {rule: next(part for part in parts if part.startswith(rule)) for rule, _, _ in BREACHES}


def breach(file: str, line: str) -> str:
    """Say what the report must name: the module, and the package that it may not import."""
    importer = file.removeprefix("pkcs11/").removesuffix(".py").replace("/", ".")
    return f"{importer} -> {line.removeprefix('import ').partition('.')[0]}"


def test_every_rule_has_a_breach_above() -> None:
    named = (TOP / "pyproject.toml").read_text(encoding="utf-8").split('name = "')[2:]
    rules = {text.partition('"')[0] for text in named}
    assert {rule for rule in rules if not any(rule.startswith(breach) for breach, _, _ in BREACHES)} == set()


def test_the_pkcs11_folder_never_hides_the_python_pkcs11_library() -> None:
    assert not (TOP / "pkcs11" / "__init__.py").exists()


def test_the_type_rules_refuse(tmp_path: Path) -> None:
    wrong = {
        "def f(x): return x": "no-untyped-def",
        "y: int = 'a'": "assignment",
        "signer.model.Level.B_X": "attr-defined",
    }
    bad = tmp_path / "bad.py"
    bad.write_text("\n".join(["import signer.model", *wrong]) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(TOP / "pyproject.toml"), str(bad)]
    result = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout
    told = re.findall(r"bad\.py:(\d+): error: .*\[([\w-]+)\]", result.stdout)
    assert told == [(str(line), code) for line, code in enumerate(wrong.values(), start=2)]
