"""One window in a process of its own, for the figures of ``desktop``: run by its path, it tells lines ``name number``.

``bare`` is the least that PySide6 can show; ``start``, ``memory FILE.pdf`` and ``signing LINK ...`` are Paraph.
Moments are seconds of the clock that all processes of a machine share (CLOCK_MONOTONIC). Nothing but Qt is imported
before the window: that is what is measured.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget

if TYPE_CHECKING:
    from ui.desktop.app import Running
    from ui.desktop.window import Window

_STEP_MS = 5
_LAST_LOADED, _SETTLED_MS = "signer.pades.extender", 1000  # what is loaded while nobody waits, and some time for it
_kept: list[object] = []  # a signal holds what it is connected with by a weak reference


def tell(name: str, number: float | None = None) -> None:
    """Say a figure, by default the moment."""
    print(f"{name} {time.monotonic() if number is None else number}", flush=True)


class _Paints(QObject):
    """Tells the first paint of each kind of window."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        kind = type(watched).__name__
        if event.type() is QEvent.Type.Paint and kind not in self._seen and _is_window(watched):
            self._seen.add(kind)
            QTimer.singleShot(0, lambda: tell(kind))  # when it is done
        return False


def _is_window(watched: QObject) -> bool:
    return isinstance(watched, QWidget) and watched.isWindow()


def when(condition: Callable[[], bool], then: Callable[[], None]) -> None:
    """Go on as soon as something is so; the window lives meanwhile."""
    if condition():
        then()
    else:
        QTimer.singleShot(_STEP_MS, lambda: when(condition, then))


def bare() -> None:
    """Show a window with one word."""
    application, paints = QApplication([]), _Paints()
    application.installEventFilter(paints)
    label = QLabel("TEST")
    label.resize(1280, 800)
    label.show()
    QTimer.singleShot(200, lambda: tell("resident", _resident()))
    QTimer.singleShot(250, application.quit)
    application.exec()


def paraph(arguments: list[str], then: Callable[[Running], object]) -> None:
    """Run the program as it is; ``then`` follows when its lists are shown."""
    from ui.desktop import start

    paints, made, load = _Paints(), start.application, start._Start.load  # noqa: SLF001 - looked at from outside

    def application(given: Any) -> QApplication:  # noqa: ANN401
        result = made(given)
        result.installEventFilter(paints)
        return result

    def loaded(begun: Any) -> None:  # noqa: ANN401
        load(begun)
        if begun.failure is None:
            when(lambda: begun.running.window._lists is not None, lambda: _usable(begun.running, then))  # noqa: SLF001

    setattr(start, "application", application)  # noqa: B010 - a module's function, replaced from outside
    setattr(start._Start, "load", loaded)  # noqa: B010, SLF001
    sys.argv = ["paraph", *arguments]
    start.run()


def _usable(running: Running, then: Callable[[Running], object]) -> None:
    tell("usable")
    _kept.append(then(running))


def memory(running: Running) -> None:
    """Tell the memory when nothing is open, then with a contract whose pages were all seen."""
    from pathlib import Path

    from ui.desktop.pages.contract import ContractPage

    window = running.window
    document = window.page(ContractPage).document

    def see(page: int) -> None:
        if page == document.pages.count:
            tell("contract", _resident())
            window.close()
            return
        document.pages.go_to(page)
        when(lambda: document.pages.is_sharp, lambda: see(page + 1))

    def open_it() -> None:
        tell("resident", _resident())
        window.open_file(Path(_GIVEN[0]))
        when(lambda: document.pages.count > 0 and document.pages.is_sharp, lambda: see(0))

    when(lambda: _LAST_LOADED in sys.modules, lambda: QTimer.singleShot(_SETTLED_MS, open_it))


class _Signing:
    """Signs one contract after the other, each with a card that is put in when it is asked for."""

    def __init__(self, running: Running) -> None:
        from signer import workflow as w

        self._w, self._window = w, running.window
        self._session = running.window._session  # noqa: SLF001 - looked at from outside
        self._desktop = running._desktop  # noqa: SLF001
        self._links = list(_GIVEN)
        self._session.changed.connect(self._changed)
        self._next()

    def _next(self) -> None:
        if not self._links:
            self._window.close()
            return
        link = self._links.pop(0)
        when(self._is_reader_empty, lambda: self._desktop.open([link]))

    def _is_reader_empty(self) -> bool:
        from eidcard.monitor import CardState

        situation = self._window._situation  # noqa: SLF001
        return situation is not None and situation.state is CardState.NO_CARD

    def _changed(self, state: object) -> None:
        w = self._w
        if isinstance(state, w.Reading):
            QTimer.singleShot(0, lambda: self._session.post(w.ReadToTheEnd(state.paper.document.sha256)))
        elif isinstance(state, w.AwaitingCard):
            tell("wanted")
        elif isinstance(state, w.AwaitingPin):
            self._window.repaint()
            tell("name")
            QTimer.singleShot(0, self._enter)
        elif isinstance(state, w.Delivering):
            tell("signed")
        elif isinstance(state, w.Done):
            tell("delivered")
            QTimer.singleShot(0, self._next)

    def _enter(self) -> None:
        from eidcard.pin import Pin

        pin = Pin()
        for digit in (1, 2, 3, 4):  # of every simulated card
            pin.append(digit)
        tell("click")
        self._session.enter_pin(pin)


def _resident() -> float:
    """Give the memory that is this process's own or shared, in MiB."""
    import os
    from pathlib import Path

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _close(running: Running) -> None:
    window: Window = running.window
    window.close()


if __name__ == "__main__":
    _MODE, *_GIVEN = sys.argv[1:]
    if _MODE == "bare":
        bare()
    else:
        paraph([], {"start": _close, "memory": memory, "signing": _Signing}[_MODE])
