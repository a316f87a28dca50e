"""Every row of the table of situations (docs: the trouble page), in the real window: what it says, and how it goes on.

One window, one home and one network for the whole file; each test leaves them at the list, with a good card in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from smartcard import scard

from agency.office import Office
from agency.publishing import publish, read_draft
from agency.store import Contract
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import Answer, Pull
from eidcard.simulator.people import ADULT
from eidcard.simulator.pinpad import READER_NAME as PINPAD_READER
from eidcard.simulator.pinpad import Key, SimulatedPinpad
from eidcard.simulator.stack import PrivatePcscd
from eidcard.simulator.vpcd import VpcdLink
from signer import workflow as w
from signer.errors import ErrorCode
from signer.files import sha256_of
from signer.model import Document
from tests import papers
from tests.gui.conftest import Worker, in_front_of_the_window, thread_names, until
from tests.gui.door import Door, door_in
from tests.integration.conftest import RIGHT, WRONG, Desk
from ui.demo.world import DemoWorld
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.pages.to_sign import ToSignPage
from ui.desktop.pages.trouble import TroublePage
from ui.desktop.pages.working import SigningPage

SELECT, PSO = 0xA4, 0x2A

pytestmark = pytest.mark.xdist_group("situations")  # one window, one worker


class Reader:
    """What can be done to the worker's reader, its card and its service; each deed ends what the one before did."""

    def __init__(self, desk: Desk, pcscd: PrivatePcscd) -> None:
        self._desk, self._pcscd = desk, pcscd
        self._other: VpcdLink | None = None
        self._kept: list[object] = []
        self._patch = pytest.MonkeyPatch()
        self._is_well, self._renamed = True, False

    def empty(self) -> None:
        self._is_well = False
        self._let_go()
        if self._other:
            self._other.remove()
            self._other = None
        if self._renamed or not self._pcscd.has_readers:
            self._renamed = False
            self._pcscd.interrupt()
            self._pcscd.resume()
        self._desk.remove()

    def hold(self, person: str) -> None:
        self.empty()
        self._desk.insert(person)

    def hold_mute(self) -> None:
        """Put a card in that does not answer its reset; vpcd powers every card on, so PC/SC's answer is made up."""
        self.empty()
        self._patch.setattr(scard, "SCardConnect", lambda *_: (scard.SCARD_W_UNRESPONSIVE_CARD, 0, 0))
        self._desk.insert()

    def hold_other_kind(self) -> None:
        """Put a card in that knows nothing of an eID."""
        self.empty()
        card = SimulatedCard(self._desk.world.pki.person(ADULT, "1.8"))
        card.plan(*(Answer(b"\x6a\x82", ins=SELECT, at=number) for number in range(1, 40)))
        self._other = VpcdLink(card, self._pcscd.port)
        self._other.insert()

    def keep_for_another(self) -> None:
        """Let another program have the card for itself alone."""
        self._is_well = False
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _, readers = scard.SCardListReaders(context, [])
        status, *_ = scard.SCardConnect(context, readers[0], scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0)
        assert status == scard.SCARD_S_SUCCESS
        self._kept.append(context)

    def spoil(self) -> None:
        """Say that this test will spoil the card that is in."""
        self._is_well = False

    def switch_off(self) -> None:
        self._is_well = False
        self._let_go()
        self._pcscd.interrupt()

    def unplug(self) -> None:
        self.switch_off()
        self._pcscd.resume(readers=False)

    def have_keys(self) -> SimulatedPinpad:
        """Connect a reader with keys of its own, and put the good card in."""
        self.switch_off()
        self._pcscd.resume(named=PINPAD_READER)
        self._renamed = True
        keys = SimulatedPinpad()
        self._other = VpcdLink(SimulatedCard(self._desk.world.pki.person(ADULT, "1.8")), self._pcscd.port, pinpad=keys)
        self._other.insert()
        return keys

    def mend(self) -> None:
        """Bring everything in order, with the worker's own good card in."""
        if not self._is_well:
            self.empty()
            self._desk.insert()
            self._is_well = True

    def _let_go(self) -> None:
        self._patch.undo()
        while self._kept:
            scard.SCardReleaseContext(self._kept.pop())


@dataclass(frozen=True)
class Case:
    """A row of the table before the PIN."""

    title: str
    code: ErrorCode
    happens: Callable[[Reader], None]
    waits: bool = True  # goes on by itself and says so, with no button to press


CASES = (  # in an order in which each can follow from the one before, without a good card between
    Case("Another program is using the card", ErrorCode.CARD_IN_USE, Reader.keep_for_another, waits=False),
    Case("Start the smart card service", ErrorCode.SERVICE_STOPPED, Reader.switch_off),
    Case("Connect the card reader", ErrorCode.NO_READER, Reader.unplug),
    Case("Put your eID in, chip first", ErrorCode.NO_CARD, Reader.empty),
    Case("Turn the card", ErrorCode.CARD_UNRESPONSIVE, Reader.hold_mute),
    Case("This is not a Belgian eID", ErrorCode.NOT_AN_EID, Reader.hold_other_kind),
    Case("This card is of another person", ErrorCode.CARD_OF_ANOTHER, partial(Reader.hold, person="man")),
    Case("This card cannot sign", ErrorCode.CARD_CANNOT_SIGN, partial(Reader.hold, person="minor"), waits=False),
    Case("Your card has expired", ErrorCode.CERTIFICATE_EXPIRED, partial(Reader.hold, person="expired"), waits=False),
)


@pytest.fixture(scope="module")
def desk(
    demo: DemoWorld, office: Office, pcscd: PrivatePcscd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """The desk of this file."""
    desk = Desk(demo, tmp_path_factory.mktemp("situations") / "home", pcscd, office)
    yield desk
    desk.remove()


@pytest.fixture(scope="module")
def door(desk: Desk) -> Iterator[Door]:
    """The network of this file."""
    with door_in(desk.home / "config" / "settings.toml") as door:
        yield door


@pytest.fixture(scope="module")
def shared(qt: QApplication, desk: Desk, door: Door) -> Iterator[Worker]:
    """The window of this file."""
    del door
    with in_front_of_the_window(desk, desk.open_contract()) as worker:
        yield worker


@pytest.fixture(scope="module")
def reader(shared: Worker, pcscd: PrivatePcscd) -> Reader:
    """The reader of this file."""
    return Reader(shared.desk, pcscd)


@pytest.fixture
def worker(shared: Worker, reader: Reader, door: Door) -> Iterator[Worker]:
    """Somebody at the list, who leaves everything as it was."""
    yield shared
    reader.mend()
    shared.desktop.session.post(w.Cancel())
    until(lambda: isinstance(shared.state, w.Idle | w.Stopped | w.Done | w.Refused | w.NotAccepted), "the end")
    # What is still opened for this test would be taken for the answer to the next one, which opens the same contract.
    shared.until_idle()
    shared.window.bar.to_sign.emit()


def open_and_read(worker: Worker, task: str) -> None:
    worker.window.open_contract("horizon", task)
    worker.comes_to(w.Reading)
    read(worker)


def read(worker: Worker) -> None:
    """Say that the open contract was read, unless the same document was before."""
    page = worker.window.page(ContractPage)

    def is_read() -> bool:
        if not page.primary.isEnabled():
            page.document.confirm_read()  # nothing happens until this document, and not the one before, is there
        return page.primary.isEnabled()

    until(is_read, "the end of the document")


def press_sign(worker: Worker) -> None:
    QTest.keyClick(worker.window.page(ContractPage).primary, Qt.Key.Key_Return)


def go_to_the_pin(worker: Worker, task: str) -> None:
    open_and_read(worker, task)
    press_sign(worker)
    worker.comes_to(w.AwaitingPin)


def shows(worker: Worker, title: str, code: ErrorCode) -> TroublePage:
    page = worker.window.page(TroublePage)
    until(lambda: worker.window.stack.currentWidget() is page and page._title.text() == title, title)
    assert code.support_id in page._id.text()
    return page


def test_each_trouble_with_reader_or_card_is_said_when_it_comes_and_gone_with_its_cause(
    worker: Worker, reader: Reader
) -> None:
    signed = set(worker.desk.signed_files())
    open_and_read(worker, worker.task)
    for case in CASES:
        case.happens(reader)
        if case is CASES[0]:
            press_sign(worker)
        page = shows(worker, case.title, case.code)
        assert page._wait.isVisible() is case.waits, case
        assert page.primary.isVisible() is (case.code is ErrorCode.CARD_IN_USE), case
    reader.mend()
    worker.comes_to(w.AwaitingPin)
    assert set(worker.desk.signed_files()) == signed


@pytest.mark.parametrize(
    ("person", "title", "code"),
    [
        ("revoked", "Your card was withdrawn", ErrorCode.CERTIFICATE_REVOKED),
        ("suspended", "Your card is suspended", ErrorCode.CERTIFICATE_SUSPENDED),
    ],
)
def test_ones_own_card_that_was_withdrawn_or_suspended_is_told_before_the_pin(
    worker: Worker, reader: Reader, person: str, title: str, code: ErrorCode
) -> None:
    task = worker.desk.open_contract(person)
    try:
        open_and_read(worker, task)
        reader.hold(person)
        press_sign(worker)
        page = shows(worker, title, code)
        assert (page.primary.isVisible(), page.later.text()) == (False, "Back to the list")
        assert worker.desk.card.pin.tries_left == 3
    finally:
        worker.desk.log_in(worker.task)


def test_a_card_removed_while_it_signs_signs_nothing_and_the_pin_is_asked_again(worker: Worker, reader: Reader) -> None:
    signed = set(worker.desk.signed_files())
    go_to_the_pin(worker, worker.task)
    worker.desk.card.plan(Pull(ins=PSO))
    reader.spoil()
    worker.type_pin(RIGHT)
    worker.comes_to(w.AwaitingCard)
    shows(worker, "Put the card back in", ErrorCode.CARD_REMOVED)
    assert set(worker.desk.signed_files()) == signed
    reader.mend()
    worker.comes_to(w.AwaitingPin)
    page = worker.window.page(PinPage)
    assert page._because.text() == "Your card is back. Nothing was signed, so your PIN is asked again."
    assert len(page.dots._pin) == 0


def test_three_wrong_pins_block_the_card_and_each_says_what_is_left(worker: Worker, reader: Reader) -> None:
    go_to_the_pin(worker, worker.task)
    reader.spoil()
    page = worker.window.page(PinPage)
    for title in ("Wrong PIN, 2 tries left", "One try left"):
        worker.type_pin(WRONG)
        until(lambda title=title: page._title.text() == title, title)  # type: ignore[misc]
        assert page.dots.hasFocus()
        assert len(page.dots._pin) == 0
    assert "municipality" in page._because.text()
    worker.type_pin(WRONG)
    worker.comes_to(w.AwaitingCard)
    trouble = shows(worker, "Your PIN is blocked", ErrorCode.PIN_BLOCKED)
    assert "02 000 00 00" in worker.words_on_screen()
    assert trouble.later.hasFocus()
    reader.mend()
    worker.comes_to(w.AwaitingPin)


def test_a_pin_is_typed_on_the_reader_that_has_keys(worker: Worker, reader: Reader) -> None:
    task = worker.desk.publish()
    keys = reader.have_keys()
    go_to_the_pin(worker, task)
    page, signing = worker.window.page(PinPage), worker.window.page(SigningPage)
    assert page._title.text() == "Type your PIN on the reader"
    assert not page.dots.isVisible()
    worker.focus_on("Sign")
    worker.press(Qt.Key.Key_Return)
    until(lambda: keys.asked == 1, "the reader's question")
    assert signing._countdown.isVisible()
    assert "second" in signing._countdown.text()
    keys.press(Key.CANCEL)
    until(page.isVisible, "the page of the PIN")
    assert page._title.text() == "No PIN was entered"
    keys.press(RIGHT)
    worker.focus_on("Sign")
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.Done)
    assert not signing._countdown._timer.isActive()


def test_a_contract_that_is_changed_behind_the_window_is_not_signed(worker: Worker) -> None:
    open_and_read(worker, worker.task)
    assert isinstance(worker.state, w.Reading)
    path = worker.state.paper.document.path
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    try:
        press_sign(worker)
        worker.comes_to(w.Refused)
    finally:
        path.write_bytes(content)
    shows(worker, "We do not let you sign this", ErrorCode.DOCUMENT_NOT_AS_SHOWN)
    assert "Nothing was signed" in worker.words_on_screen()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("broken", papers.no_pages, ErrorCode.DOCUMENT_BROKEN),
        ("can change", papers.xfa, ErrorCode.DOCUMENT_XFA),
    ],
)
def test_a_document_that_is_broken_or_closed_is_refused_before_it_is_read(
    worker: Worker, tmp_path: Path, name: str, content: Callable[[], bytes], code: ErrorCode
) -> None:
    path = tmp_path / f"{name}.pdf"
    path.write_bytes(content())
    task = published(worker.desk, path)
    worker.window.open_contract("horizon", task)
    worker.comes_to(w.Refused)
    put_away(worker.desk, task)
    page = shows(worker, "We do not let you sign this", code)
    assert (page.primary.isVisible(), page.later.text()) == (False, "Back to the list")


def put_away(desk: Desk, task: str) -> None:
    """Take a contract that is good for nothing from the list, which other files of tests see, too."""
    with desk.office.store.writing() as session:
        session.get_one(Contract, task).state = "signed"


def published(desk: Desk, pdf: Path) -> str:
    """Publish what an agency of ours would not: its examination is passed over."""
    draft = read_draft(desk.world.contract.with_name("contract.pdf.json"))
    draft = draft.model_copy(update={"id": f"C-{sha256_of(pdf)[:8]}"})
    document = Document(pdf, sha256_of(pdf), pdf.stat().st_size, page_count=1)
    return publish(desk.office, pdf, draft, ADULT.national_number, lambda _pdf, _field: document)


def test_a_network_that_is_gone_before_the_contract_is_there_can_be_tried_again(worker: Worker, door: Door) -> None:
    door.shut()
    worker.window.open_contract("horizon", worker.task)
    page = shows(worker, "There is no connection with the agency", ErrorCode.NETWORK_UNREACHABLE)
    assert "Nothing was signed" in worker.words_on_screen()
    assert page.primary.hasFocus()
    door.open()
    worker.press(Qt.Key.Key_Return)
    worker.comes_to(w.Reading)


def test_a_network_that_is_gone_after_the_signature_is_waited_for_and_the_page_tells_when_it_arrived(
    worker: Worker, door: Door
) -> None:
    go_to_the_pin(worker, worker.desk.publish())
    door.shut()
    worker.type_pin(RIGHT)
    worker.comes_to(w.AwaitingNetwork)
    page = worker.window.page(DonePage)
    assert page._title.text() == "Signed. Waiting for the network"
    assert ErrorCode.NETWORK_UNREACHABLE.support_id in page._id.text()
    door.open()
    worker.window.deliver.emit()  # as the list's button does, and the clock when the time has come
    worker.comes_to(w.Done)
    assert page._title.text() == "Signed and delivered"
    assert page._receipt.isVisible()


def test_a_signature_that_the_agency_does_not_accept_is_kept(worker: Worker) -> None:
    task = worker.desk.publish()
    go_to_the_pin(worker, task)
    with worker.desk.office.store.writing() as session:
        session.get_one(Contract, task).sha256 = "0" * 64
    worker.type_pin(RIGHT)
    worker.comes_to(w.NotAccepted)
    put_away(worker.desk, task)
    shows(worker, "The agency could not accept it", ErrorCode.AGENCY_REFUSED)
    assert "Your signature is kept" in worker.words_on_screen()
    assert "02 000 00 00" in worker.words_on_screen()
    assert isinstance(worker.state, w.NotAccepted)
    assert worker.state.signed.path.exists()


def test_three_contracts_are_signed_after_each_other_and_nothing_piles_up(worker: Worker) -> None:
    begin = datetime.now(UTC) - timedelta(days=400)  # before what any other test has published
    tasks = [worker.desk.publish(starts_at=begin + timedelta(minutes=number)) for number in range(3)]
    worker.window.refresh.emit()
    until(lambda: _first(worker) == tasks[0], "the three contracts first")
    worker.window.open_contract("horizon", tasks[0])  # the keyboard may still be at one of the list before
    counts = []
    for task, following in zip(tasks, (*tasks[1:], ""), strict=True):
        sign_what_is_open(worker, task)
        until(lambda: _first(worker) not in {task, ""} and following in {"", _first(worker)}, "the list without it")  # noqa: B023 - asked at once
        worker.focus_on("Next contract")
        counts.append(count_of_what_stays(worker))
        worker.press(Qt.Key.Key_Return)
    assert counts[0] == counts[1] == counts[2]


def _first(worker: Worker) -> str:
    return next((each.contract.id for each in worker.lists.to_sign), "")


def sign_what_is_open(worker: Worker, task: str) -> None:
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.target == w.AgencyTarget(task)
    read(worker)
    press_sign(worker)
    worker.comes_to(w.AwaitingPin)
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)


def count_of_what_stays(worker: Worker) -> tuple[int, int]:
    """Count the window's objects, without the rows of its lists, and the threads of this process."""
    lists = [worker.window.page(ToSignPage), worker.window.page(SignedPage)]
    rows = sum(len(page.findChildren(QObject)) for page in lists)
    return len(worker.window.findChildren(QObject)) - rows, len(thread_names())
