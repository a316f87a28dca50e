"""A computer that many people use keeps nothing of their cards, whatever it kept before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eidcard.known_cards import KnownCards
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.paths import HOME_VARIABLE, user_folders
from signer.trust.answers import Answers
from ui.bootstrap import App

NOW = datetime(2026, 11, 22, 19, 48, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def remembered(home: Path, test_pki: TestPki) -> Path:
    """A folder in which one card is remembered."""
    card = test_pki.person(ADULT)
    assert card.signature is not None
    folder = user_folders().cards
    KnownCards(folder).remember(b"card data", card.signature.certificate, card.chain)
    return folder


@pytest.mark.parametrize(("shared", "left"), [("true", 0), ("false", 2)])
def test_the_setting_decides_what_is_kept(home: Path, remembered: Path, shared: str, left: int) -> None:
    settings = user_folders().settings_file
    settings.parent.mkdir()
    settings.write_text(f"shared = {shared}\n")
    App().cards("card")
    assert len(list(remembered.iterdir())) == left


def test_what_is_remembered_can_be_erased_with_the_answers_about_it(home: Path, remembered: Path) -> None:
    answers = user_folders().answers
    Answers(answers).keep("is it good?", b"yes", NOW + timedelta(days=1), NOW)
    assert len(list(answers.iterdir())) == 1
    assert App().forget_cards() == 1
    assert not list(remembered.iterdir())
    assert not list(answers.iterdir())
