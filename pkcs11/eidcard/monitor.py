"""Readers and cards coming and going, told as they do: from PC/SC's news to what a screen says of them.

One table turns each event into a state. ``CardMonitor`` feeds it from a thread of its own, which sleeps in PC/SC and
uses no processor while nothing happens. It never sends a PIN or reads what a card says of its holder.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import Final, Protocol, Self

from eidcard.applet import Applet
from eidcard.pcsc import PcscContext, ReaderState
from eidcard.recognition import RecogniseIn, Recognition, recognise_in
from eidcard.virtual_readers import is_virtual
from signer.errors import ErrorCode, SignerError

_LOG: Final = logging.getLogger("paraph.monitor")
_LOOK_AGAIN_S: Final = 0.5  # where PC/SC has no news to wait for: a stopped service, a card in another's transaction
_PATIENCE_S: Final = 1.0  # for a card to tell what it is; a real one needs about 50 ms
_USE_S: Final = (
    1.0  # while a card is in: pcsc-lite 1.9 tells nobody that a program keeps a card (measured), Windows does
)
_ENDING_S: Final = 0.02  # between two attempts to wake a thread that may just be going to sleep


class CardState(Enum):
    """What there is to say of a reader, and of all together; the ones nearer to a signature come first."""

    READY = "ready"
    READING = "reading"
    IN_USE = "in-use"  # kept by another program
    UNRESPONSIVE = "unresponsive"  # upside down, dirty, broken
    NOT_AN_EID = "not-an-eid"
    NO_CARD = "no-card"
    SKIPPED = "skipped"  # a virtual reader: no place for a card
    NO_READER = "no-reader"
    SERVICE_OFF = "service-off"


class Happening(Enum):
    """What can happen to a reader or to the service."""

    SERVICE_STARTED = "service-started"
    SERVICE_STOPPED = "service-stopped"
    READER_CAME = "reader-came"
    VIRTUAL_READER_CAME = "virtual-reader-came"
    READER_WENT = "reader-went"
    CARD_CAME = "card-came"  # or another program let go of it
    CARD_WENT = "card-went"
    CARD_IS_MUTE = "card-is-mute"
    CARD_IS_KEPT = "card-is-kept"
    CARD_IS_EID = "card-is-eid"
    CARD_IS_OTHER = "card-is-other"


# The whole policy: what each event makes of the reader that it is about. Those of the service are about all of them.
STATE_AFTER: Final[Mapping[Happening, CardState]] = {
    Happening.SERVICE_STARTED: CardState.NO_READER,
    Happening.SERVICE_STOPPED: CardState.SERVICE_OFF,
    Happening.READER_CAME: CardState.NO_CARD,
    Happening.VIRTUAL_READER_CAME: CardState.SKIPPED,
    Happening.READER_WENT: CardState.NO_READER,
    Happening.CARD_CAME: CardState.READING,
    Happening.CARD_WENT: CardState.NO_CARD,
    Happening.CARD_IS_MUTE: CardState.UNRESPONSIVE,
    Happening.CARD_IS_KEPT: CardState.IN_USE,
    Happening.CARD_IS_EID: CardState.READY,
    Happening.CARD_IS_OTHER: CardState.NOT_AN_EID,
}
_OF_THE_SERVICE: Final = {Happening.SERVICE_STARTED, Happening.SERVICE_STOPPED}
_ORDER: Final = {state: rank for rank, state in enumerate(CardState)}

_HAPPENING_BY_CODE: Final = {  # what a card's refusal to be recognised means; others: it does not answer properly
    ErrorCode.NOT_AN_EID: Happening.CARD_IS_OTHER,
    ErrorCode.CARD_IN_USE: Happening.CARD_IS_KEPT,
    ErrorCode.CARD_RESET: Happening.CARD_IS_KEPT,  # somebody else is at it: looked at again soon
    ErrorCode.CARD_REMOVED: Happening.CARD_WENT,
    ErrorCode.NO_CARD: Happening.CARD_WENT,
    ErrorCode.NO_READER: Happening.READER_WENT,
    ErrorCode.SERVICE_STOPPED: Happening.SERVICE_STOPPED,
}


@dataclass(frozen=True, slots=True)
class CardEvent:
    """One thing that happened; ``reader`` is empty for the service's own."""

    what: Happening
    reader: str = ""
    applet: Applet | None = None  # with CARD_IS_EID


@dataclass(frozen=True, slots=True)
class ReaderView:
    """One reader as it is now."""

    name: str
    state: CardState
    applet: Applet | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All readers as they are now, and the event that made it so."""

    state: CardState = CardState.SERVICE_OFF
    readers: tuple[ReaderView, ...] = ()
    event: CardEvent = CardEvent(Happening.SERVICE_STOPPED)

    @property
    def ready(self) -> tuple[ReaderView, ...]:
        """The readers with an eID."""
        return tuple(reader for reader in self.readers if reader.state is CardState.READY)


def after(situation: Situation, event: CardEvent) -> Situation:
    """Give the situation after an event: its row of the table, and the best that any reader has to say."""
    state = STATE_AFTER[event.what]
    if event.what in _OF_THE_SERVICE:
        return Situation(state, (), event)
    readers = {reader.name: reader for reader in situation.readers}
    readers[event.reader] = ReaderView(event.reader, state, event.applet)
    if state is CardState.NO_READER:
        del readers[event.reader]
    best = min((reader.state for reader in readers.values()), key=_ORDER.__getitem__, default=CardState.NO_READER)
    # A virtual reader is said to be skipped; for whoever waits for a place to put the card, it is none.
    return Situation(CardState.NO_READER if best is CardState.SKIPPED else best, tuple(readers.values()), event)


def news(before: tuple[ReaderState, ...], now: tuple[ReaderState, ...]) -> Iterator[CardEvent]:
    """Tell what happened between two looks at PC/SC's states."""
    old = {state.reader: state for state in before}
    for name in old.keys() - {state.reader for state in now}:
        yield CardEvent(Happening.READER_WENT, name)
    for state in now:
        if state.reader not in old:
            virtual = is_virtual(state.reader)
            yield CardEvent(Happening.VIRTUAL_READER_CAME if virtual else Happening.READER_CAME, state.reader)
        if not is_virtual(state.reader):
            yield from _news_of_card(old.get(state.reader), state)


def _news_of_card(before: ReaderState | None, now: ReaderState) -> Iterator[CardEvent]:
    if before is not None and before.telling == now.telling:
        return
    had_card = before is not None and before.present
    another = before is not None and before.cards_seen != now.cards_seen
    if had_card and (another or not now.present):
        yield CardEvent(Happening.CARD_WENT, now.reader)
    if not now.present:
        return
    if now.mute:
        yield CardEvent(Happening.CARD_IS_MUTE, now.reader)
    elif now.exclusive:
        yield CardEvent(Happening.CARD_IS_KEPT, now.reader)
    else:
        yield CardEvent(Happening.CARD_CAME, now.reader)


class Watched(Protocol):
    """What the monitor needs of PC/SC; ``eidcard.pcsc.PcscContext`` has it."""

    def readers(self) -> tuple[ReaderState, ...]:
        """List the readers; raises SignerError SERVICE_STOPPED."""
        ...

    def sleep(self, longest_s: float | None = None) -> None:
        """Sleep until there is news."""

    def wake(self) -> None:
        """End the sleep of another thread."""

    def close(self) -> None:
        """Let go of PC/SC."""


class CardMonitor:
    """Tells every new situation, first the one that it finds, from a thread of its own; use it with ``with``.

    What ``tell`` raises is logged and ends nothing.
    """

    def __init__(
        self,
        tell: Callable[[Situation], None],
        context: Watched | None = None,
        recognise: RecogniseIn = recognise_in,
    ) -> None:
        self._tell = tell
        self._context = context or PcscContext()
        self._recognise = recognise
        self._late: dict[str, Recognition] = {}  # those that another program keeps waiting
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="card monitor", daemon=True)
        self._seen: tuple[ReaderState, ...] | None = None  # None: the service was stopped
        self._situation: Situation | None = None
        self._asked_at = 0.0  # when a card in use was last looked at

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch and wait for its thread; harmless when done twice, or from ``tell`` itself."""
        self._ending.set()
        while self._thread.is_alive() and self._thread is not threading.current_thread():
            self._context.wake()
            self._thread.join(_ENDING_S)

    def _run(self) -> None:
        with closing(self._context):
            while not self._ending.is_set():
                self._look()
                if self._seen is None:
                    self._ending.wait(_LOOK_AGAIN_S)
                elif not self._ending.is_set():
                    self._context.sleep(self._longest_sleep())

    def _look(self) -> None:
        try:
            now = self._context.readers()
        except SignerError as error:
            _LOG.debug("readers: %s", error)
            self._seen = None
            self._take_in(CardEvent(Happening.SERVICE_STOPPED))
            return
        if self._seen is None:
            self._take_in(CardEvent(Happening.SERVICE_STARTED))
        before, self._seen = self._seen or (), now
        for event in news(before, now):
            self._late.pop(event.reader, None)  # whatever it would tell is of another time
            self._take_in(event)
        for state in now:
            if self._is_to_be_read(state):
                self._take_in(self._recognised(state.reader))

    def _take_in(self, event: CardEvent) -> None:
        before = self._situation
        self._situation = after(before or Situation(), event)
        if before is not None and replace(before, event=event) == self._situation:
            return
        try:
            self._tell(self._situation)
        except Exception:  # noqa: BLE001 - a mistake of a face must not end the watch
            _LOG.exception("a listener failed at %s", event)

    def _recognised(self, reader: str) -> CardEvent:
        """Ask what a card is; one that does not tell in time is kept by somebody, and asked for its answer later."""
        recognition = self._late.pop(reader, None) or Recognition(reader, self._recognise)
        patience = _PATIENCE_S if self._view(reader) is CardState.READING else 0.0
        is_done = self._is_done(recognition, patience)
        self._asked_at = time.monotonic()
        if not is_done:
            self._late[reader] = recognition
            return CardEvent(Happening.CARD_IS_KEPT, reader)
        if isinstance(recognition.answer, Applet):
            return CardEvent(Happening.CARD_IS_EID, reader, recognition.answer)
        return CardEvent(_HAPPENING_BY_CODE.get(recognition.answer, Happening.CARD_IS_MUTE), reader)

    def _is_done(self, recognition: Recognition, patience_s: float) -> bool:
        deadline = time.monotonic() + patience_s
        while not recognition.wait(_ENDING_S):
            if self._ending.is_set() or time.monotonic() > deadline:
                return False
        return True

    def _is_to_be_read(self, state: ReaderState) -> bool:
        """A card that came; or, now and then, one in a transaction, whose end is no news to PC/SC."""
        view = self._view(state.reader)
        return view is CardState.READING or (self._is_in_transaction(state) and not self._time_until_asking())

    def _is_in_transaction(self, state: ReaderState) -> bool:
        return self._view(state.reader) is CardState.IN_USE and not state.exclusive

    def _longest_sleep(self) -> float | None:
        until_asking = self._time_until_asking()
        if until_asking is not None:
            return until_asking
        return _USE_S if any(state.present for state in self._seen or ()) else None

    def _time_until_asking(self) -> float | None:
        """Seconds until cards in use are looked at again; None when there are none. Our own look wakes us, too."""
        if not any(self._is_in_transaction(state) for state in self._seen or ()):
            return None
        return max(0.0, self._asked_at + _LOOK_AGAIN_S - time.monotonic())

    def _view(self, reader: str) -> CardState | None:
        readers = self._situation.readers if self._situation else ()
        return next((view.state for view in readers if view.name == reader), None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
