"""The level of a signature on the pages: which it is, in words, and what is pending of the one that was asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.agency.schema import TransactionProof
from signer.errors import ErrorCode
from signer.model import Level
from tests.gui.scenes import Props, props, stage
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.receipt import rows_of
from ui.desktop.pages.signed import _level
from ui.qt.worker import Lists

PENDING = "The agency asked for level B-LTA. What is missing is added later, by itself."


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    """An agency that asks for everything there is."""
    plain = props(tmp_path_factory.mktemp("levels"))
    assert plain.paper.terms
    return replace(plain, paper=replace(plain.paper, terms=replace(plain.paper.terms, level=Level.B_LTA)))


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (Level.B_B, f"Level B-B: signed. {PENDING}"),
        (Level.B_T, f"Level B-T: signed, with proof of the time. {PENDING}"),
        (Level.B_LTA, "Level B-LTA: signed, and can be checked for many years."),
    ],
)
def test_the_end_of_a_signing_says_the_level_and_what_is_pending(
    qt: QApplication, given: Props, level: Level, said: str
) -> None:
    window, session = stage(given)
    receipt = replace(given.receipt, level=level, level_asked=Level.B_LTA)
    for event in (
        *(w.Open(given.paper.target), w.Opened(given.paper), w.ReadToTheEnd(given.paper.document.sha256)),
        *(w.KeyFound(given.key), w.PinEntered(), w.Signed(given.signed), w.Delivered(receipt)),
    ):
        session.post(event)
    assert window.page(DonePage)._level.text() == said
    window.close()
    window.deleteLater()


def test_a_signature_that_waits_for_the_network_says_its_level_too(qt: QApplication, given: Props) -> None:
    window, session = stage(given)
    for event in (
        *(w.Open(given.paper.target), w.Opened(given.paper), w.ReadToTheEnd(given.paper.document.sha256)),
        *(w.KeyFound(given.key), w.PinEntered(), w.Signed(given.signed), w.Failed(ErrorCode.NETWORK_UNREACHABLE)),
    ):
        session.post(event)
    assert window.page(DonePage)._level.text() == f"Level B-B: signed. {PENDING}"
    window.close()
    window.deleteLater()


def test_the_list_says_what_follows(given: Props) -> None:
    entry = next(each for each in given.lists.entries if each.receipt)
    asked = replace(entry, terms=replace(entry.terms, level=Level.B_LTA))
    assert _level(asked) == "level B-B, B-LTA follows"
    assert _level(replace(asked, agency_level=Level.B_LTA)) == "level B-LTA"


def test_the_window_goes_on_trying_while_a_level_is_pending(given: Props) -> None:
    entry = next(each for each in given.lists.entries if each.receipt)
    pending = replace(entry, terms=replace(entry.terms, level=Level.B_LTA))
    assert Lists(entries=(pending,)).waits
    assert not Lists(entries=(replace(pending, agency_level=Level.B_LTA),)).waits


def test_the_receipt_in_words_says_what_was_asked(given: Props, tmp_path: Path) -> None:
    proof = json.loads(given.receipt.proof) | {"level": "B-T", "levelAsked": "B-LTA"}
    rows = dict(rows_of(TransactionProof.model_validate(proof)))
    assert rows["Level"] == f"Level B-T: signed, with proof of the time. {PENDING}"
