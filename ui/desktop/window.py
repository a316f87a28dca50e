"""The window: the bar, the banner of the test world, and one page for each state of the workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from eidcard.monitor import Situation
from signer import workflow as w
from signer.errors import ErrorCode, SignerError
from signer.files import signed_name, write_whole
from signer.model import KeyInfo, Objection, Receipt
from signer.outbox import Entry, EntryState
from signer.settings_file import Layers
from ui.desktop.asides import Asides
from ui.desktop.bar import Bar, TestBanner
from ui.desktop.choosing import BY_DIALOG, Choices
from ui.desktop.next_up import UNDER_WAY, NextUp
from ui.desktop.pages.about import AboutPage
from ui.desktop.pages.code import CodePage
from ui.desktop.pages.context import Context
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.diagnostics import DiagnosticsPage
from ui.desktop.pages.done import DonePage
from ui.desktop.pages.help import HelpPage
from ui.desktop.pages.objection import Draft, ObjectionPage
from ui.desktop.pages.page import Aside, Held, Page
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.receipt import ReceiptPage
from ui.desktop.pages.settings import SettingsPage
from ui.desktop.pages.several import SeveralPage
from ui.desktop.pages.signed import SignedPage
from ui.desktop.pages.to_sign import ToSignPage
from ui.desktop.pages.trouble import TroublePage
from ui.desktop.pages.working import OpeningPage, SigningPage
from ui.desktop.together import Together, left_out
from ui.desktop.widgets.notice import Notice
from ui.desktop.widgets.pieces import announce
from ui.messages import message
from ui.qt.several import SeveralSession
from ui.qt.worker import Lists, Task
from ui.words import _

# One page a state; a test sees that none is missing.
PAGES: Final[Mapping[type[w.State], type[Page]]] = {
    w.Idle: ToSignPage,
    w.Opening: OpeningPage,
    w.Unavailable: TroublePage,
    w.LookingForLogin: OpeningPage,
    w.AwaitingLoginCard: TroublePage,
    w.AwaitingLoginPin: PinPage,
    w.SendingCode: OpeningPage,
    w.AwaitingCode: CodePage,
    w.LoggingIn: OpeningPage,
    w.Reading: ContractPage,
    w.LookingForCard: ContractPage,
    w.AwaitingCard: TroublePage,
    w.AwaitingPin: PinPage,
    w.Signing: SigningPage,
    w.Delivering: SigningPage,
    w.AwaitingNetwork: DonePage,
    w.NotAccepted: TroublePage,
    w.Done: DonePage,
    w.Refused: TroublePage,
    w.Stopped: ToSignPage,
}

_OTHERS: Final = (
    ToSignPage,
    SignedPage,
    OpeningPage,
    PinPage,
    CodePage,
    SigningPage,
    DonePage,
    SeveralPage,
    ReceiptPage,
    TroublePage,
)
_TABS: Final[Mapping[type[Page], int]] = {ToSignPage: 0, SignedPage: 1}
_BUSY: Final = (w.LoggingIn, w.LookingForCard, w.Signing, w.Delivering)  # the lists wait until these are over
_AT_THE_DOOR: Final = (w.LookingForLogin, w.AwaitingLoginCard, w.AwaitingLoginPin, w.SendingCode, w.AwaitingCode)
_AT_THE_CONTRACT: Final = (w.Reading, w.LookingForCard, w.AwaitingCard, w.AwaitingPin)
_LEFT_WITH_CANCEL: Final = (w.Opening, w.Unavailable, *_AT_THE_DOOR, *_AT_THE_CONTRACT)
_ENDED: Final = (w.Done, w.AwaitingNetwork, w.NotAccepted)

_P = TypeVar("_P", bound=Page)


class Window(QWidget):
    """Shows what the session says, and passes on what the worker does."""

    refresh = Signal()  # wanted: the lists anew
    deliver = Signal()
    deliver_again = Signal(object)  # UUID
    told = Signal(object)  # Objection
    keep_ready = Signal(bool)
    spoken = Signal(str)
    closed = Signal()
    dropped = Signal(list)  # addresses, as text

    def __init__(self, session: SeveralSession, context: Context, *, choose: Choices = BY_DIALOG) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Paraph")
        self.setMinimumSize(720, 520)
        self._session, self._context, self._choose = session, context, choose
        self.setAcceptDrops(True)
        self._lists: Lists | None = None
        self._situation: Situation | None = None
        self._read: set[str] = set()
        self._drafts: dict[str, Draft] = {}
        self._beneath: type[Page] = ToSignPage  # what comes back when a page beside the work is left
        self._agency_id: str | None = None
        self._before_receipt: type[Page] = ToSignPage
        self._next_up = NextUp()
        self._together = Together(self, session)
        self.stays = False  # whether closing the window leaves the program running
        self.asides = Asides(context, choose)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._build()
        session.changed.connect(self._show_state)
        session.left_out.connect(lambda count: self.notice.say(left_out(count)))
        self._connect_asides()
        for keys, do in _KEYS:
            QShortcut(QKeySequence(keys), self).activated.connect(
                lambda do=do: do(self) if not self._is_held() else None
            )

    # ── what comes in ──

    def show_lists(self, lists: Lists) -> None:
        """Show what is to be signed and what was; the keyboard stays where it was."""
        self._lists = lists
        held = self._held()
        self.bar.show_count(len(lists.to_sign))
        self.bar.show_unreached(lists.unreached)
        self._show_word()
        self.page(ToSignPage).show_lists(lists)
        self.page(SignedPage).show_lists(lists)
        self.page(DonePage).show_left(len(self._others()))
        self._together.show(lists)
        self._catch_up(lists)
        page = self.stack.currentWidget()
        if page in (self.page(ToSignPage), self.page(SignedPage)):
            # A row that is not shown yet takes no focus; nor does a list that was left meanwhile.
            QTimer.singleShot(0, self, lambda: self._focus(held) if self.stack.currentWidget() is page else None)

    def show_situation(self, situation: Situation) -> None:
        """Show what is in the reader."""
        before, self._situation = self.bar.pill.text, situation
        self._show_pill()
        if self.bar.pill.text != before:
            announce(self, self.bar.pill.text)

    def show_mishap(self, code: ErrorCode) -> None:
        """Show what went wrong outside a signing; one that has begun is not disturbed, and hears of it in a line."""
        if isinstance(self._session.state, UNDER_WAY):
            words = message(code, _)
            self.notice.say(f"{words.title}. {words.next_step}")
            return
        self.page(TroublePage).show_mishap(code)
        self._turn_to(TroublePage)

    def show_settings(self, layers: Layers) -> None:
        """Let other settings count from now on."""
        self._context.layers = layers
        self.asides.show_settings()

    def show_refusal(self, error: SignerError) -> None:
        """Say why a setting is not kept: on the page of the settings, else as any mishap."""
        page = self._aside()
        if isinstance(page, SettingsPage):
            page.show_mishap(error)
        else:
            self.show_mishap(error.code)

    def hold(self, kind: type[Held]) -> None:
        """Put a page before everything else, until ``release``."""
        self._turn_to(kind)

    def release(self) -> None:
        """Go on where one would have been without a page before everything else."""
        if self._is_held():
            self._turn_to(self._beneath, let_go=True)

    def open_contract(self, agency_id: str, contract_id: str) -> None:
        """Open a contract that waits at an agency; after the signing that is under way."""
        self.do_next(lambda: self._open_now(w.AgencyTarget(contract_id), agency_id))

    def come_forward(self) -> None:
        """Come to the front, as far as the system lets us."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def open_file(self, path: Path) -> None:
        """Open a PDF of the worker's own; after the signing that is under way."""
        self.do_next(lambda: self._open_now(w.FileTarget(path, signed_name(path)), None))

    def do_next(self, do: Callable[[], None]) -> None:
        """Do it now, or once the signing that is under way has ended."""
        self._next_up.open(self._session.state, do)

    def show_added(self, name: str) -> None:
        """Go back to where one was, and say that an agency was added."""
        self._back()
        self.notice.say(_("{agency} is added. Paraph talks to this agency now.").format(agency=name))
        self.refresh.emit()

    def show_told(self, objection: Objection, code: ErrorCode | None) -> None:
        """Show what became of an objection: the agency has it, or it is on the disk and goes by itself, or neither."""
        page = self.page(ObjectionPage)
        is_on_screen = self.stack.currentWidget() is page and page.sent == objection
        waiting = (self._lists or Lists()).waiting(objection.contract_id)
        if code is not None and (waiting is None or waiting.objection != objection):
            if is_on_screen:
                page.show_not_taken(code)
            return
        page.forget(objection.contract_id)
        if is_on_screen:
            self._show_state(self._session.state)
            self.page(ContractPage).say_told()

    def speak(self) -> None:
        """Build everything anew, in the language that is spoken now."""
        aside = self._aside()
        where = aside.memory() if aside else None
        self.asides.forget()
        self.page(ContractPage).stop()
        self.page(ObjectionPage).leave()
        for widget in (self.banner, self.bar, self.notice, self.stack):
            if widget is not None:
                self._outer.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._build()
        if self._lists:
            self.show_lists(self._lists)
        self._show_state(self._session.state)
        if aside and where:
            self._beneath = self._beneath if self._beneath in _TABS else PAGES[type(self._session.state)]
            self._turn_to(type(aside))
            self.page(type(aside)).resume(where)

    def page(self, kind: type[_P]) -> _P:
        """Give the one page of a kind."""
        if issubclass(kind, Aside) and kind not in self._pages:  # built when first wanted: few open them
            self._add(kind, self.asides.page(kind))
        found = self._pages[kind]
        assert isinstance(found, kind)
        return found

    @property
    def waiting(self) -> int:
        """How many signatures wait to be delivered, with the one on the screen."""
        waiting = {each.submission_id for each in (self._lists or Lists()).entries if each.state is EntryState.QUEUED}
        state = self._session.state
        if isinstance(state, w.AwaitingNetwork):
            waiting.add(state.signed.submission_id)
        return len(waiting)

    # ── what is shown ──

    def _show_state(self, state: w.State) -> None:
        kind = self._together.kind(PAGES[type(state)])
        self._together.show(self._lists or Lists())
        self._pages[kind].show_state(state)
        self._show_word()
        self.bar.allow_leaving(allowed=not isinstance(state, _BUSY))
        self._show_pill()
        if isinstance(state, _ENDED):
            self.page(DonePage).show_left(len(self._others()))
            self.refresh.emit()
        if self._aside() is not None and not isinstance(state, w.Opening):
            self._beneath = kind
        else:
            self._turn_to(kind)
        self._next_up.look(state)

    def _aside(self) -> Aside | None:
        """Give the page beside the work that is on the screen, if one is."""
        page = self.stack.currentWidget()
        return page if isinstance(page, Aside) else None

    def _is_held(self) -> bool:
        return isinstance(self.stack.currentWidget(), Held)

    def _turn_to(self, kind: type[Page], *, let_go: bool = False) -> None:
        if self._is_held() and not let_go:
            self._beneath = kind
            return
        before, after = self.stack.currentWidget(), self.page(kind)
        if isinstance(before, Page) and before is not after:
            before.leave()
        self.notice.hide()
        self.stack.setCurrentWidget(after)
        self.bar.setVisible(not self._is_held())
        self.bar.show_tab(_TABS.get(kind))
        self._focus()

    def _name_window(self) -> None:
        """Call the window after its page: in the list of windows, and read out (WCAG 2.4.2)."""
        page = self.stack.currentWidget()
        self.setWindowTitle(page.accessibleName() if page is not None else "")

    def _focus(self, held: str = "") -> None:
        """Give the keyboard to what is called ``held`` on this page, else to where the page begins."""
        page = self.stack.currentWidget()
        if not isinstance(page, Page):
            return
        named = (each for each in page.findChildren(QPushButton) if held and each.accessibleName() == held)
        first = next((each for each in named if each.isVisible()), None) or page.first_focus()
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _held(self) -> str:
        """Name what has the keyboard on this page; empty when nothing has."""
        focused: QWidget | None = self.focusWidget()  # the stubs know no window without
        page = self.stack.currentWidget()
        if focused is None or page is None or not page.isAncestorOf(focused):
            return ""
        return focused.accessibleName()

    def _show_pill(self) -> None:
        state = self._session.state
        key: KeyInfo | None = getattr(state, "key", None)
        self.bar.pill.show_card(self._situation, key.signer.name if key else "")

    def _others(self) -> tuple[Task, ...]:
        """Give the contracts that are still to be signed, without the one on the screen."""
        paper = getattr(self._session.state, "paper", None)
        this = paper.contract.id if paper and paper.contract else None
        return tuple(task for task in (self._lists or Lists()).to_sign if task.contract.id != this)

    def _show_word(self) -> None:
        """Show on the contract's page what the agency was told of it, or what waits to be told."""
        paper = getattr(self._session.state, "paper", None)
        if paper and paper.contract and paper.terms:
            lists = self._lists or Lists()
            self.page(ContractPage).show_word(lists.waiting(paper.contract.id), lists.told(paper.contract))

    def _tell_wrong(self, paper: w.Paper) -> None:
        assert paper.contract
        waiting = (self._lists or Lists()).waiting(paper.contract.id)
        self.page(ObjectionPage).show_paper(paper, waiting.objection if waiting else None)
        self._turn_to(ObjectionPage)

    def _catch_up(self, lists: Lists) -> None:
        """Tell on the page of a signature that waits what became of it meanwhile; on any other, its list does."""
        state = self._session.state
        if not isinstance(state, w.AwaitingNetwork) or self.stack.currentWidget() is not self.page(DonePage):
            return
        entry = next((each for each in lists.entries if each.submission_id == state.signed.submission_id), None)
        if entry and entry.receipt:
            self._session.post(w.Delivered(entry.receipt))
        elif entry and entry.state is EntryState.PARKED:
            self._session.post(w.Retry())  # its answer says why the agency does not take it

    # ── what the worker does ──

    def _open_now(self, target: w.Target, agency_id: str | None) -> None:
        self._agency_id = agency_id
        self.page(TroublePage).name_agency(agency_id)
        self._session.open(target, agency_id)

    def _choose_file(self) -> None:
        path = self._choose.document(self)
        if path is not None:
            self.open_file(path)

    def _choose_folder(self, path: Path) -> None:
        folder = self._choose.folder(self)
        if folder is not None:
            self._session.open(w.FileTarget(path, signed_name(path, folder)), None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files in; whether they are good is said when they are dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file that was dropped."""
        event.acceptProposedAction()
        self.dropped.emit([url.toEncoded().toStdString() for url in event.mimeData().urls()])

    def _open(self, task: Task) -> None:
        self.open_contract(task.agency_id, task.contract.id)

    def _back(self) -> None:
        """Go back safely, wherever we are: nothing is lost, and a card that signs is not disturbed."""
        state = self._session.state
        if self._aside() is not None:
            self._turn_to(self._beneath)
        elif self.stack.currentWidget() is self.page(ObjectionPage):
            self._show_state(state)
        elif self.stack.currentWidget() is self.page(ReceiptPage):
            self._turn_to(self._before_receipt)
        elif isinstance(state, w.AwaitingCode) and state.door.takes_card:
            self._session.post(w.CardWanted())
        elif self._session.step_back():
            self.notice.say(self._together.ready())
        elif isinstance(state, w.AwaitingPin):
            self._session.post(w.Cancel())
            self._session.open(state.paper.target, self._agency_id)
        elif isinstance(state, _LEFT_WITH_CANCEL):
            self._session.post(w.Cancel())
        elif not isinstance(state, _BUSY):
            self._turn_to(ToSignPage)
            self._next_up.look(state, at_a_list=True)

    def _go_to_list(self, kind: type[Page]) -> None:
        state = self._session.state
        if isinstance(state, _BUSY):
            return
        if isinstance(state, _LEFT_WITH_CANCEL):
            self._session.post(w.Cancel())
        self._turn_to(kind)
        self._session.leave_out()
        self.refresh.emit()
        self._next_up.look(self._session.state, at_a_list=True)

    def _go_aside(self, kind: type[Aside]) -> None:
        """Open a page beside the work: a PIN that was asked for is asked again later, a card that signs goes on."""
        if isinstance(self._session.state, _BUSY):
            return
        if isinstance(self._session.state, w.AwaitingPin):
            self._back()
        page = self.stack.currentWidget()
        if isinstance(page, Page) and not isinstance(page, Aside):
            self._beneath = type(page)
        self._turn_to(kind)
        self.asides.opened(self.page(kind))

    def _next(self) -> None:
        others = self._others()
        if others:
            self._open(others[0])
        else:
            self._turn_to(ToSignPage)

    def _unshowable(self, code: ErrorCode) -> None:
        self._session.post(w.Cancel())
        self.show_mishap(code)

    def _save_copy(self, state: w.Done | w.AwaitingNetwork) -> None:
        title = state.paper.contract.title if state.paper.contract else state.signed.path.stem
        self._save(f"{title}.pdf", state.signed.path.read_bytes())

    def _save_entry(self, entry: Entry) -> None:
        try:
            content = self._context.read_signed(entry)
        except SignerError as error:
            self.show_mishap(error.code)
        else:
            self._save(f"{entry.title}.pdf", content)

    def _show_receipt(self, receipt: Receipt) -> None:
        before = self.stack.currentWidget()
        self.page(ReceiptPage).show_receipt(receipt)
        self._before_receipt = type(before) if isinstance(before, Page) else ToSignPage
        self._turn_to(ReceiptPage)

    def _save(self, name: str, content: bytes) -> None:
        where = self._choose.copy(self, self._context.place_of_copy(name.replace("/", "-")))
        if where is None:
            return
        try:
            write_whole(where, content)
        except SignerError as error:
            self.show_mishap(error.code)
        else:
            self.notice.say(_("Saved: {name}").format(name=where.name))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Wipe what was typed, and let the program end; or only the window go, where it is at hand beside the clock."""
        self.page(PinPage).leave()
        if self.stays:
            self._go_to_list(ToSignPage)
            event.ignore()
            self.hide()
            return
        self.page(ContractPage).stop()
        self.closed.emit()
        super().closeEvent(event)

    # ── building ──

    def _build(self) -> None:
        context = self._context
        self.banner = TestBanner() if context.settings.test is not None else None
        self.bar, self.notice, self.stack = Bar(), Notice(), QStackedWidget()
        self.stack.currentChanged.connect(self._name_window)
        self._next_up.speak_by(self.notice)
        contract = ContractPage(context, self._read)
        objection = ObjectionPage(context, self._drafts)
        self._pages: dict[type[Page], Page] = {
            ContractPage: contract,
            ObjectionPage: objection,
            **{each: each(context) for each in _OTHERS},
        }
        for widget in (self.banner, self.bar, self.notice):
            if widget is not None:
                self._outer.addWidget(widget)
        self._outer.addWidget(self.stack, 1)
        for kind, page in list(self._pages.items()):
            self._add(kind, page)
        self.page(TroublePage).name_agency(self._agency_id)
        self.stack.setCurrentWidget(self.page(ToSignPage))
        self.stack.show()  # a layout shows it a moment later, and a key that comes before would find nothing here
        self.bar.show_tab(0)
        self._connect()

    def _add(self, kind: type[Page], page: Page) -> None:
        self._pages[kind] = page
        self.stack.addWidget(page)
        page.back.connect(self._back)

    def _connect_asides(self) -> None:
        asides = self.asides
        asides.wanted.connect(self._go_aside)
        asides.spoken.connect(self.spoken)
        asides.answered.connect(self.release)

    def _connect(self) -> None:
        session = self._session
        self.bar.to_sign.connect(lambda: self._go_to_list(ToSignPage))
        self.bar.waiting.connect(lambda: self._go_to_list(SignedPage))
        self.bar.signed.connect(lambda: self._go_to_list(SignedPage))
        self.bar.spoken.connect(self.spoken)
        for signal, kind in (
            (self.bar.help, HelpPage),
            (self.bar.settings, SettingsPage),
            (self.bar.diagnose, DiagnosticsPage),
            (self.bar.about, AboutPage),
        ):
            signal.connect(lambda kind=kind: self._go_aside(kind))
        self.page(ToSignPage).chosen.connect(self._open)
        self.page(ToSignPage).refresh.connect(self.refresh)
        self.page(ToSignPage).keep_ready.connect(self.keep_ready)
        self.page(ToSignPage).open_file.connect(self._choose_file)
        self.page(TroublePage).elsewhere.connect(self._choose_folder)
        self.page(SignedPage).save_copy.connect(self._save_entry)
        self.page(SignedPage).deliver.connect(self.deliver)
        self.page(SignedPage).again.connect(self.deliver_again)
        self.page(ContractPage).sign.connect(lambda sha256: session.post(w.ReadToTheEnd(sha256)))
        self.page(ContractPage).read_next.connect(self._together.read_next)
        self.page(ContractPage).wrong.connect(self._tell_wrong)
        self.page(ObjectionPage).told.connect(self.told)
        self.page(ContractPage).unshowable.connect(self._unshowable)
        self.page(PinPage).entered.connect(session.enter_pin)
        self.page(CodePage).entered.connect(lambda code: session.post(w.CodeEntered(code)))
        self.page(CodePage).by_card.connect(lambda: session.post(w.CardWanted()))
        for page in (self.page(PinPage), self.page(TroublePage), self.page(CodePage)):
            page.by_code.connect(lambda: session.post(w.CodeWanted()))
        self.page(TroublePage).retry.connect(lambda: session.post(w.Retry()))
        done = self.page(DonePage)
        done.next.connect(self._next)
        done.try_again.connect(lambda: session.post(w.Retry()))
        done.open_folder.connect(lambda state: self._choose.look(state.signed.path.parent))
        done.save_copy.connect(self._save_copy)
        done.receipt.connect(self._show_receipt)
        self.page(SignedPage).receipt.connect(self._show_receipt)
        self.page(ReceiptPage).save.connect(self._save)


_KEYS: Final[tuple[tuple[str, Callable[[Window], None]], ...]] = (
    ("Esc", Window._back),  # noqa: SLF001 - the table stands beside its class
    ("Ctrl+1", lambda window: window._go_to_list(ToSignPage)),  # noqa: SLF001
    ("Ctrl+2", lambda window: window._go_to_list(SignedPage)),  # noqa: SLF001
    ("Ctrl+O", Window._choose_file),  # noqa: SLF001
    ("F1", lambda window: window._go_aside(HelpPage)),  # noqa: SLF001
    ("Ctrl+,", lambda window: window._go_aside(SettingsPage)),  # noqa: SLF001
    ("F5", lambda window: window.refresh.emit()),
)
