"""PySide6 6.12.0 lost a reference to True at each signal, and with some hundreds of them the whole process."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal


class _Sender(QObject):
    happened = Signal(object)


def test_a_thousand_signals_cost_no_reference() -> None:
    sender = _Sender()
    before = sys.getrefcount(True)  # immortal from Python 3.12 on
    for _ in range(20):
        sender.happened.emit(sender)
    assert sys.getrefcount(True) >= before - 5
