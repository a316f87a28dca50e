"""The scenes of several contracts that are signed with one PIN entry: read, signed, and where it can stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import KeyInfo, PinEntry
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.pin import PinPage
from ui.desktop.window import Window
from ui.qt.several import SeveralSession

if TYPE_CHECKING:
    from tests.gui.scenes import Props


def together(window: Window, session: SeveralSession, given: Props) -> Iterator[str]:
    """Go through them; gives the name of each when it is on the stage."""
    first, second = _papers(given)
    session.open(first.target, "horizon")
    session.post(w.Opened(first))
    _read(window, first)
    yield "together-offered"
    _put_aside(window, session, first, second)
    yield "together-ready"
    _ask_pin(session, second, given.key)
    window.page(PinPage).dots.append(1)
    yield "pin-together"
    session.enter_pin(None)
    session.post(w.StepDone(w.Step.PREPARED))
    yield "signing-together"
    _sign(session, given, 1)
    session.post(w.KeyFound(given.key))
    session.post(w.StepDone(w.Step.PREPARED))
    yield "signing-together-second"
    _sign(session, given, 2)
    yield "together-delivering"
    _deliver(session, given, 1)
    session.post(w.Failed(ErrorCode.NETWORK_UNREACHABLE))
    yield "together-waiting"
    yield from _stops(window, session, given)


def _stops(window: Window, session: SeveralSession, given: Props) -> Iterator[str]:
    for name, signed, mishap in (
        ("together-done", 2, None),
        ("together-pulled", 1, w.Failed(ErrorCode.CARD_REMOVED)),
        ("together-wrong", 0, w.Failed(ErrorCode.PIN_WRONG, 2)),
    ):
        first, second = _papers(given)
        session.open(first.target, "horizon")
        session.post(w.Opened(first))
        _put_aside(window, session, first, second)
        key = replace(given.key, pin_entry=PinEntry.PINPAD)
        _ask_pin(session, second, key)
        if not signed:
            yield "pin-together-pinpad"
        session.enter_pin(None)
        for number in range(1, signed + 1):
            _sign(session, given, number)
            session.post(w.KeyFound(key))
        if mishap:
            session.post(mishap)
        for number in range(1, signed + 1):
            _deliver(session, given, number)
        yield name


def _papers(given: Props) -> tuple[w.Paper, w.Paper]:
    """Give two contracts of an agency that allows one PIN entry."""
    assert given.paper.terms
    terms = replace(given.paper.terms, one_pin=True)
    other = given.lists.tasks[0].contract
    first = replace(given.paper, terms=terms)
    return first, replace(first, target=w.AgencyTarget(other.id), contract=other)


def _read(window: Window, paper: w.Paper) -> None:
    window.page(ContractPage).document.reached_end.emit(paper.document.sha256)


def _put_aside(window: Window, session: SeveralSession, first: w.Paper, second: w.Paper) -> None:
    window.page(ContractPage).read_next.emit(first.document.sha256)
    assert session.aside
    session.post(w.Opened(second))
    _read(window, second)


def _ask_pin(session: SeveralSession, paper: w.Paper, key: KeyInfo) -> None:
    session.post(w.ReadToTheEnd(paper.document.sha256))
    session.post(w.KeyFound(key))


def _sign(session: SeveralSession, given: Props, number: int) -> None:
    session.post(w.Signed(replace(given.signed, submission_id=UUID(int=number))))


def _deliver(session: SeveralSession, given: Props, number: int) -> None:
    session.post(w.Delivered(replace(given.receipt, submission_id=UUID(int=number))))
