"""Draw every page of the window in four languages, light and dark, into screenshots-out/; for eyes, and for the README.

    python scripts/screenshots.py [LANGUAGE ...]

Runs on any platform plugin; without a screen: QT_QPA_PLATFORM=offscreen. People and companies are made up.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from agency.samples.make import BELGIUM, make
from agency.samples.text import sample_text
from eidcard.monitor import CardEvent, CardState, Happening, ReaderView, Situation
from signer import workflow as w
from signer.errors import ErrorCode
from signer.files import sha256_of
from signer.i18n import LANGUAGES
from signer.model import (
    Contract,
    Document,
    ExpectedSigner,
    KeyInfo,
    Level,
    Mechanism,
    PinEntry,
    Receipt,
    SignedContract,
    Signer,
    SigningTerms,
)
from signer.outbox import Entry, EntryState
from signer.settings import Agency, Settings
from ui import words
from ui.desktop import theme
from ui.desktop.app import application
from ui.desktop.pages.context import Context
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.window import Window
from ui.hand import Hand
from ui.qt.signing import SigningSession
from ui.qt.worker import Lists, Task

OUT: Final = Path("screenshots-out")
NOW: Final = datetime(2026, 11, 22, 19, 48, tzinfo=UTC)
THEMES: Final = {"light": theme.LIGHT, "dark": theme.DARK}
READER: Final = "TEST reader"
_SUBMISSION: Final = UUID("6e1f0f6a-0000-4000-8000-000000000001")


class StoppedClock:
    """Always the same evening."""

    def now(self) -> datetime:
        """Give it."""
        return NOW


@dataclass(frozen=True, slots=True)
class Props:
    """What the scenes play with."""

    paper: w.Paper
    key: KeyInfo
    signed: SignedContract
    receipt: Receipt
    lists: Lists


def props(folder: Path) -> Props:
    """Make a contract to show and everything that happens to it."""
    starts = datetime(2026, 11, 23, 6, 0, tzinfo=BELGIUM)
    path = folder / "contract.pdf"
    make(sample_text("nl", starts, NOW.astimezone(BELGIUM), "Marie Peeters", None), path)
    document = Document(path, sha256_of(path), path.stat().st_size, 3)
    contract = _contract("C-1", "Magazijnmedewerker", "Delfour Logistics", "Halle", starts, document)
    late = _contract("C-0", "Orderpicker", "Bakkerij Lindenhof", "Aalst", starts - timedelta(hours=65), document)
    later = replace(
        contract, id="C-2", starts_at=starts + timedelta(days=1), ends_at=starts + timedelta(days=1, hours=8)
    )
    terms = SigningTerms(
        *(_SUBMISSION, "horizon", "C-1", document.sha256, starts, Level.B_B, None),
        *(ExpectedSigner(b"", b"", 1, 8, 1), "", timedelta(0)),
    )
    signer = Signer("Marie Peeters", "Marie", "Peeters", b"", ())
    key = KeyInfo(signer, Mechanism.ECDSA_SHA384, PinEntry.OURS, READER, 3, test=True)
    signed = SignedContract(
        *(_SUBMISSION, path, document.sha256, document.sha256, 1, document.size, signer.name),
        *(NOW + timedelta(minutes=16), Level.B_B),
        test=True,
    )
    receipt = Receipt(_SUBMISSION, "C-1", "", NOW + timedelta(minutes=16), late=False, proof="{}")
    tasks = tuple(Task("horizon", "Horizon Interim", each) for each in (late, contract, later))
    states = (EntryState.DELIVERED, EntryState.QUEUED)
    entries = tuple(_entry(terms, signed, receipt, state) for state in states)
    return Props(w.Paper(w.AgencyTarget("C-1"), document, contract, terms), key, signed, receipt, Lists(tasks, entries))


def _contract(number: str, job: str, company: str, place: str, starts: datetime, document: Document) -> Contract:
    return Contract(
        *(number, f"{job}, week 48", job, company, place, starts, starts + timedelta(hours=8)),
        *("16.42", "nl", "open", document.sha256, document.size, document.page_count),
    )


def _entry(terms: SigningTerms, signed: SignedContract, receipt: Receipt, state: EntryState) -> Entry:
    delivered = state is EntryState.DELIVERED
    return Entry(
        *(_SUBMISSION, "horizon", "C-1", "Magazijnmedewerker, week 48", terms, signed.path, state, NOW, signed),
        *(1, None, None, NOW if delivered else None, receipt if delivered else None),
    )


def scenes(given: Props) -> Iterator[tuple[str, Sequence[w.Event]]]:
    """Name each page, and the events that lead to it from the one before."""
    paper, signed = given.paper, given.signed
    yield "to-sign", ()
    yield "contract", (w.Open(paper.target), w.Opened(paper))
    yield "no-card", (w.ReadToTheEnd(paper.document.sha256), w.Failed(ErrorCode.NO_CARD))
    yield "pin", (w.CardChanged(), w.KeyFound(given.key))
    yield "pin-wrong", (w.PinEntered(), w.Failed(ErrorCode.PIN_WRONG, 2))
    yield "pin-last", (w.PinEntered(), w.Failed(ErrorCode.PIN_WRONG, 1))
    yield "put-back", (w.CardChanged(), w.Failed(ErrorCode.NO_CARD))
    yield "signing", (w.CardChanged(), w.KeyFound(given.key), w.PinEntered(), w.StepDone(w.Step.PREPARED))
    yield "waiting", (w.Signed(signed), w.Failed(ErrorCode.NETWORK_UNREACHABLE))
    yield "done", (w.Retry(), w.Delivered(given.receipt))
    yield "refused", (w.Open(paper.target), w.Failed(ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING))


def wait(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def situation(*, card: bool) -> Situation:
    """Give a reader with a card in it, or none."""
    state, what = (CardState.READY, Happening.CARD_IS_EID) if card else (CardState.NO_CARD, Happening.CARD_WENT)
    return Situation(state, (ReaderView(READER, state),), CardEvent(what, READER))


def shoot(window: QWidget, name: str) -> None:
    """Write what the window shows."""
    window.grab().save(str(OUT / f"{name}.png"))


def play(given: Props, mark: str) -> None:
    """Go through all scenes in the language and colours of now."""
    agency = Agency(id="horizon", name="Horizon Interim", url="https://horizon.example", telephone="02 555 01 00")
    settings = Settings.model_validate({"agencies": (agency,), "test": {}})
    session = SigningSession(Hand())
    window = Window(session, Context(settings, StoppedClock()))
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    window.show_lists(given.lists)
    for name, events in scenes(given):
        for event in events:
            session.post(event)
        window.show_situation(situation(card=name not in {"to-sign", "no-card", "put-back"}))
        if name.startswith("pin"):
            for digit in (1, 2, 3):
                window.page(PinPage).dots.append(digit)
        wait(700 if name == "contract" else 60)
        shoot(window, f"{mark}-{name}")
    window.bar.signed.emit()
    wait(30)
    assert window.stack.currentWidget() is window.page(SignedPage)
    shoot(window, f"{mark}-signed")
    window.close()
    window.deleteLater()


def main() -> None:
    """Draw everything."""
    os.environ["TZ"] = "Europe/Brussels"
    time.tzset()
    OUT.mkdir(exist_ok=True)
    qt: QApplication = application(["screenshots"])
    with tempfile.TemporaryDirectory() as folder:
        given = props(Path(folder))
        for language in sys.argv[1:] or LANGUAGES:
            words.use(language)
            for name, colours in THEMES.items():
                theme.apply(qt, colours)
                play(given, f"{language}-{name}")
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}/")


if __name__ == "__main__":
    main()
