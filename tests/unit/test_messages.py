"""Every mishap has words: what happened, what it means, what to do; in every language."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from signer import workflow as w
from signer.errors import ErrorCode
from signer.i18n import LANGUAGES, choose_language, translator
from signer.model import Caution, Standing
from ui.messages import CAUTIONS, MESSAGES, STANDING, STEPS, message

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_every_mishap_has_a_title_a_meaning_and_a_next_step(code: ErrorCode) -> None:
    words = MESSAGES[code]
    assert all(words)
    assert "!" not in "".join(words)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_mishap_is_told_in_every_language(language: str) -> None:
    gettext = translator(language).gettext
    same = [code.name for code in ErrorCode if message(code, gettext).title == MESSAGES[code].title]
    assert same == []


def test_support_ids_are_never_used_twice() -> None:
    ids = [code.support_id for code in ErrorCode]
    assert len(set(ids)) == len(ids)


def test_every_standing_step_and_caution_has_words() -> None:
    assert set(STANDING) == set(Standing)
    assert set(STEPS) == set(w.Step)
    assert set(CAUTIONS) == set(Caution)


@pytest.mark.parametrize(
    ("wanted", "environ", "expected"),
    [
        ("fr", {"LANG": "de_BE.UTF-8"}, "fr"),
        (None, {"PARAPH_LANGUAGE": "de", "LANG": "nl_BE.UTF-8"}, "de"),
        (None, {"LANG": "nl_BE.UTF-8"}, "nl"),
        (None, {"LANGUAGE": "es:fr", "LANG": "C"}, "fr"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        ("xx", {}, "en"),
    ],
)
def test_the_language_is_the_wanted_one_then_the_systems(
    wanted: str | None, environ: dict[str, str], expected: str
) -> None:
    assert choose_language(wanted, environ) == expected


def test_the_check_of_the_catalogues_finds_a_text_that_nobody_translated(tmp_path: Path) -> None:
    check = TOP / "scripts" / "check_catalogues.py"
    program = (
        f"import sys; sys.path.insert(0, {str(check.parent)!r});"
        "import check_catalogues as c, catalogue;"
        "template = catalogue.extracted(); template.add('A text from tomorrow');"
        "print([p for p in c.problems('nl', template, catalogue.read('nl'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[\"nl: missing: 'A text from tomorrow'\"]"


def test_the_check_of_the_catalogues_finds_a_text_unused_or_left_in_english_and_a_plural_that_lacks_a_form(
    tmp_path: Path,
) -> None:
    check = TOP / "scripts" / "check_catalogues.py"
    program = (
        f"import sys; sys.path.insert(0, {str(check.parent)!r});"
        "import check_catalogues as c, catalogue;"
        "template, dutch = catalogue.extracted(), catalogue.read('nl');"
        "dutch.add('A text from yesterday', 'Een tekst van gisteren');"
        "dutch.get('{count} page').string = ('{count} bladzijde',);"
        "dutch.get('Nothing was signed.').string = 'Nothing was signed.';"
        "print(*c.problems('nl', template, dutch), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert sorted(done.stdout.splitlines()) == [
        "nl: 1 plural forms, not 2: ('{count} page', '{count} pages')",
        "nl: still English: 'Nothing was signed.'",
        "nl: unused: 'A text from yesterday'",
    ]
