"""What the program may be asked to open, by an argument, a drop or another start of it: one link or one file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import ErrorCode, SignerError
from tests.unit.test_link import GOOD, HOSTILE
from ui.desktop.asked import OpenAgency, OpenFile, OpenLink, ShowWindow, asked_of


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "é 100% & #1.pdf"
    path.write_bytes(b"%PDF-1.7 TEST")
    return path


def refusal(*arguments: str, folder: Path = Path("/")) -> ErrorCode:
    with pytest.raises(SignerError) as caught:
        asked_of(arguments, folder)
    assert all(each not in str(caught.value) for each in arguments if len(each) > 3)
    return caught.value.code


def test_nothing_shows_the_window() -> None:
    assert asked_of([], Path("/")) == ShowWindow()


def test_a_link_is_passed_on_and_not_repeated_in_a_log() -> None:
    asked = asked_of([GOOD], Path("/"))
    assert asked == OpenLink(GOOD)
    assert GOOD not in repr(asked)


def test_a_file_is_found_by_name_and_by_the_address_that_a_desktop_gives(paper: Path) -> None:
    wanted = OpenFile(paper)
    assert asked_of([paper.name], paper.parent) == wanted
    assert asked_of([str(paper)], Path("/")) == wanted
    assert asked_of([paper.as_uri()], Path("/")) == wanted
    assert asked_of([paper.as_uri().replace("file://", "file://localhost")], Path("/")) == wanted


def test_a_file_that_is_called_like_an_option_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "--help").write_bytes(b"%PDF-1.7 TEST")
    assert asked_of(["--help"], tmp_path) == OpenFile(tmp_path / "--help")


@pytest.mark.parametrize("link", [each for each in HOSTILE.values() if each.lower().lstrip().startswith("paraph")])
def test_a_hostile_link_is_refused(link: str) -> None:
    assert refusal(link) is ErrorCode.LINK_NOT_OURS


@pytest.mark.parametrize("address", ["https://elsewhere.example/a.pdf", "javascript://%0aalert(1)", "smb://host/a.pdf"])
def test_another_address_is_refused(address: str) -> None:
    assert refusal(address) is ErrorCode.LINK_NOT_OURS


@pytest.mark.parametrize(
    "text", ["", ".", "no.pdf", "a\0.pdf", "x" * 5000, "x" * 300, "file://host/a.pdf", "file:", "file:///no%00.pdf"]
)
def test_what_is_no_file_here_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(text, folder=tmp_path) is ErrorCode.FILE_MISSING


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    assert refusal("pipe.pdf", folder=tmp_path) is ErrorCode.FILE_MISSING


def test_several_are_refused(paper: Path) -> None:
    assert refusal(GOOD, str(paper)) is ErrorCode.ONE_AT_A_TIME


@given(st.text(max_size=400))
def test_whatever_is_given_has_an_answer(text: str) -> None:
    with pytest.raises(SignerError) as caught:
        asked_of([text], Path("/nowhere"))
    assert caught.value.code in {ErrorCode.LINK_NOT_OURS, ErrorCode.FILE_MISSING}


def test_an_agency_s_file_is_not_taken_for_a_document(tmp_path: Path) -> None:
    file = tmp_path / "noord.paraph-agency"
    file.write_text("{}")
    for text in (str(file), file.as_uri()):
        assert asked_of([text], tmp_path) == OpenAgency(file)
