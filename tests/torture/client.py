"""A client that signs a contract and delivers it with the product's own parts; the PIN is the TEST card's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from signer import workflow as w
from signer.clock import SystemClock
from signer.errors import ErrorCode, Kind
from signer.paths import HOME_VARIABLE, user_folders
from signer.perform import Performer
from tests.pins import typed
from ui.bootstrap import App
from ui.demo.world import TEST_PIN
from ui.hand import Hand

_TRIES: Final = 20
_ENDED: Final = (w.Done, w.NotAccepted, w.Refused, w.Unavailable, w.AwaitingCard)


class Later(SystemClock):
    """An hour later: a delivery that a kill broke off is no longer reserved for the one who died."""

    def now(self) -> datetime:
        """Give the time, an hour ahead."""
        return super().now() + timedelta(hours=1)


def app_at(home: Path, clock: SystemClock | None = None) -> App:
    """Start the program of the worker who lives here."""
    return App(user_folders({HOME_VARIABLE: str(home)}), clock or SystemClock())


class Client:
    """One start of the program, for one contract."""

    def __init__(self, app: App, contract_id: str, promise: Callable[[str], None]) -> None:
        self._app = app
        self._hand = Hand()
        self._performer: Performer = app.performer(app.cards(), app.settings.agency(), self._hand, lambda _event: None)
        self._state: w.State = w.Idle()
        self._contract_id = contract_id
        self._promise = promise

    def open(self) -> None:
        """Fetch and read the contract, and have the card ready: nothing but the PIN is missing."""
        reading = self._go(w.Open(w.AgencyTarget(self._contract_id)), until=(w.Reading,))
        assert isinstance(reading, w.Reading), reading
        waiting = self._go(w.ReadToTheEnd(reading.paper.document.sha256), until=(w.AwaitingPin,))
        assert isinstance(waiting, w.AwaitingPin), waiting

    def sign(self) -> None:
        """Enter the PIN, and go on until the agency has it; each time that it cannot be reached, try again."""
        self._hand.put(typed(TEST_PIN.decode().strip()))
        self._go(w.PinEntered(), until=_ENDED)
        while isinstance(self._state, w.AwaitingNetwork):
            self._go(w.Retry(), until=_ENDED)
        assert isinstance(self._state, w.Done), self._state

    def sign_if_the_disk_lets_us(self) -> None:
        """Enter the PIN, on a disk of which one call fails; whatever comes of it has to be said by its name."""
        self._hand.put(typed(TEST_PIN.decode().strip()))
        self._go(w.PinEntered(), until=_ENDED)
        tries = _TRIES
        while isinstance(self._state, w.AwaitingNetwork) and (tries := tries - 1):
            self._go(w.Retry(), until=_ENDED)
        because: ErrorCode | None = getattr(self._state, "because", None)
        is_told = because is not None and because.kind is Kind.FILE
        assert isinstance(self._state, w.Done) or is_told, (type(self._state).__name__, because)

    def leave(self, *, killed: bool = False) -> None:
        """Let go of the card, and of what was prepared; one that was killed leaves its open documents as they are."""
        run = self._app._run
        if killed and run:
            end = run._end.detach()
            assert end
            end[2][0].close()  # its lock alone
            return
        self._performer.perform(w.LetGo())

    def _go(self, first: w.Event, until: tuple[type[w.State], ...]) -> w.State:
        events = deque([first])
        while events and not isinstance(self._state, until):
            before, event = self._state, events.popleft()
            self._state, effects = w.handle(before, event)
            if isinstance(self._state, w.Delivering) and isinstance(before, w.Signing):
                self._promise(self._contract_id)  # from here on the worker is told that it is signed
            answers = map(self._performer.perform, effects)
            events.extend(answer for answer in answers if answer is not None)
        return self._state


def deliver_all(app: App) -> None:
    """Start the program again: bring in order what a kill left, and deliver what waits."""
    for result in app.deliver_now():
        assert result.delivered or result.code is ErrorCode.SIGNED_WITHDRAWN, result.code
