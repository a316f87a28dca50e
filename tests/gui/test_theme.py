"""The colours of the windows can be told apart by everybody, in the light and in the dark."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ui.desktop.theme import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, PAIRS, Colours, contrast, style_sheet

THEMES = {"light": LIGHT, "dark": DARK, "high": HIGH_LIGHT, "high dark": HIGH_DARK}
_ONLY_A_LINE = {"line"}  # separates what is apart already; tells nothing


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "behind", "least"), PAIRS)
def test_every_pair_of_colours_has_enough_contrast(theme: str, front: str, behind: str, least: float) -> None:
    colours = THEMES[theme]
    assert contrast(getattr(colours, front), getattr(colours, behind)) >= least


def test_every_colour_is_in_a_pair() -> None:
    paired = {name for front, behind, _ in PAIRS for name in (front, behind)}
    assert {field.name for field in fields(Colours)} - paired == _ONLY_A_LINE


def test_contrast_is_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_has_no_token_left_over(theme: str) -> None:
    assert "$" not in style_sheet(THEMES[theme], 2.0)
