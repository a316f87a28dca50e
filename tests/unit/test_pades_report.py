"""A report is a PDF that can be read, searched and printed, whatever stands in it."""

from __future__ import annotations

from pathlib import Path

from signer.errors import ErrorCode, Kind
from signer.pades import pdfium
from signer.pades.integrity import Changes
from signer.pades.report import Paragraph, write_report
from signer.pades.text import pages_of
from signer.pades.verdict import Indication, SignerKind, Unchecked
from signer.trust.qualified import Qualification
from ui.verdicts import _CHANGES, _KIND, _RESULT, _UNCHECKED, _UNTRUSTED

A4 = (595.0, 842.0)


def written(tmp_path: Path, *paragraphs: Paragraph) -> Path:
    target = tmp_path / "report.pdf"
    write_report(target, "Report", "nl", paragraphs)
    return target


def test_a_report_holds_what_it_is_given_in_every_script_of_our_names(tmp_path: Path) -> None:
    texts = ("Ελένη Παπαδοπούλου", "Şükran Łukasiewicz-Đorđević", "Галина Ковальчук")
    (page,) = pages_of(written(tmp_path, *map(Paragraph, texts)))
    assert [line for line in page.splitlines() if line] == [*texts, "Report · 1/1"]


def test_long_texts_are_wrapped_between_words_and_long_words_anywhere(tmp_path: Path) -> None:
    words, unbroken = "word " * 200, "f" * 400
    path = written(tmp_path, Paragraph(words), Paragraph(unbroken))
    (page,) = pages_of(path)
    *lines, _footer = [line for line in page.splitlines() if line]
    assert " ".join(line for line in lines if "word" in line).split() == ["word"] * 200
    assert "".join(line for line in lines if "f" in line) == unbroken
    with pdfium.opened(path) as document:
        boxes = [each.get_bounds() for each in document[0].get_objects()]
    assert all(left >= 59 and right <= A4[0] - 59 for left, _, right, _ in boxes)


def test_many_paragraphs_go_over_pages_and_none_is_lost(tmp_path: Path) -> None:
    pages = list(pages_of(written(tmp_path, *(Paragraph(f"number {each} here", 20, before=10) for each in range(60)))))
    assert len(pages) > 1
    text = " ".join(pages)
    assert all(f"number {each} here" in text for each in range(60))
    assert f"{len(pages)}/{len(pages)}" in pages[-1]


def test_everything_a_verdict_can_say_has_words() -> None:
    assert (set(_KIND), set(_RESULT), set(_CHANGES), set(_UNCHECKED)) == (
        set(SignerKind),
        set(Indication),
        set(Changes),
        set(Unchecked),
    )
    # Suspended is told with revoked; evidence is refused when a file is raised, not when it is judged.
    certificates = {each for each in ErrorCode if each.kind is Kind.CERTIFICATE} - {
        ErrorCode.CERTIFICATE_SUSPENDED,
        ErrorCode.EVIDENCE_REFUSED,
    }
    assert set(_UNTRUSTED) == certificates
    assert len(Qualification) == 4  # each has its line in ui.verdicts
