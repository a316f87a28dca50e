"""What to know of a document stands above it, and what is wrong with it can be sent to the agency."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from signer import workflow as w
from signer.errors import ErrorCode
from tests.gui.scenes import Props, play, props, stage
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.trouble import TroublePage


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(Path(tmp_path_factory.mktemp("scenes")))


def test_what_to_know_of_a_document_stands_above_it_and_goes_with_it(qt: QApplication, given: Props) -> None:
    window, session = stage(given)
    said = {}
    for scene in play(window, session, given):
        cautions = window.page(ContractPage).cautions
        said[scene] = cautions.text if cautions.isVisible() else ""
    window.close()
    assert "lies over a part of the text" in said["contract-with-cautions"]
    assert "links" in said["contract-with-cautions"]
    assert said["contract"] == ""


def test_the_agency_gets_a_line_that_says_what_is_wrong_with_its_document(qt: QApplication, given: Props) -> None:
    window, session = stage(given)
    session.post(w.Open(given.paper.target))
    session.post(w.Failed(ErrorCode.DOCUMENT_ACTS, detail="/Launch on use"))
    window.page(TroublePage).copy.click()
    line = QGuiApplication.clipboard().text()
    window.close()
    assert line.startswith("DOC-015: ")
    assert line.endswith("[/Launch on use]")


def test_the_pin_page_says_once_that_the_signature_carries_the_number(qt: QApplication, given: Props) -> None:
    window, session = stage(given)
    said = {}
    for scene in play(window, session, given):
        said[scene] = window.page(PinPage)._number.isVisible()
    window.close()
    assert said["pin"]
    assert not said["signing"]
