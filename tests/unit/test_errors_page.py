"""docs/errors.md says what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from signer.errors import ErrorCode
from ui.messages import MESSAGES

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "errors.md"


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """The page's sections by their code."""
    parts = re.split(r"^### (\S+)\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_page_is_the_one_that_the_codes_make(tmp_path: Path) -> None:
    made = tmp_path / "errors.md"
    subprocess.run([sys.executable, str(TOP / "scripts" / "make_errors_page.py"), str(made)], check=True)

    assert PAGE.read_text("utf-8") == made.read_text("utf-8"), "run scripts/make_errors_page.py"


def test_every_code_has_one_section_and_no_section_is_left_over(sections: dict[str, str]) -> None:
    assert sorted(sections) == sorted(code.support_id for code in ErrorCode)


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_a_section_tells_meaning_next_step_whether_to_try_again_and_exit_code(
    sections: dict[str, str], code: ErrorCode
) -> None:
    section = sections[code.support_id]

    assert all(text in section for text in MESSAGES[code])
    assert ("Can trying again help? Yes" in section) is code.retriable
    assert f"Exit code of the command line: {code.kind.value}\n" in section


def test_the_readme_and_the_command_lines_page_lead_there() -> None:
    assert "docs/errors.md" in (TOP / "README.md").read_text("utf-8")
    assert "(errors.md)" in (TOP / "docs" / "cli.md").read_text("utf-8")
