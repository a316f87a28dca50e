"""One signing at a time: keeps the workflow's state in the window's thread, and carries events and effects.

Effects of the card, the document and the agency go to the worker. Two are performed here: asking for the PIN is the
page's, and watching the card means looking at what the watch tells.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal, Slot

from eidcard.monitor import CardState, Happening, Situation
from signer import workflow as w
from signer.errors import ErrorCode
from signer.ports import ErasablePin
from ui.hand import Hand

_OURS: Final = (w.AskPin, w.WatchCard)
_AWAITS_CARD: Final = w.AwaitingCard | w.AwaitingLoginCard
_PASSING: Final = frozenset({CardState.READING, CardState.IN_USE})  # also while we ourselves are at the card
_GONE: Final = frozenset({Happening.CARD_WENT, Happening.READER_WENT, Happening.SERVICE_STOPPED})
_KEPT_BY_ANOTHER: Final = frozenset({ErrorCode.CARD_IN_USE, ErrorCode.CARD_RESET})

Settled = frozenset[tuple[str, CardState]]


class SigningSession(QObject):
    """Takes events, decides by the workflow's table, tells each new state, and asks for effects."""

    changed = Signal(object)  # w.State
    wanted = Signal(object)  # w.Effect, for the worker
    agency_chosen = Signal(object)  # agency id or None, for the worker

    def __init__(self, hand: Hand) -> None:
        super().__init__()
        self._hand = hand
        self._state: w.State = w.Idle()
        self._situation: Situation | None = None
        self._looked_at: Settled = frozenset()

    @property
    def state(self) -> w.State:
        """What is on the screen."""
        return self._state

    def open(self, target: w.Target, agency_id: str | None) -> None:
        """Begin with a contract or a file, unless a signing that has begun is not finished."""
        if (type(self._state), w.Open) in w.TRANSITIONS:
            self.agency_chosen.emit(agency_id)
            self.post(w.Open(target))

    def enter_pin(self, pin: ErasablePin | None) -> None:
        """Hand the PIN over to the card's side; None when the reader or the middleware asks for it."""
        if not isinstance(self._state, w.AwaitingPin | w.AwaitingLoginPin):
            if pin is not None:
                pin.wipe()
            return
        if pin is not None:
            self._hand.put(pin)
        self.post(w.PinEntered())

    @Slot(object)
    def post(self, event: w.Event) -> None:
        """Take in an event from the page or the worker.

        Never to be overridden: PySide calls a slot that a subclass has anew in the thread of the worker that emits.
        """
        if not self._takes(event):
            return
        before = self._state
        self._state, effects = w.handle(before, event)
        for effect in effects:
            if isinstance(effect, w.FindKey | w.FindLoginKey):
                self._looked_at = self._settled()
            if not isinstance(effect, _OURS):
                self._want(effect)
        if self._state != before:
            self._tell()

    @Slot(object)
    def see(self, situation: Situation) -> None:
        """Take in what the card watch tells."""
        self._situation = situation
        if self._is_key_gone(situation) or self._is_free_again(situation):
            self.post(w.CardChanged())
        else:
            self._look_at_card()

    def _takes(self, event: w.Event) -> bool:
        """Whether an event counts now."""
        del event
        return True

    def _want(self, effect: w.Effect) -> None:
        """Let the worker perform an effect."""
        self.wanted.emit(effect)

    def _tell(self) -> None:
        """Let the window show what it came to."""
        self.changed.emit(self._state)
        self._look_at_card()

    def _look_at_card(self) -> None:
        """Go on where readers and cards are not as they were when a key was looked for."""
        if isinstance(self._state, _AWAITS_CARD) and self._situation and self._settled() != self._looked_at:
            self.post(w.CardChanged())

    def _is_key_gone(self, situation: Situation) -> bool:
        if not isinstance(self._state, w.AwaitingPin | w.AwaitingLoginPin) or situation.event.what not in _GONE:
            return False
        return situation.event.reader in {"", self._state.key.place}

    def _is_free_again(self, situation: Situation) -> bool:
        """Another program let go of the card: nothing else about it differs."""
        waiting = isinstance(self._state, _AWAITS_CARD) and self._state.because in _KEPT_BY_ANOTHER
        return waiting and situation.event.what is Happening.CARD_IS_EID

    def _settled(self) -> Settled:
        """Give what is in the readers, without what passes by itself; and whether there is a service at all."""
        readers = self._situation.readers if self._situation else ()
        now = {(each.name, each.state) for each in readers}
        if self._situation and self._situation.state is CardState.SERVICE_OFF:
            now.add(("", CardState.SERVICE_OFF))  # without readers it looks the same when it runs
        before = dict(self._looked_at)
        return frozenset(
            (name, before.get(name, state) if state in _PASSING else state)
            for name, state in now
            if state not in _PASSING or name in before
        )
