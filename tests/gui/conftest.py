"""A real window on a real screen (Xvfb), in the demo world: real pcscd, real agency server, a simulated card."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, QtMsgType, Slot, qInstallMessageHandler
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from agency.office import Office
from eidcard.simulator.stack import PrivatePcscd
from signer import workflow as w
from signer.paths import HOME_VARIABLE
from tests.gui.door import Door, door_in
from tests.integration.conftest import Desk, careful, careful_desk, careful_office, demo, office
from tests.screen import screen
from ui.bootstrap import App
from ui.demo.world import DemoWorld
from ui.desktop.app import Desktop, application
from ui.desktop.choosing import BY_DIALOG, Choices
from ui.desktop.document.view import DocumentView
from ui.desktop.dressing import wardrobe
from ui.desktop.pages.contract import ContractPage
from ui.desktop.speaking import speak
from ui.desktop.widgets import pieces
from ui.qt.worker import Lists

__all__ = ["careful", "careful_desk", "careful_office", "demo", "office"]

DEADLINE_S = 90.0  # no measure of speed: only what hangs takes so long

Open = Callable[..., Desktop]
_OURS = {"signing", "office", "checking", "document", "card monitor"}


@pytest.fixture(scope="session")
def qt() -> Iterator[QApplication]:
    """The one application of this worker, on a screen of its own."""
    with screen() as display:
        os.environ["DISPLAY"], os.environ["QT_QPA_PLATFORM"] = display, "xcb"
        yield application(["paraph-desktop"])


@pytest.fixture(autouse=True)
def no_qt_warnings(qt: QApplication) -> Iterator[None]:
    """Fail on anything that Qt warns of, and on what is raised where nobody catches it."""
    said: list[str] = []

    def take(kind: QtMsgType, _where: object, text: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and kind is not QtMsgType.QtInfoMsg:
            said.append(text)

    before, hook = qInstallMessageHandler(take), sys.excepthook
    sys.excepthook = lambda kind, error, _: said.append(f"in a slot: {kind.__name__}: {error}")  # Qt goes on without it
    yield
    qInstallMessageHandler(before)
    sys.excepthook = hook
    assert said == []


def until(condition: Callable[[], bool], what: str) -> None:
    """Let the window live until something is so; Qt's own loop lets the workers' Python run, qWait does not."""
    deadline, loop, timer = time.monotonic() + DEADLINE_S, QEventLoop(), QTimer()

    def look() -> None:
        if condition() or time.monotonic() > deadline:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(10)
    loop.exec()
    timer.stop()
    if not condition():
        faulthandler.dump_traceback(2)  # on stderr: what every thread waits for
        pytest.fail(f"not in {DEADLINE_S:.0f} s: {what}")


class _Echo(QObject):
    """Hears in its own thread what is asked of the worker there, after the worker has done it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = 0
        self.last: object = None

    @Slot(object)
    def hear(self, effect: object) -> None:
        self.heard, self.last = self.heard + 1, effect


class Worker:
    """Somebody in front of the window, with a keyboard and a card."""

    def __init__(self, desk: Desk, desktop: Desktop, task: str) -> None:
        self.desk = desk
        self.desktop = desktop
        self.window = desktop.window
        self.task = task  # their own; other tests may have left more of them in the list
        self.seen: list[str] = []
        self._echo: _Echo | None = None
        desktop.session.changed.connect(lambda state: self.seen.append(type(state).__name__))

    @property
    def page_name(self) -> str:
        """What the page on the screen is called."""
        page = self.window.stack.currentWidget()
        assert page is not None
        return page.accessibleName()

    @property
    def state(self) -> w.State:
        return self.desktop.session.state

    @property
    def lists(self) -> Lists:
        """What the window was told last."""
        return self.window._lists or Lists()

    def until_idle(self) -> None:
        """Wait until the worker behind the signing has done all that it was asked, and the window has heard of it."""
        wanted, asked = self.desktop.session.wanted, w.LetGo()  # harmless, and last in the queue
        if self._echo is None:
            self._echo = _Echo()
            self._echo.moveToThread(self.desktop._worker.thread())
            wanted.connect(self._echo.hear, Qt.ConnectionType.QueuedConnection)
        echo, heard = self._echo, self._echo.heard
        wanted.emit(asked)
        until(lambda: echo.heard > heard and echo.last is asked, "the worker")
        QApplication.processEvents()

    def comes_to(self, kind: type[w.State]) -> None:
        """Wait for a state, and for its page."""
        until(lambda: isinstance(self.state, kind), f"{kind.__name__}, but {self.seen}")

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key, wherever the focus is."""
        until(lambda: QApplication.focusWidget() is not None, "a focus")
        focused = QApplication.focusWidget()
        assert isinstance(focused, QWidget)
        QTest.keyClick(focused, key, modifier)

    def type_pin(self, digits: str) -> None:
        """Type a PIN and Enter."""
        for digit in digits:
            self.press(Qt.Key(Qt.Key.Key_0 + int(digit)))
        self.press(Qt.Key.Key_Return)

    def read_and_sign(self) -> None:
        """Open the first contract, go to its end, and press the action; by keyboard alone."""
        self.focus_on("Read and sign")
        self.press(Qt.Key.Key_Return)
        self.comes_to(w.Reading)
        until(lambda: self.window.page(ContractPage).document.page > 0, "the document")
        self.press(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        until(lambda: self._has_focus("Sign with my eID"), "the end of the document")
        self.press(Qt.Key.Key_Return)

    def focus_on(self, name: str) -> None:
        """Wait until something of this name has the focus."""
        until(lambda: self._has_focus(name), name)

    def words_on_screen(self) -> str:
        """Give every text that can be seen on the page."""
        page = self.window.stack.currentWidget()
        assert page is not None
        return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())

    def buttons(self) -> list[QPushButton]:
        """Give every button that can be seen on the page."""
        page = self.window.stack.currentWidget()
        assert page is not None
        return [button for button in page.findChildren(QPushButton) if button.isVisible()]

    def _has_focus(self, name: str) -> bool:
        focused = QApplication.focusWidget()
        return isinstance(focused, QWidget) and focused.accessibleName().startswith(name)


@pytest.fixture
def desk(demo: DemoWorld, office: Office, pcscd: PrivatePcscd, tmp_path: Path) -> Iterator[Desk]:
    """A worker with an empty home and a fresh card."""
    desk = Desk(demo, tmp_path / "home", pcscd, office)
    yield desk
    desk.remove()


@pytest.fixture
def door(desk: Desk) -> Iterator[Door]:
    """The network between the window and the agency; to be asked for before ``worker``."""
    with door_in(desk.home / "config" / "settings.toml") as door:
        yield door


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a screen reader is given to say, in order."""
    said: list[str] = []

    def listen(event: QAccessibleAnnouncementEvent) -> None:
        said.append(event.message())
        QAccessible.updateAccessibility(event)

    ears = SimpleNamespace(updateAccessibility=listen, AnnouncementPoliteness=QAccessible.AnnouncementPoliteness)
    monkeypatch.setattr(pieces, "QAccessible", ears)
    return said


@pytest.fixture
def worker(qt: QApplication, desk: Desk) -> Iterator[Worker]:
    """A worker with one contract to sign, in front of an open window; leaves no thread behind."""
    task = desk.open_contract()
    with in_front_of_the_window(desk, task) as worker:
        yield worker


@contextmanager
def in_front_of_the_window(desk: Desk, task: str) -> Iterator[Worker]:
    """Open the window of a desk, and close it in the end, with every thread of it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(HOME_VARIABLE, str(desk.home))
        environment.setenv("PARAPH_LANGUAGE", "en")
        desktop = Desktop(App())
        desktop.start()
        try:
            # What is looked for at the end can be found.
            until(lambda: {"signing", "office"} <= set(thread_names()), "the threads")
            desktop.window.activateWindow()
            until(desktop.window.isActiveWindow, "the window")
            yield Worker(desk, desktop, task)
        finally:
            end(desktop)


@pytest.fixture
def opened(qt: QApplication, home: Path) -> Iterator[Open]:
    """Open the program in a home, as often as is wanted; every window ends and leaves no thread behind."""
    running: list[Desktop] = []

    def start(choose: Choices = BY_DIALOG) -> Desktop:
        for each in running:
            each.window.close()
        desktop = Desktop(App(must_read=False), choose=choose)
        running.append(desktop)
        desktop.start()
        desktop.window.activateWindow()
        until(desktop.window.isActiveWindow, "the window")
        return desktop

    yield start
    end(*running)
    speak(qt, "en")
    wardrobe(qt).choose("system")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pcscd: PrivatePcscd) -> Path:
    """A user who has nothing yet, on a system that speaks French."""
    del pcscd  # the window watches its readers
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv("PARAPH_LANGUAGE", raising=False)
    monkeypatch.setenv("LANGUAGE", "fr")
    for each in ("config", "machine"):
        (tmp_path / each).mkdir()
    return tmp_path


def end(*desktops: Desktop) -> None:
    """Close windows and see that everything behind them ends."""
    for each in desktops:
        each.window.close()
        each.end()
        each.window.deleteLater()
    gc.collect()  # here, and not in a worker of the next test
    until(lambda: not _OURS & set(thread_names()), "the end of every thread")


def thread_names() -> list[str]:
    """Name the threads of this process as the system knows them: Python's own list has no QThreads."""
    names = []
    for each in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread may end while we look
            names.append((each / "comm").read_text().strip())
    return names


@pytest.fixture
def view(qt: QApplication) -> Iterator[DocumentView]:
    """A contract view of a fixed size on the screen."""
    view = DocumentView()
    view.resize(900, 700)
    view.show()
    view.activateWindow()
    until(view.isActiveWindow, "the window")
    yield view
    view.stop()
    view.close()
    view.deleteLater()
