"""The notice of the national number: once on a computer, each time where many people use it, never without a number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eidcard.simulator.pki import TestPki
from signer import workflow as w
from signer.certificates import has_national_number
from signer.model import Document, KeyInfo, Mechanism, PinEntry, Signer
from signer.notices import NumberNotice
from tests.signing_desk import SigningDesk
from ui.cli.face import Face
from ui.cli.terminal import Terminal


def test_it_is_told_once_also_when_the_program_starts_anew(tmp_path: Path) -> None:
    assert [NumberNotice(tmp_path).is_due() for _ in range(3)] == [True, False, False]


def test_where_many_people_use_a_computer_each_is_told(tmp_path: Path) -> None:
    assert [NumberNotice(None).is_due() for _ in range(2)] == [True, True]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_remembered_is_told_again(tmp_path: Path) -> None:
    assert [NumberNotice(tmp_path / "nowhere").is_due() for _ in range(2)] == [True, True]


def test_only_a_certificate_with_a_number_calls_for_it(tmp_path: Path, test_pki: TestPki) -> None:
    desk = SigningDesk(tmp_path, test_pki)
    assert has_national_number(desk.certificate)
    assert not has_national_number(desk.credentials.ca)


@pytest.mark.parametrize("tells", [True, False])
def test_the_terminal_says_it_beside_the_card(capsys: pytest.CaptureFixture[str], *, tells: bool) -> None:
    key = KeyInfo(
        Signer("Marie Peeters", "Marie", "Peeters", b"", ()),
        Mechanism.ECDSA_SHA384,
        PinEntry.OURS,
        "Reader",
        3,
        test=True,
    )
    paper = w.Paper(w.FileTarget(Path("a.pdf"), Path("b.pdf")), Document(Path("a.pdf"), "0" * 64, 1, 1))
    terminal = Terminal.__new__(Terminal)
    terminal._face = Face(as_json=False)
    Terminal.show_pin(terminal, w.AwaitingPin(paper, replace(key, tells_number=tells)))
    assert ("national number" in capsys.readouterr().err) is tells
