"""What the terminal says beside the workflow's own steps: of clocks, of times, of places to save."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from signer import workflow as w
from signer.errors import ErrorCode, Kind
from signer.model import Caution, Document, KeyInfo, Mechanism, PinEntry, Signer, SigningTerms, Withdrawal
from signer.pades.reasons import refusal
from tests.outbox_world import contract, terms
from ui.cli.contracts import require_free
from ui.cli.face import Face
from ui.cli.terminal import Terminal
from ui.cli.words import when_at_work

SIX_IN_BELGIUM = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def reading(agreed: SigningTerms) -> w.Reading:
    document = Document(Path("contract.pdf"), "0" * 64, 1, page_count=3)
    return w.Reading(w.Paper(w.AgencyTarget("c-1"), document, contract(), agreed))


@pytest.mark.parametrize(
    ("offset", "said"),
    [(timedelta(hours=3), "3 h 0 min behind"), (timedelta(days=-400), "400 d 0 h ahead"), (timedelta(minutes=4), "")],
)
def test_a_clock_that_is_wrong_is_told_before_anybody_signs(
    capsys: pytest.CaptureFixture[str], offset: timedelta, said: str
) -> None:
    agreed = terms()
    object.__setattr__(agreed, "clock_offset", offset)
    Terminal.show_reading(_silent_terminal(), reading(agreed))
    shown = " ".join(capsys.readouterr().err.split())
    assert said in shown
    assert ("clock" in shown) is bool(said)


@pytest.mark.parametrize(
    ("withdrawal", "said"),
    [(Withdrawal.UNKNOWN, True), (Withdrawal.NONE, False), (Withdrawal.NOT_ASKED, False)],
)
def test_what_could_not_be_checked_is_said_before_the_pin(
    capsys: pytest.CaptureFixture[str], withdrawal: Withdrawal, said: bool
) -> None:
    signer = Signer("Fien Voorbeeld", "Fien", "Voorbeeld", b"", ())
    key = KeyInfo(signer, Mechanism.ECDSA_SHA384, PinEntry.OURS, "a reader", 3, test=True, withdrawal=withdrawal)
    Terminal.show_pin(_silent_terminal(), w.AwaitingPin(reading(terms()).paper, key))
    shown = " ".join(capsys.readouterr().err.split())
    assert "Card found: Fien Voorbeeld" in shown
    assert ("We could not check now whether this card was withdrawn. The agency checks it again." in shown) is said


def _silent_terminal() -> Terminal:
    terminal = Terminal.__new__(Terminal)
    terminal._face = Face(as_json=False)
    return terminal


@pytest.mark.parametrize(
    ("zone", "written"),
    [("Europe/Brussels", "Mon, 23/11/2026, 06:00"), ("Europe/Bucharest", "Mon, 23/11/2026, 06:00 in Belgium")],
)
def test_a_job_starts_by_the_clocks_in_belgium(monkeypatch: pytest.MonkeyPatch, zone: str, written: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert when_at_work(SIX_IN_BELGIUM) == written
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_place_to_save_is_looked_at_before_anything_is_signed(tmp_path: Path) -> None:
    (tmp_path / "mine.pdf").write_bytes(b"mine")
    require_free(tmp_path / "new.pdf")
    for taken in (tmp_path / "mine.pdf", tmp_path / "nowhere" / "new.pdf"):
        with pytest.raises(click.UsageError):
            require_free(taken)


def test_what_to_know_of_a_document_is_told_before_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    state = reading(terms())
    warned = replace(state, paper=replace(state.paper, cautions=(Caution.HIDDEN_FIELDS,)))
    Terminal.show_reading(_silent_terminal(), warned)
    assert "hidden fields" in capsys.readouterr().err


def test_a_refusal_has_a_line_for_the_agency(capsys: pytest.CaptureFixture[str]) -> None:
    refused = w.Refused(w.AgencyTarget("c-1"), ErrorCode.DOCUMENT_HIDES, "optional content is off")
    Terminal.show_trouble(_silent_terminal(), refused)
    shown = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "For the agency: DOC-016: The PDF has layers that are switched off" in shown
    assert "[optional content is off]" in shown


@pytest.mark.parametrize("code", [each for each in ErrorCode if each.kind is Kind.DOCUMENT], ids=lambda code: code.name)
def test_every_refusal_has_words_for_the_agency(code: ErrorCode) -> None:
    assert refusal(code).startswith(f"{code.support_id}: ")
    assert refusal(code, "here").endswith("[here]")
