"""What others wrote cannot move the cursor, reverse the reading order or speak rich's markup."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ui.cli.plain import harmless, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2JAll is signed", "�[2JAll is signed"),
        ("pay \u202e24.61", "pay �24.61"),
        ("Ελένη D’Exemple €", "Ελένη D’Exemple €"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_controls_and_reordering_are_made_visible(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text(max_size=60))
def test_rich_prints_any_text_as_text(text: str) -> None:
    console = Console(file=io.StringIO(), width=1000, force_terminal=True, highlight=False)
    with console.capture() as captured:
        console.print(plain(text.replace("\n", "").replace("\t", "")), end="", emoji=False)
    assert "\x1b" not in captured.get()
