"""Workers: each owns what may block, in a thread of its own; jobs come in and answers go out by queued signals.

Across threads go frozen dataclasses alone. The PIN is the exception: it waits in a ``ui.hand.Hand`` and is in no event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from eidcard.monitor import CardMonitor, Situation
from signer import workflow as w
from signer.errors import ErrorCode, SignerError
from signer.model import Contract, Objection, Told
from signer.objections import Waiting
from signer.outbox import Entry, EntryState

_LOG: Final = logging.getLogger("paraph.desktop")
_PATIENCE_MS: Final = 30_000  # a card that signs is waited for; the signature must not be lost by closing a window


class Performs(Protocol):
    """What performs effects; ``signer.perform.Performer`` does."""

    def perform(self, effect: w.Effect) -> w.Event | None:
        """Perform one effect, and give what follows."""
        ...

    def close(self) -> None:
        """Let go of card, readers and modules."""


Report = Callable[[w.Event], None]
BuildPerformer = Callable[[str | None, Report], Performs]  # for an agency's id; None for files of one's own


class SigningWorker(QObject):
    """Owns the performer, and with it the card and the prepared document."""

    answered = Signal(object)  # w.Event

    def __init__(self, build: BuildPerformer) -> None:
        super().__init__()
        self._build = build
        self._agency_id: str | None = None
        self._renewed = False  # the settings are others than those that the performer was built with
        self._performer: Performs | None = None

    @Slot(object)
    def choose(self, agency_id: str | None) -> None:
        """Work for this agency from now on; the performer is made anew when it was another one's."""
        if agency_id != self._agency_id or self._renewed:
            self.finish()
            self._agency_id, self._renewed = agency_id, False

    @Slot()
    def renew(self) -> None:
        """Work by other settings from the next contract on; one that is open is not disturbed."""
        self._renewed = True

    @Slot(object)
    def perform(self, effect: w.Effect) -> None:
        """Perform one effect; its answer, and what it reports on the way, are told."""
        try:
            if self._performer is None:
                self._performer = self._build(self._agency_id, self.answered.emit)
        except SignerError as error:
            self.answered.emit(w.Failed(error.code))
            return
        except Exception:  # noqa: BLE001 - a mistake of ours becomes a message too, and no page waits for ever
            _LOG.exception("the signing could not be prepared")
            self.answered.emit(w.Failed(ErrorCode.INTERNAL))
            return
        event = self._performer.perform(effect)
        if event is not None:
            self.answered.emit(event)

    @Slot()
    def finish(self) -> None:
        """Let go of the card and forget the performer."""
        if self._performer is not None:
            self._performer.close()
            self._performer = None


@dataclass(frozen=True, slots=True)
class Task:
    """A contract that waits, and at which agency."""

    agency_id: str
    agency_name: str
    contract: Contract
    ahead: bool = False  # it is here, and can be signed with no network


class KeepReady(Enum):
    """Whether this computer fetches contracts ahead by itself."""

    NOT_OFFERED = "not-offered"  # a shared one, or nobody is logged in, or there is no place for a key
    OFFERED = "offered"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Lists:
    """What is to be signed and what was, as it was found last; ``because`` tells why an agency could not be asked."""

    tasks: tuple[Task, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    because: ErrorCode | None = None
    objections: tuple[Waiting, ...] = ()  # what the agencies do not have yet
    unreached: tuple[str, ...] = ()  # names of agencies that do not answer; their tasks are those of the last time
    ready: KeepReady = KeepReady.NOT_OFFERED

    @property
    def to_sign(self) -> tuple[Task, ...]:
        """The tasks that can be signed; the others were taken back."""
        return tuple(task for task in self.tasks if task.contract.open)

    @property
    def waits(self) -> bool:
        """Whether something is still to be delivered, sent, or raised to its level by itself."""
        to_deliver = any(entry.state is EntryState.QUEUED for entry in self.entries)
        to_raise = any(entry.state is EntryState.DELIVERED and entry.pending for entry in self.entries)
        return to_deliver or to_raise or any(not each.held for each in self.objections)

    def waiting(self, contract_id: str) -> Waiting | None:
        """Give what was written about a contract and is not sent yet."""
        return next((each for each in self.objections if each.objection.contract_id == contract_id), None)

    def told(self, contract: Contract) -> Told | None:
        """Give what the agency was told of a contract, as the newest list has it."""
        newer = next((task.contract for task in self.tasks if task.contract.id == contract.id), contract)
        return newer.told or contract.told


class Desk(Protocol):
    """What the office worker needs of the layers below; ``ui.desktop.desk.AppDesk`` has it. All raise SignerError."""

    def lists(self) -> Lists:
        """Ask every agency, and look in the outbox."""
        ...

    def open_link(self, link: str) -> tuple[str, str]:
        """Spend a deep link; gives the agency's and the contract's id."""
        ...

    def tell_wrong(self, objection: Objection) -> None:
        """Keep what a worker says of a contract, and send it."""

    def keep_ready(self, *, on: bool) -> None:
        """Let this computer fetch contracts ahead by itself, or not any more."""

    def fetch_ahead(self) -> bool:
        """Fetch what waits and is not here, where this computer may; True when something came or went."""
        ...

    def deliver_due(self) -> bool:
        """Deliver what is due by now; True when anything changed by it."""
        ...

    def deliver(self, again: UUID | None = None) -> bool:
        """Deliver what waits in the outbox, due or not; True when anything changed by it.

        ``again`` names a submission that the agency did not take before.
        """
        ...


class OfficeWorker(QObject):
    """Owns the outbox and the talk with agencies beside a signing."""

    listed = Signal(object)  # Lists
    link_opened = Signal(str, str)  # agency id, contract id
    told = Signal(object, object)  # Objection, and the ErrorCode that kept it or None
    failed = Signal(object)  # ErrorCode

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    @Slot()
    def refresh(self) -> None:
        """Look again at what is to be signed and what was, deliver what is due, and fetch ahead."""
        self._guarded(self._list)
        self.deliver_due()
        self._guarded(self._fetch_ahead)

    @Slot()
    def deliver_due(self) -> None:
        """Deliver and send what is due; looks again when anything changed by it."""
        self._guarded(self._deliver_due)

    @Slot(str)
    def open_link(self, link: str) -> None:
        """Spend a deep link."""
        self._guarded(lambda: self.link_opened.emit(*self._desk.open_link(link)))

    @Slot(object)
    def tell_wrong(self, objection: Objection) -> None:
        """Tell an agency that something is wrong, then look again."""
        code: ErrorCode | None = None
        try:
            self._desk.tell_wrong(objection)
        except SignerError as error:
            code = error.code
        except Exception:  # noqa: BLE001 - what was typed must not wait for an answer that never comes
            _LOG.exception("the office failed unexpectedly")
            code = ErrorCode.INTERNAL
        self.refresh()
        self.told.emit(objection, code)

    @Slot()
    def begin(self) -> None:
        """Look for the first time, and deliver what waits since the last time, due or not."""
        self._guarded(self._list)
        self._guarded(self._deliver)
        self._guarded(self._fetch_ahead)

    @Slot(bool)
    def keep_ready(self, on: bool) -> None:  # noqa: FBT001 - a signal's argument
        """Let this computer fetch ahead, or not any more; then look again."""
        self._guarded(lambda: self._desk.keep_ready(on=on))
        self.refresh()

    @Slot()
    def deliver(self) -> None:
        """Deliver what waits, then look again."""
        self._guarded(self._deliver)
        self._guarded(self._list)

    @Slot(object)
    def deliver_again(self, submission_id: UUID) -> None:
        """Deliver once more what an agency did not take, now that people have spoken; then look again."""
        self._guarded(lambda: self._deliver(submission_id))
        self._guarded(self._list)

    def _deliver(self, again: UUID | None = None) -> None:
        if self._desk.deliver(again):
            self._list()

    def _list(self) -> None:
        self.listed.emit(self._desk.lists())

    def _fetch_ahead(self) -> None:
        if self._desk.fetch_ahead():
            self._list()

    def _deliver_due(self) -> None:
        if self._desk.deliver_due():
            self._list()

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except SignerError as error:
            self.failed.emit(error.code)
        except Exception:  # noqa: BLE001 - a mistake of ours becomes a message too
            _LOG.exception("the office failed unexpectedly")
            self.failed.emit(ErrorCode.INTERNAL)


class CardWatch(QObject):
    """Tells of readers and cards that come and go; the monitor has a thread of its own."""

    situation = Signal(object)  # eidcard.monitor.Situation

    def __init__(self) -> None:
        super().__init__()
        self._monitor: CardMonitor | None = None

    def start(self) -> None:
        """Begin to watch; the first situation follows at once."""
        self._monitor = CardMonitor(self._tell)
        self._monitor.start()

    def stop(self) -> None:
        """End the watch and its thread."""
        if self._monitor is not None:
            self._monitor.stop()
            self._monitor = None

    def _tell(self, situation: Situation) -> None:
        self.situation.emit(situation)


class Threads:
    """The threads of the workers: each worker moves into one of its own, and all of them end together."""

    def __init__(self) -> None:
        self._threads: list[tuple[QThread, QObject]] = []

    def start(self, worker: QObject, name: str) -> None:
        """Give a worker its thread."""
        thread = QThread()
        thread.setObjectName(name)
        worker.moveToThread(thread)
        if isinstance(worker, SigningWorker):
            # In the worker's own thread, as its last deed: the card is let go of and no draft stays behind.
            thread.finished.connect(worker.finish, Qt.ConnectionType.DirectConnection)
        thread.start()
        self._threads.append((thread, worker))

    def end(self) -> None:
        """Let every worker finish the job that it is at, and end its thread."""
        for thread, _ in self._threads:
            thread.quit()
        for thread, _ in self._threads:
            if not thread.wait(_PATIENCE_MS):
                _LOG.error("the thread %s did not end in time", thread.objectName())
        self._threads.clear()
