"""A contract from the list to "delivered", as scenes of a play: what every page shows, without a card or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from agency.samples.make import BELGIUM, make
from agency.samples.text import sample_text
from eidcard.monitor import CardEvent, CardState, Happening, ReaderView, Situation
from signer import workflow as w
from signer.agency.schema import TransactionProof
from signer.descriptors import SignedDescriptor
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of
from signer.model import (
    Caution,
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
    Told,
    Wrong,
)
from signer.objections import Waiting
from signer.outbox import Entry, EntryState
from signer.settings import Agency, Settings
from signer.settings_file import Layers
from tests.gui.scenes_together import together
from tests.release_side import described
from ui.bootstrap import Offer
from ui.desktop.choosing import BY_DIALOG, Choices
from ui.desktop.pages.about import AboutPage
from ui.desktop.pages.context import Context
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.diagnostics import DiagnosticsPage
from ui.desktop.pages.help import HelpPage
from ui.desktop.pages.objection import ObjectionPage
from ui.desktop.pages.page import Aside, Held
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.settings import SettingsPage
from ui.desktop.pages.settings_broken import SettingsBrokenPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.pages.trouble import TroublePage
from ui.desktop.pages.welcome import WelcomePage
from ui.desktop.window import Window
from ui.diagnosis.findings import Check, Finding, Grade, Says
from ui.hand import LendingHand
from ui.qt.several import SeveralSession
from ui.qt.worker import KeepReady, Lists, Task

NOW: Final = datetime(2026, 11, 22, 19, 48, tzinfo=UTC)
READER: Final = "TEST reader"
_SUBMISSION: Final = UUID("6e1f0f6a-0000-4000-8000-000000000001")
FINDINGS: Final = (
    Finding(Check.SERVICE, Grade.OK, Says.SERVICE_RUNS),
    Finding(Check.READER, Grade.PROBLEM, ErrorCode.NO_READER),
    Finding(Check.MODULE, Grade.OK, Says.MODULE_NONE),
    Finding(Check.AGENCY, Grade.PROBLEM, ErrorCode.NETWORK_UNREACHABLE, "horizon", {"host": "horizon.example"}),
    Finding(Check.DISK, Grade.OK, Says.DISK_ROOM, "data", {"freeMiB": 48_213}),
    Finding(Check.OUTBOX, Grade.WARNING, Says.OUTBOX_WAITS, facts={"queued": 1}),
)
_ASIDE: Final[dict[str, type[Aside]]] = {
    "settings": SettingsPage,
    "check": DiagnosticsPage,
    "about": AboutPage,
    "help": HelpPage,
}
_OFFER: Final = Offer(
    SignedDescriptor(
        described(name="Horizon Interim", colours={"background": "#16324f", "text": "#ffffff"}), "TEST", b""
    ),
    SignedDescriptor(described(url="https://old.noord.example"), "TEST", b""),
)
_FIRST: Final[dict[str, type[Held]]] = {"welcome": WelcomePage, "settings-broken": SettingsBrokenPage}
_WITHOUT_CARD: Final = frozenset(
    {"to-sign", "to-sign-own-computer", "to-sign-ready", "no-card", "put-back", "log-in-no-card", "code", "code-wrong"}
)


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
    receipt = Receipt(_SUBMISSION, "C-1", "", NOW + timedelta(minutes=16), late=False, proof=_proof(contract))
    told = Told((Wrong.HOURS,), NOW - timedelta(hours=2))
    changed = replace(later, replaces="C-3", told=told)
    withdrawn = replace(later, id="C-4", state="withdrawn", starts_at=starts + timedelta(days=3))
    tasks = tuple(
        Task("horizon", "Horizon Interim", each, ahead=each is contract)
        for each in (late, contract, changed, withdrawn)
    )
    states = (EntryState.DELIVERED, EntryState.QUEUED)
    entries = tuple(_entry(terms, signed, receipt, state) for state in states)
    return Props(w.Paper(w.AgencyTarget("C-1"), document, contract, terms), key, signed, receipt, Lists(tasks, entries))


def _contract(number: str, job: str, company: str, place: str, starts: datetime, document: Document) -> Contract:
    return Contract(
        *(number, f"{job}, week 48", job, company, place, starts, starts + timedelta(hours=8)),
        *("16.42", "nl", "open", document.sha256, document.size, document.page_count),
    )


def _proof(contract: Contract) -> str:
    return TransactionProof(
        transaction_id=UUID(int=7),
        submission_id=_SUBMISSION,
        agency_id="horizon",
        contract_id="C-1",
        title=contract.title,
        language="nl",
        page_count=contract.page_count,
        original_sha256=contract.original_sha256,
        signed_sha256=contract.original_sha256,
        created_at=NOW,
        opened_at=NOW,
        claimed_at=NOW + timedelta(minutes=15),
        received_at=NOW + timedelta(minutes=16),
        deadline=contract.starts_at,
        late=False,
        level="B-B",
        method="eid",
        login="one-time-link",
        signer_name="Marie Peeters",
        signer_certificate_sha256=contract.original_sha256,
        test=True,
    ).model_dump_json(by_alias=True)


def _entry(terms: SigningTerms, signed: SignedContract, receipt: Receipt, state: EntryState) -> Entry:
    delivered = state is EntryState.DELIVERED
    return Entry(
        *(_SUBMISSION, "horizon", "C-1", "Magazijnmedewerker, week 48", terms, signed.path, state, NOW, signed),
        *(1, None, None, NOW if delivered else None, receipt if delivered else None),
    )


def scenes(given: Props) -> Iterator[tuple[str, Sequence[w.Event]]]:
    """Name each page, and the events that lead to it from the one before."""
    paper, signed = given.paper, given.signed
    assert paper.terms
    yield from ((name, ()) for name in ("to-sign", "to-sign-own-computer", "to-sign-ready"))
    ways = w.LoginNeeded(("eid", "code"))
    yield "log-in-no-card", (w.Open(paper.target), ways, w.Failed(ErrorCode.NO_CARD))
    yield "pin-log-in", (w.CardChanged(), w.KeyFound(given.key))
    yield "pin-log-in-wrong", (w.PinEntered(), w.Failed(ErrorCode.PIN_WRONG, 2))
    yield "logging-in", (w.PinEntered(),)
    yield "log-in-other-card", (w.Failed(ErrorCode.CARD_OF_ANOTHER),)
    yield "code", (w.CodeWanted(), w.CodeSent("m…@post.example"))
    yield "code-wrong", (w.CodeEntered("123456"), w.Failed(ErrorCode.AGENCY_CODE_WRONG))
    key = replace(given.key, pin_entry=PinEntry.PINPAD)
    yield "pin-log-in-pinpad", (w.CardWanted(), w.KeyFound(key), w.PinEntered(), w.Failed(ErrorCode.PIN_TIMEOUT))
    yield "log-in-refused", (w.PinEntered(), w.Failed(ErrorCode.AGENCY_LOGIN_REFUSED))
    warned = replace(paper, cautions=(Caution.COVERED, Caution.LINKS))
    yield "contract-with-cautions", (w.Open(paper.target), w.Opened(warned))
    offline = replace(paper, fetched_at=NOW - timedelta(hours=3), terms=replace(paper.terms, level=Level.B_LTA))
    yield "contract-offline", (w.Cancel(), w.Open(paper.target), w.Opened(offline))
    yield "contract", (w.Cancel(), w.Open(paper.target), w.Opened(paper))
    yield "objection", ()
    yield "objection-kept", ()
    yield "new-version", (w.Cancel(), w.Open(paper.target), w.Opened(_new_version(paper)))
    yield "contract-again", (w.Cancel(), w.Open(paper.target), w.Opened(paper))
    yield "no-card", (w.ReadToTheEnd(paper.document.sha256), w.Failed(ErrorCode.NO_CARD))
    yield "pin", (w.CardChanged(), w.KeyFound(replace(given.key, tells_number=True)))
    yield "pin-wrong", (w.PinEntered(), w.Failed(ErrorCode.PIN_WRONG, 2))
    yield "pin-last", (w.PinEntered(), w.Failed(ErrorCode.PIN_WRONG, 1))
    yield "put-back", (w.CardChanged(), w.Failed(ErrorCode.NO_CARD))
    yield "signing", (w.CardChanged(), w.KeyFound(given.key), w.PinEntered(), w.StepDone(w.Step.PREPARED))
    yield "waiting", (w.Signed(signed), w.Failed(ErrorCode.NETWORK_UNREACHABLE))
    yield "done", (w.Retry(), w.Delivered(given.receipt))
    yield "refused", (w.Open(paper.target), w.Failed(ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING))
    yield "unavailable", (w.Open(paper.target), w.Failed(ErrorCode.NETWORK_UNREACHABLE))
    read = (w.Open(paper.target), w.Opened(paper), w.ReadToTheEnd(paper.document.sha256))
    for code in TROUBLES:
        yield f"trouble-{code.name.lower().replace('_', '-')}", (*read, w.Failed(code))
    for entry in (PinEntry.PINPAD, PinEntry.DIALOG):
        key = replace(given.key, pin_entry=entry)
        yield f"pin-{entry.value}", (*read, w.KeyFound(key))
        yield f"signing-{entry.value}", (w.PinEntered(), w.StepDone(w.Step.PREPARED))
        yield f"pin-{entry.value}-again", (w.Failed(ErrorCode.PIN_TIMEOUT),)
    yield "pin-back", (w.CardChanged(), w.KeyFound(given.key))
    yield "link-waits", ()
    yield "not-accepted", (w.PinEntered(), w.Signed(signed), w.Failed(ErrorCode.AGENCY_REFUSED))
    yield "opening", ()
    own = w.Paper(w.FileTarget(signed.path, signed.path), paper.document)
    yield "own-file", (w.Open(own.target), w.Opened(own))
    yield "own-file-pin", (w.ReadToTheEnd(own.document.sha256), w.KeyFound(given.key))
    yield (
        "own-file-done",
        (w.PinEntered(), w.Signed(replace(signed, path=signed.path.with_name("contract-signed.pdf")))),
    )
    yield "own-file-no-folder", (w.Open(own.target), w.Failed(ErrorCode.FILE_NOT_WRITABLE))
    yield "to-sign-offline", (w.Cancel(),)


TROUBLES: Final = (
    *(ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER, ErrorCode.CARD_UNRESPONSIVE, ErrorCode.NOT_AN_EID),
    *(ErrorCode.CARD_IN_USE, ErrorCode.CARD_OF_ANOTHER, ErrorCode.PIN_BLOCKED, ErrorCode.CARD_CANNOT_SIGN),
    *(ErrorCode.CARD_TOO_OLD, ErrorCode.CERTIFICATE_EXPIRED, ErrorCode.CERTIFICATE_REVOKED),
    *(ErrorCode.CERTIFICATE_SUSPENDED, ErrorCode.MODULE_FAILED, ErrorCode.CARD_UNKNOWN),
)


def _new_version(paper: w.Paper) -> w.Paper:
    assert paper.contract
    before = replace(paper.contract, id="C-9", hourly_pay="15.90", place="Aalst")
    return replace(paper, contract=replace(paper.contract, replaces="C-9"), before=before)


def situation(*, card: bool) -> Situation:
    """Give a reader with a card in it, or none."""
    state, what = (CardState.READY, Happening.CARD_IS_EID) if card else (CardState.NO_CARD, Happening.CARD_WENT)
    return Situation(state, (ReaderView(READER, state),), CardEvent(what, READER))


def stage(given: Props, *, choose: Choices = BY_DIALOG) -> tuple[Window, SeveralSession]:
    """Give a window that nobody works behind."""
    agency = Agency(
        id="horizon",
        name="Horizon Interim",
        url="https://horizon.example",
        telephone="02 555 01 00",
        mail="help@horizon.example",
    )
    settings = Settings.model_validate({"agencies": (agency,), "test": {}})
    session = SeveralSession(LendingHand())
    window = Window(session, Context(Layers(settings), StoppedClock()), choose=choose)
    window.resize(1280, 800)
    window.show()
    window.show_lists(given.lists)
    window.page(TroublePage).name_agency(agency.id)
    return window, session


def play(window: Window, session: SeveralSession, given: Props) -> Iterator[str]:
    """Go through all scenes; gives the name of each when it is on the stage."""
    for name, events in scenes(given):
        for event in events:
            session.post(event)
        window.show_situation(situation(card=name not in _WITHOUT_CARD))
        if name in _BY_HAND:
            _BY_HAND[name](window, given)
        if name.startswith("pin"):
            for digit in range(1, 4):
                window.page(PinPage).dots.append(digit)
        yield name
    window.bar.waiting.emit()
    yield "signed-offline"
    window.show_lists(given.lists)
    yield "signed"
    window.page(SignedPage).receipt.emit(given.receipt)
    yield "receipt"
    yield from _beside_the_work(window)
    yield from together(window, session, given)


def _object(window: Window, _given: Props) -> None:
    """Press the quiet button, and answer."""
    window.page(ContractPage).wrong.emit(window.page(ContractPage).paper)
    page = window.page(ObjectionPage)
    page.boxes[Wrong.PAY].setChecked(True)
    page.text.setPlainText("We said € 17 an hour.")


def _objection_kept(window: Window, given: Props) -> None:
    """It could not leave: it is on the disk, and the contract says so."""
    window.page(ObjectionPage).primary.click()
    objection = window.page(ObjectionPage).sent
    assert objection
    waiting = Waiting(objection, 1, ErrorCode.NETWORK_UNREACHABLE)
    window.show_lists(replace(given.lists, objections=(waiting,)))
    window.show_told(objection, ErrorCode.NETWORK_UNREACHABLE)


def _offline(window: Window, given: Props) -> None:
    """The agency does not answer; one signature waits, and one was not taken."""
    delivered, queued = given.lists.entries
    waits = replace(queued, last_error=ErrorCode.NETWORK_UNREACHABLE.support_id)
    parked = replace(queued, state=EntryState.PARKED, last_error=ErrorCode.AGENCY_REFUSED.support_id)
    window.show_lists(replace(given.lists, entries=(delivered, parked, waits), unreached=("Horizon Interim",)))


def _kept_ready(lists: Lists) -> Lists:
    tasks = tuple(replace(task, ahead=task.contract.open) for task in lists.tasks)
    return replace(lists, tasks=tasks, ready=KeepReady.ON)


_BY_HAND: Final[dict[str, Callable[[Window, Props], None]]] = {
    "objection": _object,
    "objection-kept": _objection_kept,
    "new-version": lambda window, given: window.show_lists(given.lists),
    "link-waits": lambda window, _given: window.open_contract("horizon", "C-7"),
    "opening": lambda window, _given: window.notice.action.click(),
    "to-sign-offline": _offline,
    "to-sign-own-computer": lambda window, given: window.show_lists(replace(given.lists, ready=KeepReady.OFFERED)),
    "to-sign-ready": lambda window, given: window.show_lists(_kept_ready(given.lists)),
}


def _beside_the_work(window: Window) -> Iterator[str]:
    bar, asides = window.bar, window.asides
    for name, opened in (("settings", bar.settings), ("check", bar.diagnose), ("about", bar.about), ("help", bar.help)):
        opened.emit()
        assert window.stack.currentWidget() is window.page(_ASIDE[name])
        if name == "check":
            yield "checking"
            asides.show_findings(FINDINGS)
        yield name
    asides.show_offer(_OFFER)
    yield "agency"
    asides.show_fault(SignerError(ErrorCode.SETTINGS_BROKEN), "/home/test/.config/paraph/settings.toml: card.via")
    for name, kind in _FIRST.items():
        window.hold(kind)
        yield name
        window.release()
