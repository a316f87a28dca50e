"""The window and its workers: built, joined, and taken down again."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from signer.errors import SignerError
from signer.i18n import choose_language
from signer.paths import Folders
from ui.bootstrap import App
from ui.desktop import start
from ui.desktop.asked import OpenAgency, OpenFile, OpenLink, asked_of
from ui.desktop.choosing import BY_DIALOG, Choices
from ui.desktop.desk import AppDesk
from ui.desktop.dressing import dress
from ui.desktop.farewell import Farewell
from ui.desktop.pages.context import Context
from ui.desktop.pages.settings_broken import SettingsBrokenPage
from ui.desktop.pages.welcome import WelcomePage
from ui.desktop.preferences import Preferences, place_of
from ui.desktop.tray import Tray
from ui.desktop.window import Window
from ui.hand import LendingHand
from ui.qt.diagnosis import DiagnosisWorker
from ui.qt.garbage import GarbageCollector
from ui.qt.instance import Instance, Message, Spot, hand_over
from ui.qt.pace import next_look_ms
from ui.qt.several import SeveralSession
from ui.qt.worker import CardWatch, Lists, OfficeWorker, Performs, Report, SigningWorker, Threads

_LOG = logging.getLogger("paraph.desktop")
_DUE_MS = 5_000  # while something waits: the shortest wait between two tries (signer.delivery)


class Desktop(QObject):
    """One window with everything behind it; ``end`` leaves no thread and no PIN."""

    _link_came = Signal(str)
    _first_look = Signal()
    _finish = Signal()

    def __init__(self, app: App, *, choose: Choices = BY_DIALOG) -> None:
        super().__init__()
        self._app, self._hand, self._threads = app, LendingHand(lends=False), Threads()
        self._preferences = Preferences(app, _qt())
        self.session = SeveralSession(self._hand)
        self.window = Window(self.session, Context(app.layers, app.clock, app.read_signed), choose=choose)
        self._worker, self._office, self._watch = SigningWorker(self._build), OfficeWorker(AppDesk(app)), CardWatch()
        self._diagnosis = DiagnosisWorker()
        self._garbage = GarbageCollector()
        self._timer = QTimer(self)
        self._timer.setInterval(next_look_ms(0, seen=True))
        self._failed = 0  # looks in a row to which an agency did not answer
        self._due = QTimer(self)
        self._due.setInterval(_DUE_MS)
        self._ended = False
        self.farewell: Farewell | None = None
        self.tray = Tray()
        self._connect()

    def start(self) -> None:
        """Show the window first; then begin to work."""
        self.window.resize(1280, 800)
        self.window.show()
        self._threads.start(self._worker, "signing")
        self._threads.start(self._office, "office")
        if self._app.settings.card.via != "simulator":
            self._watch.start()
        self._threads.start(self._diagnosis, "checking")
        self._timer.start()
        self._follow_settings()
        self._begin()

    def open(self, arguments: Sequence[str], folder: Path = Path()) -> None:
        """Open what was asked for, a deep link or a PDF of ``folder``; anything else is refused with a message."""
        try:
            asked = asked_of(arguments, folder)
        except SignerError as error:
            self.window.show_mishap(error.code)
            return
        if isinstance(asked, OpenLink):
            self._link_came.emit(asked.link)
        elif isinstance(asked, OpenFile):
            self.window.open_file(asked.path)
        elif isinstance(asked, OpenAgency):
            self.window.do_next(lambda: self._preferences.offer_agency(asked.path))

    def answer(self, message: Message) -> None:
        """Open what a second start was given, and come to the front."""
        self.window.come_forward()
        self.open(message.arguments, message.folder)

    def end(self) -> None:
        """Let go of the card and end every thread; harmless when done twice."""
        if self._ended:
            return
        self._ended = True
        self.tray.hide()
        self._timer.stop()
        self._due.stop()
        self._watch.stop()
        self._diagnosis.give_up()
        self._finish.emit()
        self._threads.end()
        self._garbage.end()
        self.session.forget()
        self._app.close_documents()

    def _build(self, agency_id: str | None, report: Report) -> Performs:
        """Build the performer, in the thread of its worker."""
        settings = self._app.settings
        agency = settings.agency(agency_id) if agency_id else None
        return self._app.performer(self._app.cards(), agency, self._hand, report)

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        session, window = self.session, self.window
        session.agency_chosen.connect(self._worker.choose, queued)
        session.wanted.connect(self._worker.perform, queued)
        self._finish.connect(self._worker.finish, queued)
        self._worker.answered.connect(session.post, queued)
        self._watch.situation.connect(window.show_situation, queued)
        self._watch.situation.connect(session.see, queued)
        window.refresh.connect(self._office.refresh, queued)
        window.deliver.connect(self._office.deliver, queued)
        window.deliver_again.connect(self._office.deliver_again, queued)
        window.told.connect(self._office.tell_wrong, queued)
        window.keep_ready.connect(self._office.keep_ready, queued)
        self._office.told.connect(window.show_told, queued)
        self._timer.timeout.connect(self._office.refresh, queued)
        self._due.timeout.connect(self._office.deliver_due, queued)
        self._office.listed.connect(self._look_again_later, queued)
        self._first_look.connect(self._office.begin, queued)
        self._link_came.connect(self._office.open_link, queued)
        self._office.listed.connect(window.show_lists, queued)
        self._office.failed.connect(window.show_mishap, queued)
        self._office.link_opened.connect(window.open_contract, queued)
        window.dropped.connect(self.open)
        self._connect_asides()
        self.tray.opened.connect(window.come_forward)
        self.tray.quitted.connect(self.quit)
        window.closed.connect(self._say_goodbye)
        window.closed.connect(self.end)

    def _look_again_later(self, lists: Lists) -> None:
        if self._ended:
            return
        self.tray.look(lists, seen=self.window.isActiveWindow())
        self._failed = self._failed + 1 if lists.unreached else 0
        self._timer.setInterval(next_look_ms(self._failed, seen=self.window.isVisible()))
        if lists.waits and not self._due.isActive():
            self._due.start()
        elif not lists.waits:
            self._due.stop()

    def _connect_asides(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        preferences, window, asides = self._preferences, self.window, self.window.asides
        window.spoken.connect(preferences.speak)
        for wish, do in (
            (asides.preferred, preferences.prefer),
            (asides.erase, preferences.erase),
            (asides.proxy_login, preferences.keep_proxy_login),
            (asides.read_again, preferences.read_again),
            (asides.start_anew, preferences.start_anew),
        ):
            wish.connect(do)
        preferences.counted.connect(window.show_settings)
        preferences.counted.connect(self._follow_settings)
        preferences.counted.connect(self._worker.renew, queued)
        preferences.refused.connect(window.show_refusal)
        preferences.erased.connect(asides.show_erased)
        asides.agency_chosen.connect(preferences.offer_agency)
        asides.agency_confirmed.connect(preferences.add_agency)
        preferences.agency_offered.connect(asides.show_offer)
        preferences.agency_added.connect(window.show_added)
        preferences.proxy_told.connect(asides.show_proxy_told)
        preferences.unreadable.connect(asides.show_fault)
        preferences.readable.connect(self._begin)
        preferences.look_changed.connect(self._change_look, queued)  # not under the menu that asked for it
        asides.look.connect(self._diagnosis.look, queued)
        self._diagnosis.found.connect(asides.show_findings, queued)

    def _change_look(self) -> None:
        """Dress and build anew in one go: no key may reach a page that is half of yesterday."""
        if self._preferences.wear():
            self.window.speak()

    def _begin(self) -> None:
        """Ask what is to be asked before everything else; then show what there is to do."""
        if self._app.fault:
            self.window.asides.show_fault(self._app.fault, place_of(self._app, self._app.fault))
            self.window.hold(SettingsBrokenPage)
            return
        self.window.release()
        if self._app.layers.questions:
            self.window.hold(WelcomePage)
        self._first_look.emit()

    def _follow_settings(self) -> None:
        self.tray.follow(self._app.settings)
        self.window.stays = self.tray.there

    def quit(self) -> None:
        """End the program, also while its window is closed."""
        self.window.stays = False
        self.window.close()
        if self.farewell is None:  # else it ends with that
            _qt().quit()

    def _say_goodbye(self) -> None:
        """Say calmly what still waits when the window closes; nothing is asked, and it goes by itself."""
        count = self.window.waiting
        if count:
            self.farewell = Farewell(count)
            self.farewell.show()


def _qt() -> QApplication:
    running = QApplication.instance()
    assert isinstance(running, QApplication)
    return running


def application(arguments: Sequence[str]) -> QApplication:
    """Make Qt's application, dressed as the system wishes: light or dark."""
    result = start.application(arguments)
    dress(result)
    return result


class Running:
    """The program while it runs: one window, and the door for what later starts are asked to open."""

    def __init__(self, desktop: Desktop, instance: Instance | None) -> None:
        self._desktop, self._instance = desktop, instance
        if instance is not None:
            instance.asked.connect(desktop.answer)

    @property
    def window(self) -> Window:
        """The window."""
        return self._desktop.window

    def end(self) -> None:
        """Take everything down."""
        self._desktop.end()
        if self._instance is not None:
            self._instance.close()


def begin(qt: QApplication, arguments: Sequence[str], folder: Path) -> Running:
    """Open the window, and what was asked for; ends the process (SystemExit) when another copy has taken it over."""
    app = App(must_read=False)
    instance = _the_one(app.folders, Message(tuple(arguments), folder))
    dress(qt)
    app.language = choose_language(app.settings.language)
    desktop = Desktop(app)
    running = Running(desktop, instance)
    desktop.start()
    desktop.open(arguments, folder)
    return running


def _the_one(folders: Folders, message: Message) -> Instance | None:
    """Be the one copy that runs, or hand over to it and end; None where neither can be, and the program works alone."""
    try:
        spot = Spot.of(folders)
        instance = Instance(spot)
        if instance.claim():
            return instance
        if hand_over(spot, message):
            sys.exit(0)
    except SignerError as error:
        _LOG.warning("no single instance: %s", error)
    return None
