"""The settings say what may be trusted and spoken to; a mistake in them is told, never overlooked."""

from __future__ import annotations

from pathlib import Path

import pytest

from signer.errors import ErrorCode, SignerError
from signer.settings import Settings
from signer.settings_file import load

GOOD = """
[[agencies]]
id = "horizon"
name = "Horizon Interim"
url = "https://agency.example"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_usual_settings(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.toml") == Settings()


def test_the_only_agency_needs_no_name(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).agency().id == "horizon"


@pytest.mark.parametrize("agency_id", ["elsewhere", "HORIZON"])
def test_an_agency_that_is_not_listed_is_unknown(tmp_path: Path, agency_id: str) -> None:
    with pytest.raises(SignerError) as refused:
        load(written(tmp_path, GOOD)).agency(agency_id)
    assert refused.value.code is ErrorCode.AGENCY_UNKNOWN


def test_two_agencies_and_no_choice_is_no_guess(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as refused:
        load(written(tmp_path, GOOD + GOOD.replace("horizon", "second"))).agency()
    assert refused.value.code is ErrorCode.AGENCY_UNKNOWN


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[card]\nvai = 'card'", "card.vai"),
        ("[card]\nvia = 'magic'", "card.via"),
        (GOOD.replace("https", "file"), "agencies.0.url"),
        (GOOD.replace("horizon", "../x"), "agencies.0.id"),
    ],
)
def test_a_mistake_is_named_by_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SignerError) as refused:
        load(written(tmp_path, text))
    assert refused.value.code is ErrorCode.SETTINGS_BROKEN
    assert place in refused.value.detail


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as refused:
        load(written(tmp_path, "language ="))
    assert refused.value.code is ErrorCode.SETTINGS_BROKEN


def test_nothing_is_a_test_world_unless_the_settings_say_so(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).test is None
